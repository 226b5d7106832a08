"""Relabelled units: the maker follows from the firmware, the brand from the label, and a label alone accuses nobody."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from fingerprints import Library
from fingerprints.library import HERE
from fingerprints.rules import read
from tests.fingerprints.conftest import Reply, Told

HIKVISION: Reply = ("rtsp", 'WWW-Authenticate: Digest realm="IP Camera(20146)", nonce="1", stale="FALSE"')
DAHUA: Reply = ("rtsp", 'WWW-Authenticate: Digest realm="Login to 4K01234PAGABCDE", nonce="1"')
FILES = sorted((HERE / "brands").glob("*.toml"))


def about(manufacturer: str, model: str) -> Reply:
    """What a unit says of itself over ONVIF."""
    said = f"<tds:Manufacturer>{manufacturer}</tds:Manufacturer><tds:Model>{model}</tds:Model>"
    return "onvif", f"<tds:GetDeviceInformationResponse>{said}</tds:GetDeviceInformationResponse>"


@pytest.mark.parametrize(
    ("manufacturer", "model", "brand"),
    [
        ("LTS", "CMIP7352W", "LTS"),
        ("Annke", "C800", "Annke"),
        ("HiLook", "IPC-B140H-M", "HiLook"),
        ("TruVision", "TVB-5405", "TruVision"),
    ],
)
def test_firmware_of_hikvision_under_another_name_is_a_relabelled_hikvision(
    told: Told, manufacturer: str, model: str, brand: str
) -> None:
    it = told(HIKVISION, about(manufacturer, model))
    assert (it.maker, it.brand, it.relabelled, it.conflicts) == ("hikvision", brand, True, ())


@pytest.mark.parametrize(
    ("manufacturer", "model", "brand"),
    [
        ("Amcrest", "IP8M-2496EW", "Amcrest"),
        ("Lorex", "E891AB", "Lorex"),
        ("Honeywell", "H4W4PER3", "Honeywell"),
    ],
)
def test_firmware_of_dahua_under_another_name_is_a_relabelled_dahua(
    told: Told, manufacturer: str, model: str, brand: str
) -> None:
    it = told(DAHUA, about(manufacturer, model))
    assert (it.maker, it.brand, it.relabelled, it.conflicts) == ("dahua", brand, True, ())


@pytest.mark.parametrize("brand", ["Cantek Plus", "ENS Security", "RVi"])
def test_of_a_brand_that_buys_from_both_the_device_itself_says_who_made_it(told: Told, brand: str) -> None:
    title: Reply = ("html", f"<title>{brand}</title>")
    for firmware, maker in ((HIKVISION, "hikvision"), (DAHUA, "dahua")):
        it = told(firmware, title)
        assert (it.maker, it.brand, it.relabelled, it.conflicts) == (maker, brand, True, ())
    assert told(title).maker is None


@pytest.mark.parametrize("name", sorted(read(path)[1].brand.name for path in FILES))  # type: ignore[union-attr]
def test_the_name_of_a_brand_on_a_web_page_accuses_nobody(told: Told, name: str) -> None:
    it = told(("html", f"<title>{name}</title>"), ("http", f"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n{name}"))
    assert it.maker not in ("hikvision", "dahua") and not it.covered


@pytest.mark.parametrize("manufacturer", ["LTS", "Annke", "Amcrest", "Lorex", "Honeywell", "Swann"])
def test_a_brands_name_on_firmware_of_another_maker_is_no_accusation(told: Told, manufacturer: str) -> None:
    axis: Reply = (
        "http",
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="AXIS_ACCC8E012345", nonce="1"',
    )
    it = told(axis, about(manufacturer, "M1000"), ("html", f"<title>{manufacturer}</title>"))
    assert (it.maker, it.maker_name, it.covered) == ("other", "Axis", ())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_brands_file_says_who_made_it_how_sure_that_is_and_why(path: Path, library: Library) -> None:
    brand = tomllib.loads(path.read_text("utf-8"))["brand"]
    assert brand["slug"] == path.stem and brand["name"].strip()
    assert {"makers", "relation", "certainty"} <= brand.keys() and brand["source"].strip()
    assert set(brand["makers"]) <= library.makers.keys()
    if not brand["makers"]:  # open, then: the note says why
        assert brand.get("note", "").strip()
    if brand["relation"] in ("own", "subsidiary"):
        assert len(brand["makers"]) == 1


def test_every_brand_has_a_fingerprint_or_an_address_block_that_finds_it(library: Library) -> None:
    with library.blocks.file.open(encoding="utf-8", newline="") as rows:
        claimed = {row["brand"] for row in csv.DictReader(rows)}
    claimed |= {one.claims.get("brand", "") for one in library.fingerprints}
    unseen = [library.brands[slug] for slug in library.brands.keys() - claimed]
    assert [brand.slug for brand in unseen if "no label of its own" not in brand.note] == []
