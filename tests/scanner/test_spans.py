"""Ranges of addresses, compared with sets of single addresses."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.spans import V6, Spans, beginning, common, holds, merged, number_of, read, size, texts, without

NUMBERS = st.integers(0, 80)
SPANS = st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda ends: (min(ends), max(ends))), max_size=12).map(
    merged
)


def members(spans: Spans) -> set[int]:
    return {number for first, last in spans for number in range(first, last + 1)}


@given(SPANS, SPANS)
def test_the_arithmetic_is_that_of_sets(one: Spans, other: Spans) -> None:
    for got, wanted in (
        (common(one, other), members(one) & members(other)),
        (without(one, other), members(one) - members(other)),
        (merged([*one, *other]), members(one) | members(other)),
    ):
        assert members(got) == wanted and size(got) == len(wanted)
    assert all(first[1] + 1 < second[0] for first, second in itertools.pairwise(one))
    assert {number for number in range(90) if holds(one, number)} == members(one)


@given(SPANS, st.integers(0, 100))
def test_the_beginning_holds_the_first_addresses(spans: Spans, count: int) -> None:
    assert sorted(members(beginning(spans, count))) == sorted(members(spans))[:count]


@pytest.mark.parametrize(
    "text",
    [
        "10.20.0.0/22",
        "10.20.0.5",
        "10.20.0.5-10.20.0.90",
        "fd00::/112",
        "fd00::7",
        "0.0.0.0/0",
        "10.0.0.2/31",
    ],
)
def test_what_is_read_is_written_the_same(text: str) -> None:
    assert texts(read(text)) == (text,)


def test_a_short_range_means_the_same_as_a_long_one() -> None:
    assert read("10.20.0.5-90") == read("10.20.0.5-10.20.0.90") == read("10.20.0.5 - 0.90")


@pytest.mark.parametrize("text", ["cam7.example", "", "10.20.0.300", "10.0.0.0/40", "10.0.0.9-3", "-", "a-b"])
def test_what_is_no_range_means_no_address(text: str) -> None:
    assert read(text) == ()


@given(st.text(max_size=40))
def test_any_text_is_read_or_means_nothing(text: str) -> None:
    assert size(read(text)) >= 0


def test_ipv6_lies_apart_from_ipv4() -> None:
    last, first = number_of("255.255.255.255"), number_of("::")
    assert last is not None and first == V6
    assert len(merged([(last, last), (first, first)])) == 2
