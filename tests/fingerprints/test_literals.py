"""The literal prefilter: never lets a match slip, and finds what it can."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints import Library
from fingerprints.keep_literals import written
from fingerprints.literals import FILE, digest, find, literals


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"^Login to (?P<serial>[0-9A-Z]{15})$", ("login to ",)),
        (r"(?i)^(DNVRS|DVRDVS)-Webs", ("dnvrs-webs", "dvrdvs-webs")),
        (r"(?i)^(DNVRS|DVRDVS)-Webserver", ("dnvrs-webserver", "dvrdvs-webserver")),
        (r"^CP-(?:UNC|VNC)-", ("cp-unc-", "cp-vnc-")),
        (r"^CP-[0-9]-", ("cp-",)),
        (r"(?:Hikvision|Dahua)", ("hikvision", "dahua")),
        (r"^(?=.*xmlns:wsadis=)", ("xmlns:wsadis=",)),
        (r"(?:never)?always", ("always",)),
        (r"(once)+", ("once",)),
        (r"^type=(?P<model>DHI?-\w+)", ("type=dh-", "type=dhi-")),
        (r"[0-9]+", ()),
        (r"a|b", ()),
        (r"one|[0-9]", ()),
        (r"^T[LX]-(?:S|C)\d", ("tl-c", "tl-s", "tx-c", "tx-s")),
        (r"(?:ZM|ZoneMinder)(?!x)", ("zm", "zoneminder")),
        (r"(?:DIR|DI)-\d{3}", ("di-", "dir-")),
        (r"^[A-C]B?\d", ()),
    ],
)
def test_a_pattern_names_the_text_it_cannot_match_without(pattern: str, needed: tuple[str, ...]) -> None:
    assert literals(pattern) == needed


def test_what_is_kept_is_what_is_found_in_the_patterns_of_today(library: Library) -> None:
    patterns = [one.pattern for one in library.fingerprints]
    assert FILE.read_bytes() == written(patterns), "write it anew: make docs"
    assert [one for one in patterns if literals(one) != find(one)] == []


def test_a_pattern_that_nobody_kept_is_taken_apart_and_another_digest_is_another_pattern() -> None:
    assert literals(r"^some-(?:thing|body) of one's own$") == (
        "some-body of one's own",
        "some-thing of one's own",
    )
    assert digest("a") != digest("b") and len(digest("a")) == 20


def test_a_broken_pattern_is_refused() -> None:
    with pytest.raises(re.error):
        literals(r"LTN(\d+")


pieces = st.sampled_from(
    [
        *(
            "a",
            "ab",
            "CD",
            "[xy]",
            "[a-d]",
            "[^ab]",
            "(ef|gh)",
            "(?:ij)?",
            "[ij]?",
            "k+",
            "(lm)*",
            "(?:a|b|)",
        ),
        *(".", r"\d", "^", "$", "(?=no)", "(?!ab)", "(?<!a)", "|", "[ab]{2}", "(c|[de]f)??"),
    ]
)


@given(
    st.lists(pieces, min_size=1, max_size=8).map("".join),
    st.text("abCDxyefghijklmno", max_size=14),
    st.booleans(),
)
def test_whatever_a_pattern_matches_holds_one_of_its_literals(
    pattern: str, text: str, ignore_case: bool
) -> None:
    pattern = f"(?i){pattern}" if ignore_case else pattern
    if re.search(pattern, text):
        needed = literals(pattern)
        assert not needed or any(literal in text.lower() for literal in needed)
