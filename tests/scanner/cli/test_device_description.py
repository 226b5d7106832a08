"""`camcensus devices ID`: what the device is, in sections that fit the terminal; and the same in JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
import msgspec
import pytest

from fingerprints.description import describe
from scanner.cli.devices.output import write_lines
from scanner.cli.devices.show import covered_in_short, description, wrapped
from scanner.inventory.records import Device

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAMERA = Device(
    id="d1", first_seen=NOON, last_seen=NOON, last_run="r1", address="10.20.0.9", maker="hikvision",
    maker_name="Hikvision", brand="LTS", relabelled=True, category="camera", confidence="confirmed",
    model="DS-2CD2143G2-ISQ", firmware="V5.5.6 build 180301", serial="CMIP7352W20180419AAWR735820146",
    covered=("us-ndaa-889", "uk-sensitive-sites"),
)  # fmt: skip
STRANGER = Device(id="d2", first_seen=NOON, last_seen=NOON, last_run="r1", maker="other", model="P3245-LVE")


def shown(device: Device) -> list[str]:
    return click.unstyle("\n".join(description(device))).splitlines()


def test_each_part_of_which_something_is_known_has_a_section() -> None:
    lines = shown(CAMERA)
    assert [line.split("  (")[0] for line in lines if line and line[0] != " "][:3] == [
        "Specification", "Firmware", "Serial number",
    ]  # fmt: skip
    for line in (
        "  form         dome",
        "  made for     outdoor, expected",
        "  not read     Q",
        "  built        2018-03-01",
        "  made         2018-04-19",
        "  us-ndaa-889          US NDAA FY2019, section 889, since 2019-08-13",
    ):
        assert line in lines


def test_a_device_of_which_nothing_is_known_has_no_section() -> None:
    assert shown(STRANGER) == []


@pytest.mark.parametrize(("columns", "widest"), [(80, 80), (120, 120), (200, 120), (50, 50)])
def test_every_line_fits_the_terminal(columns: int, widest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [line for line in shown(CAMERA) if line.startswith("  ")]
    assert max(map(len, lines)) <= widest
    text = wrapped("  state  ", "a word and another " * 20)
    assert max(map(len, text)) <= widest and all(line.startswith(" " * 9) for line in text[1:])


def test_the_policies_are_named_once_and_counted_above() -> None:
    assert covered_in_short(CAMERA) == "by 2 policies"
    assert covered_in_short(msgspec.structs.replace(CAMERA, covered=("us-ndaa-889",))) == "us-ndaa-889"
    assert covered_in_short(STRANGER) == ""


def test_json_lines_carry_the_same_after_the_keys_of_the_inventory(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    write_lines([CAMERA, STRANGER])
    camera, stranger = map(json.loads, capfdbinary.readouterr().out.splitlines())
    for line, device in ((camera, CAMERA), (stranger, STRANGER)):
        before = json.loads(msgspec.json.encode(device))
        assert list(line) == [*before, "specification", "firmware_parsed", "serial_parsed", "flaws"]
        assert {key: line[key] for key in before} == before
    assert camera["specification"]["form_factor"] == "dome" and camera["specification"]["unread"] == "Q"
    assert (
        camera["firmware_parsed"]["build"] == "2018-03-01" and camera["serial_parsed"]["model"] == "CMIP7352W"
    )
    assert [flaw["cve"] for flaw in camera["flaws"]] == [flaw.cve for flaw in describe(CAMERA).flaws]
    assert [stranger[key] for key in list(stranger)[-4:]] == [None, None, None, []]
