"""Rules for other makers are put to all that is known of Hikvision, Dahua and the brands they build for.

Whoever writes a rule for a product line cannot know every relabel: the examples of the rules for those, and the models
whose numbers are explained, are the look-alikes that no other maker's rule may take for its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

import fingerprints
from fingerprints import Library
from fingerprints.match import Matcher
from fingerprints.rules import COVERED_MAKERS
from scanner.model import Protocol

FOLDER = Path(fingerprints.__file__).parent
SHOWN = (
    "onvif.Model",
    "ws-discovery.hardware",
    "upnp-xml.modelName",
    "http.title",
    "http.realm",
    "claim.model",
)
# A firewall with a brand of recorders as its namesake: both show the bare name, and neither proves anything.
LOOK_ALIKES = (
    "NVR616-128-4KS2",
    "NC400",
    "NR9082",
    "MNR444",
    "SNC-444C",
    "TVP-2402",
    "AMDV8M16",
    "IPC-B2A20-Z",
)
NAMESAKES = {"watchguard-titled", "watchguard-said", "watchguard-realm"}


def examples(library: Library) -> Iterator[tuple[str, str]]:
    """Field and text of every example of a rule that names a covered maker or one of the brands it builds for."""
    built = {
        slug for slug, brand in library.brands.items() if not set(brand.makers).isdisjoint(COVERED_MAKERS)
    }
    for rule in library.fingerprints:
        if rule.claims.get("maker") in COVERED_MAKERS or rule.claims.get("brand") in built:
            texts = [one if isinstance(one, str) else one["text"] for one in rule.matches]
            yield from ((field, text) for field in rule.fields for text in texts)


def models() -> Iterator[str]:
    """Every model by which a grammar of their model numbers is explained."""
    for file in sorted((FOLDER / "models").glob("*.toml")):
        for grammar in tomllib.loads(file.read_text(encoding="utf-8")).get("grammar", ()):
            yield from grammar.get("examples", ())


@pytest.fixture(scope="module")
def of_others(library: Library) -> Matcher:
    """The rules that name another maker without waiting for anybody to do so first."""
    built_by_others = (
        rule
        for rule in library.fingerprints
        if rule.claims.get("maker") not in (None, *COVERED_MAKERS) and not rule.after
    )
    return Matcher(
        rule for rule in built_by_others if rule.id not in NAMESAKES and "{" not in rule.claims["maker"]
    )


def taken(of_others: Matcher, field: str, text: str) -> set[tuple[str, str, str]]:
    protocol = cast(Protocol, field.partition(".")[0].replace("claim", "http"))
    claims = of_others.claims({field: (text,)}, protocol)
    return {(one.fingerprint, field, text) for one in claims if one.attribute == "maker"}


def test_no_rule_takes_an_example_of_theirs_for_another_makers(library: Library, of_others: Matcher) -> None:
    looked_at = list(examples(library))
    assert len(looked_at) > 2_000
    assert not set().union(*(taken(of_others, field, text) for field, text in looked_at))


def test_no_rule_takes_a_model_of_theirs_for_another_makers(of_others: Matcher) -> None:
    known = sorted({*models(), *LOOK_ALIKES})
    assert len(known) > 100
    assert not set().union(*(taken(of_others, field, model) for model in known for field in SHOWN))
