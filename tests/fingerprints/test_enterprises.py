"""Registered enterprise numbers: whom they name, and when they say nothing."""

from __future__ import annotations

import re

import pytest

from fingerprints import Library
from fingerprints.enterprises import FILE, Enterprises
from scanner.identify import identify
from scanner.model import Observation

ENTERPRISES = Enterprises()


def agent(number: str, text: str = "SM9S") -> Observation:
    return Observation(
        protocol="snmp", payload=f"sysDescr: {text}\nsysObjectID: 1.3.6.1.4.1.{number}.100".encode()
    )


@pytest.mark.parametrize("number", ["8072", "2021", "4413", "39165", "0", "01", "", "1\n2", "99999999999"])
def test_a_number_of_software_chips_or_nobody_says_nothing(number: str) -> None:
    assert ENTERPRISES.find(number) is None


def test_a_device_is_named_after_the_organisation_whose_number_its_agent_has(library: Library) -> None:
    identification = identify([agent("27533")], library)
    assert (identification.maker, identification.maker_name) == ("other", "BKE a.s.")
    assert (identification.confidence, identification.category) == ("possible", "other")
    makers = [claim.fingerprint for claim in identification.evidence if claim.attribute == "maker"]
    assert makers == ["enterprise-27533"]


def test_a_number_never_outweighs_what_the_firmware_shows(library: Library) -> None:
    said = Observation(protocol="http", payload=b"Server: App-webs/")
    identification = identify([agent("27533"), said], library)
    assert identification.maker == "hikvision"


def test_only_the_number_of_the_device_itself_counts() -> None:
    assert [claim.value for claim in ENTERPRISES.claims(("27533", "39406"))] == ["BKE a.s."]
    assert list(ENTERPRISES.claims(("8072", "39406"))) == []


def test_every_number_stands_once_in_its_order() -> None:
    heading, *lines = FILE.read_text(encoding="utf-8").splitlines()
    assert heading == "number\torganisation"
    assert all(re.fullmatch(r"[1-9][0-9]*\t\S[^\t]*", line) for line in lines)
    numbers = [int(line.partition("\t")[0]) for line in lines]
    assert len(numbers) > 50_000 and numbers == sorted(set(numbers))


def test_each_number_is_found_where_it_stands_and_none_that_stands_nowhere() -> None:
    _, *lines = FILE.read_text(encoding="utf-8").splitlines()
    stated = dict(line.split("\t") for line in lines)
    asked = [*map(str, range(1, 300)), *list(stated)[::499], *list(stated)[-9:]]
    asked += [str(int(number) + 1) for number in asked]
    assert {number: ENTERPRISES.find(number) for number in asked} == {n: stated.get(n) for n in asked}


def test_no_number_belongs_to_a_brand_that_has_cameras_built(library: Library) -> None:
    names = {brand.name.casefold() for brand in library.brands.values()}
    organisations = {line.partition("\t")[2].casefold() for line in FILE.read_text("utf-8").splitlines()}
    assert not names & organisations
    assert not [name for name in organisations if "hikvision" in name or "dahua" in name]
