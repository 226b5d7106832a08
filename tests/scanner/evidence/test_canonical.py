"""Bytes that everybody computes alike."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evidence.canonical import canonical, commitment_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(VALUES)
def test_any_python_spells_a_value_alike(value: object) -> None:
    spelt = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == spelt.encode()


@pytest.mark.parametrize("value", [1.5, [2.0], {"a": 1e300}, 2**53, {"ä": 1}, {1: 2}, float("nan")])
def test_what_programs_spell_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"alike|no key"):
        canonical(value)


def test_a_commitment_is_the_digest_of_salt_name_and_value() -> None:
    told = sha256(b'["00ff","mac","44:19:b6:00:00:01"]').hexdigest()
    assert commitment_of("00ff", "mac", "44:19:b6:00:00:01") == told
