"""The literal prefilter: never lets a match slip, and finds what it can."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.literals import literals


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
