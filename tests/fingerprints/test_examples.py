"""Every example of every fingerprint that comes with camcensus."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from fingerprints.examples import failures
from fingerprints.library import HERE, files
from fingerprints.match import Rule, fill
from fingerprints.rules import Fingerprint, read
from scanner.probes import field_names

FINGERPRINTS = [fingerprint for path in files(HERE) for fingerprint in read(path)[1].fingerprint]
VIRTUAL = {"claim.model", "claim.firmware", "claim.serial"}


@pytest.mark.parametrize("fingerprint", FINGERPRINTS, ids=lambda fingerprint: fingerprint.id)
def test_a_fingerprint_matches_its_examples_and_rejects_the_look_alikes(fingerprint: Fingerprint) -> None:
    assert list(failures(fingerprint)) == []


def test_every_fingerprint_looks_at_fields_that_a_probe_reads() -> None:
    unknown = {name for one in FINGERPRINTS for name in looked_at(one)} - field_names().keys() - VIRTUAL
    assert unknown == set()


def test_every_fingerprint_states_its_source() -> None:
    assert [one.id for one in FINGERPRINTS if not one.source.strip()] == []


def test_a_wrong_example_is_told_apart_from_a_right_one() -> None:
    told = list(failures(broken(matches=("RTSP Server/2.0",), rejects=("Rtsp Server/3.0",))))
    assert told == [
        "does not match 'RTSP Server/2.0' in rtsp.server",
        "matches 'Rtsp Server/3.0' in rtsp.server, which it must reject",
    ]


def test_an_example_that_expects_another_value_fails() -> None:
    told = list(failures(broken(matches=({"text": "Rtsp Server/3.0", "model": "4.0"},), rejects=("x",))))
    assert told == ["finds model '3.0' in 'Rtsp Server/3.0', not '4.0'"]


def test_a_fingerprint_without_examples_is_named() -> None:
    assert list(failures(broken())) == ["has no example in `matches`", "has no example in `rejects`"]


def test_an_example_that_a_further_condition_refuses_is_told_with_the_condition() -> None:
    one = msgspec.structs.replace(
        broken(matches=("Rtsp Server/3.0",), rejects=("x",)), unless={"rtsp.server": "3"}
    )
    assert list(failures(one)) == [
        "does not count for 'Rtsp Server/3.0' in rtsp.server: rtsp.server matches '3'"
    ]


def test_a_claim_whose_group_holds_only_blanks_is_dropped_and_not_claimed_in_part() -> None:
    assert fill("V{major} build {date}", {"major": "5", "date": " \t "}) == ""
    assert fill("V{major} build {date}", {"major": "5", "date": None}) == ""
    assert fill("V{major} build {date}", {"major": "5 ", "date": "150513"}) == "V5 build 150513"


def broken(**examples: tuple[str | dict[str, str], ...]) -> Fingerprint:
    return Fingerprint(
        id="a",
        field="rtsp.server",
        pattern=r"^Rtsp Server/(?P<model>\d\.\d)$",
        claims={"model": "{model}"},
        strength="weak",
        source="here",
        **examples,  # type: ignore[arg-type]
    )


def looked_at(fingerprint: Fingerprint) -> Iterator[str]:
    yield from (*fingerprint.fields, *fingerprint.also, *fingerprint.unless)
    Rule(fingerprint)  # its pattern compiles
