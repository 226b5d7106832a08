"""Match readings against fingerprints: from fields to claims."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from fingerprints.literals import literals
from fingerprints.rules import Fingerprint
from scanner.model import Claim, Fields, Protocol

EXCERPT = 120  # characters of the matched text that a claim shows
TELLING = 4  # characters; a shorter match says little, so the whole value is shown
EXACT = re.compile(r"\^(?:\(\?:(?P<many>[0-9A-Za-z|]+)\)|(?P<one>[0-9A-Za-z]+))\$")
START = 2  # letters of a literal that find it
LONG = 3  # times as many characters as literals: from there on, each literal is looked for by itself
CLAIM_LIMIT = 256  # characters of a claimed value; longer ones are cut


class Rule:
    """A fingerprint made ready: its literals at hand, its patterns compiled on first use."""

    __slots__ = ("_also", "_pattern", "_unless", "fingerprint", "literals")

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self.literals = literals(fingerprint.pattern)
        self._pattern: re.Pattern[str] | None = None
        self._also: tuple[tuple[str, re.Pattern[str]], ...] = ()
        self._unless: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def search(self, value: str, fields: Fields) -> re.Match[str] | None:
        """The match of this rule in one value of its field, given all the fields of the observation."""
        found = self.matched(value)
        return found if found and not self.refusal(fields) else None

    def matched(self, value: str) -> re.Match[str] | None:
        """Where the pattern matches a value, whatever the further conditions say."""
        if self._pattern is None:
            self._compile()
        assert self._pattern is not None
        return self._pattern.search(value)

    def refusal(self, fields: Fields) -> str:
        """Which further condition the fields of an observation fail; empty when they meet them all."""
        if self._pattern is None:
            self._compile()
        for name, pattern in self._also:
            if not any(map(pattern.search, fields.get(name, ()))):
                return f"{name} does not match {pattern.pattern!r}"
        for name, pattern in self._unless:
            if any(map(pattern.search, fields.get(name, ()))):
                return f"{name} matches {pattern.pattern!r}"
        return ""

    def _compile(self) -> None:
        fingerprint = self.fingerprint
        self._pattern = re.compile(fingerprint.pattern)
        self._also = tuple((name, re.compile(pattern)) for name, pattern in fingerprint.also.items())
        self._unless = tuple((name, re.compile(pattern)) for name, pattern in fingerprint.unless.items())


class Hit(msgspec.Struct, frozen=True):
    """One rule that matched, with the values its claims take there."""

    rule: Rule
    claims: tuple[Claim, ...]


class Shelf:
    """The rules that look at one field, and the quick way to those that one value can match."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._always: list[int] = []  # rules without a literal long enough
        self._exact: dict[str, list[int]] = {}  # rules that match whole values only, such as `^(?:9|11)$`
        self._literals: list[tuple[str, int]] = []
        self._by_start: dict[
            tuple[str, ...], list[tuple[str, int]]
        ] = {}  # literals by their first START letters
        self._starts: set[tuple[str, ...]] = set()

    def add(self, rule: Rule) -> None:
        number = len(self._rules)
        self._rules.append(rule)
        if whole := EXACT.fullmatch(rule.fingerprint.pattern):
            for text in (whole["many"] or whole["one"]).lower().split("|"):
                self._exact.setdefault(text, []).append(number)
            return
        if not rule.literals or any(len(text) < START for text in rule.literals):
            self._always.append(number)
            return
        for text in rule.literals:
            self._literals.append((text, number))
            self._by_start.setdefault(tuple(text[:START]), []).append((text, number))
        self._starts.update(self._by_start)

    def candidates(self, lowered: str) -> Iterator[Rule]:
        """The rules whose literals a value holds, in the order in which they were added."""
        if len(lowered) > LONG * len(self._literals):  # a long value is cheaper to search than to take apart
            found = {number for text, number in self._literals if text in lowered}
        else:
            starts = self._starts.intersection(itertools.pairwise(lowered))
            found = {number for start in starts for text, number in self._by_start[start] if text in lowered}
        rules = self._rules
        for number in sorted(found.union(self._always, self._exact.get(lowered.rstrip("\n"), ()))):
            yield rules[number]


class Matcher:
    """All rules, indexed by the field they look at."""

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        self._shelves: dict[str, Shelf] = {}
        for fingerprint in fingerprints:
            rule = Rule(fingerprint)
            for field in fingerprint.fields:
                self._shelves.setdefault(field, Shelf()).add(rule)

    def hits(self, fields: Fields, protocol: Protocol) -> Iterator[Hit]:
        """Every rule that matches one observation's fields, once for each value it matches."""
        for field, values in fields.items():
            if shelf := self._shelves.get(field):
                for value in values:
                    for rule in shelf.candidates(value.lower()):
                        if found := rule.search(value, fields):
                            yield Hit(rule, claims_of(rule.fingerprint, found, protocol))


def claims_of(fingerprint: Fingerprint, found: re.Match[str], protocol: Protocol) -> tuple[Claim, ...]:
    """What a fingerprint claims, given where its pattern matched; a claim whose groups are empty is left out."""
    excerpt = (found[0] if len(found[0]) >= TELLING else found.string)[:EXCERPT]
    groups = found.groupdict()
    return tuple(
        Claim(fingerprint.id, attribute, value, fingerprint.strength, protocol, excerpt)
        for attribute, template in fingerprint.claims.items()
        if (value := fill(template, groups))
    )


def fill(template: str, groups: Mapping[str, str | None]) -> str:
    """Put the groups of a match into the template of a claim; empty when any of its groups is."""
    if "{" not in template:
        return template
    filled = {name: (groups.get(name) or "").strip() for name in re.findall(r"\{(\w+)\}", template)}
    if not all(filled.values()):
        return ""
    return re.sub(r"\{(\w+)\}", lambda name: filled[name[1]], template)[:CLAIM_LIMIT].strip()
