"""Patterns that could run for ever are found, and harmless ones are left alone."""

from __future__ import annotations

import pytest

from fingerprints import Library
from fingerprints.backtracking import dangers


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(?:[a-z]+)*x",
        r"^([^ ]{1,512}) NAVIEG (.+)* http",
        r"(?:\d+|[0-9]x)*y",
        r"(?:\w*\d*)+z",
        r".*a.*b.*c",
        r"(?i)(?:[A-Z]+|a)*1",
        r"(?:a{1,2})*b",
        r"(?:aa?)*b",
        r"(?:aa|a)*b",
        r"(?:a?b?)*c",
        r"(?:x*){10}y",
        r"(?:.{0,16}){16}x",
        r"(?>(a+)+$)",
        r"(?:(?:a+)+$)++",
        r"(x)?(?(1)b|(?:a+)+$)",
    ],
)
def test_a_pattern_that_could_run_for_ever_is_named(pattern: str) -> None:
    assert list(dangers(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^Login to (?P<serial>[0-9A-Z]{15})$",
        r"(?:foo[^>]*>)*",
        r"(?:[a-z]+, )*end",
        r"^[A-Z]+-\d+[a-z]*$",
        r"(?:one|two)+",
        r"a{1,3}(?:b{1,3}){1,3}",
        r"(?:ab?)*c",
        r"(?:ab|ac|a)*d",
        r"(?:-?[A-Z])*\d",
        r"(?:\d{1,3}\.){3}\d{1,3}",
        r"(?>a+)b",
        r"(?:a++b)*c",
        r"<title>[^<]*</title>",
        r"\s*=\s*",
    ],
)
def test_a_harmless_pattern_is_left_alone(pattern: str) -> None:
    assert not list(dangers(pattern))


def test_no_fingerprint_of_ours_can_run_for_ever() -> None:
    found = {
        one.id: danger
        for one in Library.load().fingerprints
        for pattern in (one.pattern, *one.also.values(), *one.unless.values())
        for danger in dangers(pattern)
    }
    assert not found
