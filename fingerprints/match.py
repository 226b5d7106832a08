"""Match readings against fingerprints: from fields to claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache, lru_cache

import ahocorasick

from fingerprints.literals import literals
from fingerprints.rules import Fingerprint
from scanner.model import Claim, Fields, Protocol

EXCERPT = 120  # characters of the matched text that a claim shows
TELLING = 4  # characters; a shorter match says little, so the whole value is shown
EXACT = re.compile(r"\^(?:\(\?:(?P<many>[0-9A-Za-z|]+)\)|(?P<one>[0-9A-Za-z]+))\$")
GROUP = re.compile(r"\{(\w+)\}")
CLAIM_LIMIT = 256  # characters of a claimed value; longer ones are cut
REMEMBERED = 16_384  # values whose matches are remembered, for each matcher
REMEMBERED_LENGTH = (
    1_024  # characters; of longer values, such as pages, fewer are remembered: it bounds the memory
)
REMEMBERED_LONG = 1_024  # of these
Claims = tuple[Claim, ...]


class Rule:
    """A fingerprint made ready: its patterns are compiled on first use.

    `matched(value)` is where its pattern matches a value, whatever the further conditions say. Once compiled, it is the
    pattern's own `search`, because nothing is called more often.
    """

    __slots__ = ("_also", "_compiled", "_unless", "bound", "fingerprint", "matched")
    matched: Callable[[str], re.Match[str] | None]

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self.bound = bool(
            fingerprint.also or fingerprint.unless or fingerprint.after
        )  # to further conditions
        self.matched = self._first_matched
        self._compiled = False
        self._also: tuple[tuple[str, re.Pattern[str]], ...] = ()
        self._unless: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @property
    def literals(self) -> tuple[str, ...]:
        """Lower-case texts of which any match holds at least one."""
        return literals(self.fingerprint.pattern)

    def search(self, value: str, fields: Fields) -> re.Match[str] | None:
        """The match of this rule in one value of its field, given all the fields of the observation."""
        found = self.matched(value)
        return found if found and not self.refusal(fields) else None

    def counts(self, fields: Fields, makers: Set[str]) -> bool:
        """Whether its further conditions are met by the fields of an observation and the makers named elsewhere."""
        after = self.fingerprint.after
        return not ((after and makers.isdisjoint(after)) or self.refusal(fields))

    def refusal(self, fields: Fields) -> str:
        """Which further condition the fields of an observation fail; empty when they meet them all."""
        if not self._compiled:
            self._compile()
        for name, pattern in self._also:
            if not any(map(pattern.search, fields.get(name, ()))):
                return f"{name} does not match {pattern.pattern!r}"
        for name, pattern in self._unless:
            if any(map(pattern.search, fields.get(name, ()))):
                return f"{name} matches {pattern.pattern!r}"
        return ""

    def _first_matched(self, value: str) -> re.Match[str] | None:
        self._compile()
        return self.matched(value)

    def _compile(self) -> None:
        fingerprint = self.fingerprint
        self.matched = re.compile(fingerprint.pattern).search
        self._also = tuple((name, re.compile(pattern)) for name, pattern in fingerprint.also.items())
        self._unless = tuple((name, re.compile(pattern)) for name, pattern in fingerprint.unless.items())
        self._compiled = True


class Shelf:
    """The rules that look at one field, and the quick way to those that one value can match."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._always: list[int] = []  # rules without a literal long enough
        self._exact: dict[str, list[int]] = {}  # rules that match whole values only, such as `^(?:9|11)$`
        literals: dict[str, list[int]] = {}
        for number, rule in enumerate(rules):
            if whole := EXACT.fullmatch(rule.fingerprint.pattern):
                for text in (whole["many"] or whole["one"]).lower().split("|"):
                    self._exact.setdefault(text, []).append(number)
            elif needed := rule.literals:
                for text in needed:
                    literals.setdefault(text, []).append(number)
            else:
                self._always.append(number)
        self._always_rules = [rules[number] for number in self._always]
        held = ahocorasick.Automaton()
        for text, numbers in literals.items():
            held.add_word(text, tuple(dict.fromkeys(numbers)))  # two spellings may share a text
        held.make_automaton()
        self._held = held.iter if literals else None

    def candidates(self, lowered: str) -> Sequence[Rule]:
        """The rules whose literals a value holds, in the order in which they were added."""
        held = [numbers for _, numbers in self._held(lowered)] if self._held else []
        if self._exact and (exact := self._exact.get(lowered.rstrip("\n"))):
            held.append(tuple(exact))
        if not held:
            return self._always_rules
        rules = self._rules
        if len(held) == 1 and not self._always:  # most often: spare the sorting
            return [rules[number] for number in held[0]]
        return [rules[number] for number in sorted({*self._always}.union(*held))]


