"""Names of makers in texts: whom they name, and what stands behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fingerprints import Library
from fingerprints.names import FIELDS, FILE, PAGES, SOFTWARE, Names
from fingerprints.rules import COVERED_MAKERS, Brand, Maker
from scanner.identify import identify
from scanner.model import Claim, Observation
from scanner.probes import field_names

NAMES = Names(
    [
        Maker(slug="acme", name="Acme"),
        Maker(slug="oz", name="Oz"),
        Maker(slug="ring", name="Ring", byword=True),
    ],
    [],
)


def told(text: str, field: str = "ftp.banner", names: Names = NAMES) -> dict[str, str]:
    return {one.attribute: one.value for one in names.claims({field: (text,)}, "ftp")}


@pytest.mark.parametrize(
    "text",
    [
        "220 Acme FTP server ready",
        "ACME",
        "Welcome to ACME!",
        "(Acme)",
        "Acme, Inc.",
        "OZ login:",
    ],
)  # fmt: skip
def test_a_name_that_is_a_word_of_its_own_names_its_maker(text: str) -> None:
    assert told(text)["maker"] in ("acme", "oz")


@pytest.mark.parametrize(
    "text", ["Acmeville", "my-acme", "acme-cloud", "root@acme", "acme_1", "oz of water", "wizard of oz", ""]
)
def test_a_name_inside_a_word_or_a_short_one_in_small_letters_names_nobody(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Acme RN-214", "RN-214"),
        ("Acme Corporation ProSafe GS724T switch", "GS724T"),
        ("Acme Wireless Router WR841N login", "WR841N"),
        ("Acme,XC100", "XC100"),
        ("Acme Co., Ltd. DX-7000/2", "DX-7000/2"),
        ("Ring Doorbell RB-450", "RB-450"),
    ],
)
def test_the_word_with_figures_behind_a_name_is_the_model(text: str, model: str) -> None:
    assert told(text)["model"] == model


@pytest.mark.parametrize(
    "text",
    [
        "Acme Software Version 12.2(4)",
        "Acme version 2004",
        "Acme Fast 100BaseT hub",
        "Acme 3.04",
        "Acme printer in room 204",
        "Acme at 1200",
        "Acme and Bolt B-1200",
    ],
)
def test_versions_speeds_and_places_are_no_models(text: str) -> None:
    assert "model" not in told(text)


@pytest.mark.parametrize(
    ("text", "firmware"),
    [
        ("Acme XC-100 Version 1.27 ready", "1.27"),
        ("Acme XC-100, v2.0.1b", "2.0.1b"),
        ("Acme XC-100 Software Version 12.2(55)", "12.2(55)"),
        ("Acme XC-100 FW:3.1", "3.1"),
        ("Acme XC-100 5.01", "5.01"),
    ],
)
def test_the_version_behind_the_model_is_the_firmware(text: str, firmware: str) -> None:
    assert told(text) == {"maker": "acme", "model": "XC-100", "firmware": firmware}


@pytest.mark.parametrize(
    "text", ["Acme XC-100 on 1.27", "Acme XC-100 FTP server (Version 1.27)", "Acme XC-100 v2"]
)
def test_other_numbers_behind_a_model_are_no_firmware(text: str) -> None:
    assert told(text) == {"maker": "acme", "model": "XC-100"}


def test_a_word_that_means_other_things_too_names_nobody() -> None:
    assert "maker" not in told("Ring Doorbell RB-450")


def test_of_two_names_in_one_place_the_longer_one_counts() -> None:
    names = Names([Maker(slug="acme", name="Acme"), Maker(slug="tv", name="Acme Vision")], [])
    assert told("Acme Vision X-100", names=names) == {"maker": "tv", "model": "X-100"}


def test_a_brand_that_has_units_built_by_a_maker_we_look_for_names_nobody() -> None:
    sold = Brand(slug="acme", name="Acme", makers=("dahua",))
    assert told("Acme X-100", names=Names([Maker(slug="acme", name="Acme")], [sold])) == {"model": "X-100"}


def test_the_makers_that_we_look_for_are_never_read_from_a_name(library: Library) -> None:
    for text in ("Hikvision DS-2000", "Dahua IPC-2000"):
        assert told(text, names=library.names) == {}


def test_no_name_speaks_for_somebody_else_than_a_brand_may_be(library: Library) -> None:
    brands = {one.name.lower() for one in library.brands.values() if set(one.makers) & set(COVERED_MAKERS)}
    assert [name.text for name in library.names.all if name.maker and name.text.lower() in brands] == []


def test_a_line_of_products_is_the_model_where_no_number_stands_behind_it(library: Library) -> None:
    assert told("220 ReadyNAS FTP server", names=library.names) == {"maker": "netgear", "model": "ReadyNAS"}
    assert told("220 ReadyNAS RN-214 FTP server", names=library.names)["model"] == "RN-214"
    assert told("RouterOS router", names=library.names) == {"maker": "mikrotik"}


def test_software_is_read_where_pages_say_who_serves_them_and_weakly(library: Library) -> None:
    assert told("Grafana", "http.title", library.names) == {"maker": "Grafana"}
    assert told("Grafana", "telnet.banner", library.names) == {}
    assert library.names.find("name-grafana") is not None
    assert [one.strength for one in library.names.claims({"http.title": ("Grafana",)}, "http")] == ["weak"]


def test_a_vendor_class_begins_with_the_name_and_goes_on_with_the_product(library: Library) -> None:
    assert told("PolycomVVX410", "dhcp.vendor-class", library.names)["maker"] == "polycom"
    assert told("Polycoms", "dhcp.vendor-class", library.names) == {}
    assert told("PolycomVVX410", "http.title", library.names) == {}
    assert told("2n", "dhcp.vendor-class", library.names) == {}


def test_an_ssh_server_is_named_behind_the_version_of_the_protocol(library: Library) -> None:
    assert told("SSH-2.0-Crestron_1.4", "ssh.banner", library.names) == {"maker": "crestron"}
    assert told("SSH-2.0-OpenSSH_9.2p1", "ssh.banner", library.names) == {}


def test_every_row_is_whole_and_stands_once(library: Library) -> None:
    heading, *lines = FILE.read_text(encoding="utf-8").splitlines()
    assert heading == "name\tkind\tmaker"
    rows = [line.split("\t") for line in lines]
    assert all(len(row) == 3 and row[0].strip() == row[0] != "" and row[1].isalpha() for row in rows)
    texts = [row[0].lower() for row in rows]
    assert texts == sorted(set(texts)) and len(texts) > 400
    assert {row[2] for row in rows if row[2]} <= library.makers.keys()
    assert SOFTWARE in {row[1] for row in rows}


def test_a_name_of_the_table_is_no_name_of_a_file(library: Library) -> None:
    known = {maker.name.lower() for maker in library.makers.values()}
    rows = [line.split("\t")[0].lower() for line in FILE.read_text(encoding="utf-8").splitlines()[1:]]
    assert sorted(known.intersection(rows)) == []


def test_the_fields_are_those_of_the_probes() -> None:
    assert set(field_names()) >= FIELDS and PAGES < FIELDS


def test_the_firmware_outweighs_a_name(library: Library) -> None:
    page = Observation(protocol="html", payload=b"<title>Zhone MXK-823</title>")
    assert identify([page], library).maker_name == "Zhone"
    camera = Observation(protocol="http", payload=b"Server: App-webs/")
    assert identify([page, camera], library).maker == "hikvision"


def test_a_letter_whose_small_form_is_longer_does_not_shift_what_is_read() -> None:
    claims = list(NAMES.claims({"ftp.banner": ("\u0130\u0130 Acme X-100",)}, "ftp"))
    assert [one.value for one in claims] in (["acme", "X-100"], [])


def test_what_is_shown_of_a_reply_is_bounded(tmp_path: Path) -> None:
    (claim, *_) = NAMES.claims({"ftp.banner": ("Acme " + "x" * 10_000,)}, "ftp")
    assert isinstance(claim, Claim) and len(claim.excerpt) <= 120
