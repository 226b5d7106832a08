"""What `check` finds: rules that can never count, and rules that can never add anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from fingerprints import Library
from fingerprints.check import check, unreachable
from fingerprints.rules import Fingerprint, Maker

FIELDS = {"http.server": "", "http.title": "", "rtsp.server": ""}


def rule(identifier: str, **changes: object) -> Fingerprint:
    one = Fingerprint(
        id=identifier,
        field="http.server",
        pattern="^Acme$",
        claims={"maker": "acme"},
        strength="strong",
        source="a test",
        matches=("Acme",),
        rejects=("Bolt",),
    )
    return msgspec.structs.replace(one, **changes)


def told(*rules: Fingerprint) -> Mapping[str, str]:
    return dict(unreachable(rules))


def test_fingerprints_that_may_count_are_left_alone() -> None:
    waits = rule("waits", pattern="^A1$", after=("acme",), claims={"model": "A1"})
    elsewhere = rule("elsewhere", field="rtsp.server")
    says_more = rule("says-more", claims={"maker": "acme", "category": "camera"}, strength="weak")
    assert told(rule("acme"), waits, elsewhere, says_more) == {}


@pytest.mark.parametrize(
    "claiming",
    [
        (),
        (rule("weak", strength="weak"),),
        (rule("another", claims={"maker": "bolt"}),),
        (rule("itself", pattern="^B$", after=("acme",)),),
        (
            rule("ring", pattern="^B$", after=("bolt",)),
            rule("in-a-ring", pattern="^C$", after=("acme",), claims={"maker": "bolt"}),
        ),
    ],
)
def test_a_fingerprint_that_waits_for_a_maker_whom_nothing_claims_can_never_count(
    claiming: tuple[Fingerprint, ...],
) -> None:
    waits = rule("waits", pattern="^A1$", after=("acme",), claims={"model": "A1"})
    assert "can never count: nothing that does not wait itself claims" in told(waits, *claiming)["waits"]


def test_a_fingerprint_may_wait_for_one_that_waits_for_a_third() -> None:
    chain = (rule("one"), rule("two", pattern="2", after=("acme",), claims={"maker": "bolt"}))
    assert told(rule("three", pattern="3", after=("bolt",)), *chain) == {}


def test_where_a_device_may_name_any_maker_no_wait_is_in_vain() -> None:
    names = rule("names", pattern="^by (?P<maker>.*)$", claims={"maker": "{maker}"})
    assert told(names, rule("waits", pattern="^A1$", after=("acme",))) == {}


@pytest.mark.parametrize(
    ("field", "also", "reached"),
    [
        ("http.server", "http.title", True),
        ("http.server", "rtsp.server", False),
        (("http.server", "rtsp.server"), "rtsp.header", True),
        ("claim.model", "claim.model", True),
        ("claim.model", "claim.firmware", False),
        ("claim.model", "http.title", False),
    ],
)
def test_what_also_must_match_has_to_be_of_the_same_reply(
    field: str | tuple[str, ...], also: str, reached: bool
) -> None:
    why = told(rule("acme", field=field, also={also: "x"}))
    assert why == {} if reached else f"can never count: {also} stands in no reply that has" in why["acme"]


@pytest.mark.parametrize("claims", [{}, {"maker": ""}])
def test_a_fingerprint_that_claims_nothing_is_named(claims: dict[str, str]) -> None:
    assert told(rule("acme", claims=claims)) == {"acme": "can never add anything: it claims nothing"}


def test_of_two_that_say_the_same_the_later_is_named() -> None:
    assert told(rule("one"), rule("two")) == {"two": 'can never add anything: "one" says the same'}


@pytest.mark.parametrize(
    "less",
    [
        {"strength": "weak"},
        {"after": ("acme",)},
        {"field": ("http.server",)},
        {"strength": "supporting", "claims": {"maker": "acme"}},
    ],
)
def test_one_that_says_less_than_another_on_the_same_texts_is_named(less: dict[str, object]) -> None:
    more = rule("more", field=("http.server", "http.title"), claims={"maker": "acme", "category": "camera"})
    assert told(rule("less", **less), more) == {"less": 'can never add anything: "more" says the same'}


@pytest.mark.parametrize(
    "different",
    [
        {"strength": "decisive"},
        {"field": "http.title"},
        {"pattern": "^Acme"},
        {"unless": {"http.title": "x"}},
        {"claims": {"maker": "bolt"}},
    ],
)
def test_one_that_says_something_else_is_not(different: dict[str, object]) -> None:
    assert "two" not in told(rule("one"), rule("two", **different))


def test_our_own_fingerprints_can_all_count() -> None:
    assert told(*Library.load().fingerprints) == {}


TEXT = """
[[fingerprint]]
id       = "acme"
field    = "http.server"
pattern  = '^Acme$'
claims   = { maker = "acme" }
strength = "strong"
source   = "a test"
matches  = ["Acme"]
rejects  = ["Bolt"]
"""
KNOWN = Library([rule("known", pattern="^Known$")], [Maker("acme", "Acme")], [])


def findings(*paths: Path) -> list[str]:
    return [f"{one.file.name}:{one.line}: {one.what}" for one in check(paths, KNOWN, FIELDS)]


def folder(where: Path, **texts: str) -> Path:
    where.mkdir()
    for name, text in texts.items():
        (where / f"{name}.toml").write_text(text)
    return where


def test_a_sound_file_has_no_findings(tmp_path: Path) -> None:
    assert findings(folder(tmp_path / "own", acme=TEXT)) == []


def test_two_with_one_id_are_named_with_both_lines(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", acme=TEXT + TEXT, bolt=TEXT)
    assert findings(own) == [
        f'acme.toml:13: "acme" stands in {own}/acme.toml:3 too',
        f'bolt.toml:3: "acme" stands in {own}/acme.toml:3 too',
    ]
    assert findings(own / "bolt.toml", own / "bolt.toml") == [
        f'bolt.toml:3: "acme" stands in {own}/bolt.toml:3 too'
    ]


def test_a_later_folder_may_replace_what_an_earlier_one_says(tmp_path: Path) -> None:
    first = folder(tmp_path / "first", acme=TEXT)
    later = folder(tmp_path / "later", acme=TEXT.replace("strong", "weak"))
    assert findings(first, later) == []


def test_a_copy_of_one_that_comes_with_camcensus_is_named(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", acme=TEXT.replace("^Acme$", "^Known$").replace('["Acme"]', '["Known"]'))
    assert findings(own) == ['acme.toml:3: "acme" can never add anything: "known" says the same']


def test_one_that_its_own_condition_always_refuses_is_named(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", acme=TEXT + "unless = { \"http.server\" = 'cme' }\n")
    assert findings(own) == [
        "acme.toml:3: \"acme\" does not count for 'Acme' in http.server: http.server matches 'cme'"
    ]


def test_a_brand_whose_maker_nobody_knows_is_named_on_the_line_that_says_so(tmp_path: Path) -> None:
    brand = '[brand]\nslug = "by-word"\nname = "By Word"\nmakers = ["acme", "bolt"]\n'
    own = folder(tmp_path / "own", byword=brand)
    assert findings(own) == [
        'byword.toml:4: brand "by-word" names the maker "bolt", of whom there is no file'
    ]
    folder(own / "makers", bolt='[maker]\nslug = "bolt"\nname = "Bolt"\n')
    assert findings(own) == []