class Matcher:
    """All rules, indexed by the field they look at.

    What a value matches is remembered for a while: a building has many units of one model, which say the same.
    """

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        self._rules: dict[str, list[Rule]] = {}
        self._shelves: dict[str, Shelf] = {}  # made on first use, as most runs see few of the fields
        self.matches = lru_cache(REMEMBERED)(self._matches)
        self.matches_of_long = lru_cache(REMEMBERED_LONG)(self._matches)
        for fingerprint in fingerprints:
            rule = Rule(fingerprint)
            for field in fingerprint.fields:
                self._rules.setdefault(field, []).append(rule)

    def claims(self, fields: Fields, protocol: Protocol, makers: Set[str] = frozenset()) -> list[Claim]:
        """What follows from one observation's fields. `makers` are those that other evidence names."""
        drawn: list[Claim] = []
        met: dict[Rule, bool] = {}  # whose further conditions are, whichever value matches
        for field, values in fields.items():
            if field in self._rules:
                for value in values:
                    look = self.matches if len(value) <= REMEMBERED_LENGTH else self.matches_of_long
                    for rule, claims in look(field, value, protocol):
                        if rule.bound and rule not in met:
                            met[rule] = rule.counts(fields, makers)
                        if not rule.bound or met[rule]:
                            drawn += claims
        return drawn

    def _matches(self, field: str, value: str, protocol: Protocol) -> Sequence[tuple[Rule, Claims]]:
        """Every rule whose pattern matches one value, and what it claims there if its conditions are met."""
        if not (shelf := self._shelves.get(field)):
            shelf = self._shelves[field] = Shelf(self._rules[field])
        rules = shelf.candidates(value.lower())
        if not rules:
            return ()
        return [
            (rule, claims_of(rule.fingerprint, found, protocol))
            for rule in rules
            if (found := rule.matched(value))
        ]


def claims_of(fingerprint: Fingerprint, found: re.Match[str], protocol: Protocol) -> Claims:
    """What a fingerprint claims, given where its pattern matched; a claim whose groups are empty is left out."""
    matched = found[0]
    excerpt = (matched if len(matched) >= TELLING else found.string)[:EXCERPT]
    id, strength = fingerprint.id, fingerprint.strength
    return tuple(
        [
            Claim(id, attribute, value, strength, protocol, excerpt)
            for attribute, template in fingerprint.claims.items()
            if (value := fill(template, found) if "{" in template else template)
        ]
    )


def fill(template: str, groups: Mapping[str, str | None] | re.Match[str]) -> str:
    """Put the groups of a match into the template of a claim; empty when any of its groups is."""
    alone, names = _groups_in(template)
    if alone:
        return (groups[alone] or "").strip()[:CLAIM_LIMIT].strip()
    if not names:
        return template
    filled = {name: (groups[name] or "").strip() for name in names}
    if not all(filled.values()):  # a group of blanks says as little as one that took no part
        return ""
    return GROUP.sub(lambda name: filled[name[1]], template)[:CLAIM_LIMIT].strip()


@cache
def _groups_in(template: str) -> tuple[str, tuple[str, ...]]:
    """The group of which a template is nothing but the value, and all its groups."""
    whole = GROUP.fullmatch(template)
    return whole[1] if whole else "", tuple(GROUP.findall(template))
