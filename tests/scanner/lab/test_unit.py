"""The data of the building: complete, plausible, and never the same unit twice."""

from __future__ import annotations

import re

import pytest

from scanner.lab.unit import Unit, load_kinds, load_units

UNITS = load_units("127.77.0.0/24")
HIKVISION_SERIAL = re.compile(r".+ ?20\d{6}(?:V\d{6}EN)?[A-Z]{2,6}\d{7,9}[A-Z]{0,4}")


def by_maker(maker: str | None) -> list[Unit]:
    return [unit for unit in UNITS if unit.row.maker == maker]


def test_the_building_holds_everybody_that_a_census_may_meet() -> None:
    brands = {unit.row.brand for unit in by_maker("other")}
    assert len(UNITS) >= 36
    assert len(by_maker("hikvision")) >= 15 and len(by_maker("dahua")) >= 12
    assert brands >= {"Axis", "Hanwha", "Bosch", "Uniview", "TVT", "Xiongmai", "Reolink", "Vivotek"}
    assert {unit.row.brand for unit in by_maker("hikvision")} >= {"LTS", "TruVision", "Annke"}
    assert {unit.row.brand for unit in by_maker("dahua")} >= {"Amcrest", "Lorex", "Intelbras", "CP Plus"}
    kinds = {unit.row.kind for unit in by_maker(None)}
    assert kinds >= {"printer", "nas", "phone", "router", "switch", "vms", "reseller", "mute", "hostile"}


def test_no_two_units_share_a_name_an_address_a_mac_or_a_serial_number() -> None:
    for units in (UNITS, load_units("10.77.0.0/24", 250)):
        serials = [unit.row.serial for unit in units if unit.row.serial]
        for values in (
            [u.name for u in units],
            [u.address for u in units],
            [u.row.mac for u in units],
            serials,
        ):
            assert len(set(values)) == len(values)


def test_a_full_building_leaves_the_address_of_the_scanner_free() -> None:
    units = load_units("10.77.0.0/24", 253, scanner=254)
    assert len(units) == 253
    assert not {unit.address for unit in units} & {"10.77.0.0", "10.77.0.254", "10.77.0.255"}


def test_a_building_that_does_not_fit_its_network_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        load_units("10.77.0.0/24", 300)


def test_a_small_building_is_cut_off() -> None:
    assert [unit.name for unit in load_units("127.77.0.0/24", 3)] == [unit.name for unit in UNITS[:3]]


def test_a_repeated_unit_keeps_the_shape_of_its_serial_number() -> None:
    repeated = [unit for unit in load_units("10.77.0.0/24", 250)[len(UNITS) :] if unit.row.serial]
    originals = {unit.name: unit for unit in UNITS}
    assert repeated
    for unit in repeated:
        original = originals[unit.name.rpartition("-")[0]].row.serial
        assert original is not None and unit.row.serial is not None
        assert re.sub(r"\d", "9", unit.row.serial) == re.sub(r"\d", "9", original)


def test_difficult_units_are_never_repeated() -> None:
    names = [unit.name for unit in load_units("10.77.0.0/24", 250)]
    alone = [unit.name for unit in UNITS if unit.row.alone]
    assert "hostile" in alone and "mute" in alone
    assert not [name for name in names if name.rpartition("-")[0] in alone]


@pytest.mark.parametrize("unit", by_maker("hikvision"), ids=lambda unit: unit.name)
def test_serial_numbers_of_hikvision_start_with_the_model_and_hold_a_date(unit: Unit) -> None:
    serial, model = unit.row.serial or "", unit.row.model or ""
    assert serial.startswith(model) and HIKVISION_SERIAL.fullmatch(serial)


def test_mac_addresses_are_written_as_everywhere_else() -> None:
    assert all(re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", unit.row.mac) for unit in UNITS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_word_that_a_reply_names_is_defined(unit: Unit) -> None:
    told = "asked types cseq length date odd_date boot year month day hour minute second"
    given = dict.fromkeys(told.split(), "")
    texts = [*unit.kind.http.values(), *unit.kind.rtsp.values(), *unit.kind.banners.values()]
    for text in texts + [word.reply for word in unit.kind.datagrams.values()]:
        assert "{length" not in unit.render(text, given)


def test_a_kind_has_what_it_does_not_say_from_the_kind_it_is_like() -> None:
    kinds = load_kinds()
    assert kinds["truvision"].datagrams["sadp"] == kinds["hikvision"].datagrams["sadp"]
    assert kinds["truvision"].texts["server"] == "Interlogix-Webs"
    assert "sadp" not in kinds["hikvision-neutral-no-sadp"].datagrams, "an empty reply takes one away"
    assert set(kinds["lorex"].ports) == {80, 554, 35000}
