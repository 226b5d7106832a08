"""Every fingerprint has an example that fails when its pattern is broken: so the examples really test the patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from fingerprints import Library
from fingerprints.examples import failures
from fingerprints.rules import Fingerprint

NOWHERE = "\N{SECTION SIGN}"  # in no example
ESCAPE_OR_GROUP = re.compile(r"\\.|\(\?P<\w+>|\(\?[aimsx]*[):=!<]+|\[(?:\\.|[^\]\\])*\]|\{[\d,]+\}")
FINGERPRINTS = Library.load().fingerprints


def mutants(pattern: str) -> Iterator[str]:
    """The pattern with one of its literal characters replaced by one that no text has; at least one mutant."""
    syntax = {at for found in ESCAPE_OR_GROUP.finditer(pattern) for at in range(*found.span())}
    literal = [at for at, letter in enumerate(pattern) if letter.isalnum() and at not in syntax]
    for at in literal:
        yield pattern[:at] + NOWHERE + pattern[at + 1 :]
    if not literal:
        yield NOWHERE + pattern


def broken(one: Fingerprint, pattern: str) -> Fingerprint:
    return msgspec.structs.replace(one, pattern=pattern)


@pytest.mark.parametrize("one", FINGERPRINTS, ids=lambda one: one.id)
def test_an_example_fails_when_the_pattern_is_broken(one: Fingerprint) -> None:
    assert not list(failures(one))
    assert any(list(failures(broken(one, mutant))) for mutant in mutants(one.pattern))


@pytest.mark.parametrize(
    "one", [one for one in FINGERPRINTS if not one.also and not one.unless], ids=lambda one: one.id
)
def test_an_example_fails_when_the_pattern_takes_anything(one: Fingerprint) -> None:
    groups = "".join(f"(?P<{name}>.*)" for name in re.compile(one.pattern).groupindex)
    assert list(failures(broken(one, f"(?s){groups}.*")))
