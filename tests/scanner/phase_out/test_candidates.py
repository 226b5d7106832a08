"""Candidates come with their source, fit where their file says so, and are silent about everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, plan_prices
from scanner.phase_out.candidates import Candidate, cautions, enough, matches, read
from scanner.phase_out.specification import Filled
from tests.scanner.phase_out.units import unit

DOME = """\
---
manufacturer: Example Optics
model: EO-4D
slug: example-optics-eo-4d
u_height: 0
interfaces:
  - name: eth0
    type: 100base-tx
    poe_mode: pd
    poe_type: type1-ieee802.3af
module-bays:
  - name: microSD
comments: '[Datasheet](https://example.org/eo-4d.pdf)'
"""
RECORDER = """\
manufacturer: Example Optics
model: EO-R16
interfaces:
  - {name: uplink, type: 1000base-t}
  - {name: cam1, type: 100base-tx, poe_mode: pse}
  - {name: cam2, type: 100base-tx, poe_mode: pse}
module-bays:
  - {name: Disk 1}
  - {name: HDD 2}
"""
DATABASE = """\
Manufacturer;Model;Category;Form factor;MP;Lens;PoE;Colour
Example Optics;EO-4D;camera;dome;4;fixed;802.3af;white
Example Optics;EO-2D;camera;dome;2;fixed;802.3af;white
Example Optics;=1+1;camera;dome;2;fixed;802.3af;white
Example Optics;EO-9;camera;dome;many;fixed;802.3af;white
;EO-R;lamp;;;;;
"""


def device_type(tmp_path: Path, text: str) -> Candidate:
    (path := tmp_path / "type.yaml").write_text(text, "utf-8")
    (made,), problems = read(path)
    assert problems == []
    return made


def test_a_device_type_says_what_its_ports_and_bays_say_and_nothing_else(tmp_path: Path) -> None:
    dome, recorder = device_type(tmp_path, DOME), device_type(tmp_path, RECORDER)
    assert (dome.maker, dome.model, dome.says) == ("Example Optics", "EO-4D", {"poe": "802.3af"})
    assert dome.source == "type.yaml, https://example.org/eo-4d.pdf"
    assert recorder.says == {"poe_ports": 2, "drive_bays": 2} and recorder.kind is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: &x [1, 1]\nb: *x", "uses an alias"),
        ("[" * 200, "nested more than 30 deep"),
        ("- just\n- a list", "no mapping of keys"),
        ("model: EO-4D", "no manufacturer and model"),
        ("manufacturer: !!python/object/apply:os.system [id]\nmodel: x", "could not determine a constructor"),
        ("manufacturer: [1]\nmodel: {a: b}", "no manufacturer and model"),
        ("\x00", "unacceptable character"),
        ("a" * 2_000_000, "larger than 1 MB"),
    ],
)
def test_a_device_type_that_is_none_or_a_bomb_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CamcensusError, match=why):
        device_type(tmp_path, text)


@given(text=st.text(max_size=60))
def test_any_text_is_a_device_type_or_politely_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    try:
        device_type(tmp_path_factory.getbasetemp(), text)
    except CamcensusError as error:
        assert "type.yaml" in error.what


def test_a_camera_database_gives_candidates_and_names_the_rows_that_cannot_be_used(tmp_path: Path) -> None:
    (path := tmp_path / "cameras.csv").write_text(DATABASE, "utf-8")
    made, problems = read(path)
    assert [(one.model, one.kind, one.source) for one in made] == [
        ("EO-4D", "camera", "cameras.csv, row 2"), ("EO-2D", "camera", "cameras.csv, row 3"),
    ]  # fmt: skip
    assert [(one.row, one.column) for one in problems] == [(4, "Model"), (5, "MP"), (6, "Category")]


def test_the_candidate_that_fails_nothing_comes_first_and_what_it_does_not_say_is_listed(
    tmp_path: Path,
) -> None:
    (path := tmp_path / "cameras.csv").write_text(DATABASE, "utf-8")
    made, _ = read(path)
    first, second = matches(unit().specification, reversed(made))
    assert (first.candidate.model, first.fails) == ("EO-4D", ())
    assert {"form_factor", "megapixels", "lens", "poe"} == set(first.fits) and "night_vision" in first.silent
    assert second.fails == ("megapixels: 2, needed 4",)


def test_a_recorder_is_no_candidate_for_a_camera(tmp_path: Path) -> None:
    one = Candidate(source="f", read_as="camera database", model="EO-R16", kind="recorder")
    assert matches(unit().specification, [one]) == []


@pytest.mark.parametrize(
    ("field", "needed", "has", "fits"),
    [
        ("channels", 16, 32, True), ("channels", 16, 8, False), ("audio_in", False, True, True),
        ("audio_in", True, False, False), ("audio_in", True, None, None), ("poe", "802.3at", "802.3af", True),
        ("poe", "802.3af", "802.3at", False), ("poe", "802.3af", "none", True), ("lens", "fixed", "fixed 2.8 mm", True),
        ("lens", "motorised varifocal", "fixed", False), ("form_factor", "dome", "Dome", True),
    ],
)  # fmt: skip
def test_more_is_enough_and_other_is_not(field: str, needed: object, has: object, fits: bool | None) -> None:
    assert enough(field, needed, has) is fits  # type: ignore[arg-type]


def test_brands_that_also_sell_units_of_covered_makers_come_last_with_a_caution() -> None:
    from scanner.cli.plan.candidates import cautions as known

    some = [
        Candidate(
            source="f",
            read_as="camera database",
            model=f"{maker} 1",
            maker=maker,
            kind="camera",
            says={"wifi": False},
        )
        for maker in ("LTS", "Hikvision", "Example Optics")
    ]
    found = {one.candidate.maker: one.caution for one in matches(unit().specification, some, known())}
    assert list(found) == ["Example Optics", "Hikvision", "LTS"]
    assert found == {
        "Example Optics": "", "Hikvision": "its maker is Hikvision", "LTS": "LTS also sells units made by Hikvision",
    }  # fmt: skip
    assert cautions([], {}, []) == {}


def test_a_file_that_is_read_again_replaces_what_it_gave_and_no_other(
    inventory: Inventory, tmp_path: Path
) -> None:
    (path := tmp_path / "cameras.csv").write_text(DATABASE, "utf-8")
    made, _ = read(path)
    other = [
        Candidate(
            source="cameras.csv.old, row 2", read_as="camera database", model="EO-1", says={"wifi": True}
        )
    ]
    inventory.change(plan_prices.take_candidates, "jo", "cameras.csv.old", other)
    for some in (made, made[:1]):
        inventory.change(plan_prices.take_candidates, "jo", "cameras.csv", some)
    assert inventory.ask(plan_prices.candidates) == [*other, made[0]]
    assert inventory.change(plan_prices.forget_candidates, "jo", "cameras.csv") == 1
    assert inventory.ask(plan_prices.candidates) == other


def test_what_somebody_filled_in_is_needed_too() -> None:
    made = unit(item={"filled": {"wifi": Filled(True, "jo", "2026-11-25")}}).specification
    (one,) = matches(
        made, [Candidate(source="f", read_as="camera database", model="EO-1", says={"wifi": False})]
    )
    assert one.fails == ("wifi: no, needed yes",)
