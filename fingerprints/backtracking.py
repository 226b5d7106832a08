"""Patterns that a hostile reply could keep busy for ever.

A backtracking engine takes exponential time where a repetition stands inside a repetition and both can take the same
characters in more than one way, as in `(a+)+`; and where alternatives inside a repetition overlap, as in `(a|a)*`.
Three repetitions in a row over the same characters take cubic time, too long for values of 4,096 characters. What is
found here is a possibility, judged on the safe side: a pattern can always be written so that nothing is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _constants as op  # the parser that `re` itself uses
from re import _parser as parser
from typing import Any

ALPHABET = frozenset(map(chr, range(128))) | {"é", "中"}  # two stand for all that is not ASCII
MANY = 16  # a repetition of up to so many is as good as bounded
ROW = 3  # repetitions in a row over the same characters that take too long
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)
CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d", op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_WORD: r"\w", op.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
Chars = frozenset[str]
Item = tuple[Any, Any]


def dangers(pattern: str) -> Iterator[str]:
    """What in a pattern can take exponential or cubic time, each in a few words."""
    parsed = parser.parse(pattern)
    yield from _in_sequence(list(parsed), bool(parsed.state.flags & re.IGNORECASE))


def _in_sequence(items: Sequence[Item], fold: bool) -> Iterator[str]:
    row: list[Chars] = []
    for item in items:
        yield from _in_item(item, fold)
        taken = _chars([item], fold)
        if _unbounded(item):
            row = [*(one for one in row if one & taken), taken]
            if len(row) >= ROW:
                yield f"{len(row)} repetitions in a row over the same characters"
                row = []
        elif not _nullable(item):
            row = [one for one in row if one & taken]


def _in_item(item: Item, fold: bool) -> Iterator[str]:
    code, argument = item
    if code in REPEATS:
        body = list(argument[2])
        if argument[1] >= ROW:
            yield from _in_repetition(body, argument[1], fold)
        yield from _in_sequence(body, fold)
    elif (
        code is op.POSSESSIVE_REPEAT
    ):  # goes back into no round, but the first time through one may take for ever
        yield from _in_sequence(list(argument[2]), fold)
    elif code is op.ATOMIC_GROUP:
        yield from _in_sequence(list(argument), fold)
    elif code is op.GROUPREF_EXISTS:
        for branch in argument[1:]:
            yield from _in_sequence(list(branch or ()), fold)
    elif code is op.SUBPATTERN:
        yield from _in_sequence(list(argument[3]), fold or bool(argument[1] & re.IGNORECASE))
    elif code is op.BRANCH:
        for branch in argument[1]:
            yield from _in_sequence(list(branch), fold)
    elif code in (op.ASSERT, op.ASSERT_NOT):
        yield from _in_sequence(list(argument[1]), fold)


def _in_repetition(body: list[Item], times: int, fold: bool) -> Iterator[str]:
    """What is wrong with repeating this body so many times."""
    flat = list(_flattened(body))
    for at, item in enumerate(flat):
        if times * _choices(item) > MANY:
            taken = _chars([item], fold)
            others = [*flat[at + 1 :], *flat[:at]]
            if not any(not _nullable(one) and not (_chars([one], fold) & taken) for one in others):
                yield "a repetition inside a repetition over the same characters"
        if times > MANY and item[0] is op.BRANCH:
            firsts = [_first(list(branch), fold) for branch in item[1][1]]
            if any(one & other for at, one in enumerate(firsts) for other in firsts[:at]):
                yield "alternatives inside a repetition that begin alike"


def _flattened(items: Sequence[Item]) -> Iterator[Item]:
    """The items of a sequence, groups opened."""
    for item in items:
        if item[0] is op.SUBPATTERN:
            yield from _flattened(list(item[1][3]))
        else:
            yield item


def _choices(item: Item) -> int:
    """How many lengths an item may choose from at most, beyond the one that it must have."""
    code, argument = item
    if code in REPEATS:
        return int(argument[1]) - int(argument[0])
    return int(code is op.BRANCH and _nullable(item))


def _unbounded(item: Item) -> bool:
    code, argument = item
    if code is op.SUBPATTERN:
        inner = list(argument[3])
        return len(inner) == 1 and _unbounded(inner[0])
    return code in REPEATS and argument[1] > MANY


def _nullable(item: Item) -> bool:
    code, argument = item
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return True
    if code in REPEATS:
        return bool(argument[0] == 0) or all(map(_nullable, argument[2]))
    if code is op.SUBPATTERN:
        return all(map(_nullable, argument[3]))
    if code is op.BRANCH:
        return any(all(map(_nullable, branch)) for branch in argument[1])
    return False


def _chars(items: Sequence[Item], fold: bool) -> Chars:
    """Every character that some items can take."""
    taken: Chars = frozenset()
    for code, argument in items:
        if code in REPEATS:
            taken |= _chars(list(argument[2]), fold)
        elif code is op.SUBPATTERN:
            taken |= _chars(list(argument[3]), fold)
        elif code is op.BRANCH:
            taken |= frozenset().union(*(_chars(list(branch), fold) for branch in argument[1]))
        elif code not in (op.AT, op.ASSERT, op.ASSERT_NOT):
            taken |= _single(code, argument, fold)
    return taken


def _first(items: Sequence[Item], fold: bool) -> Chars:
    """The characters that a sequence can begin with."""
    found: Chars = frozenset()
    for item in items:
        found |= _first(list(item[1][3]), fold) if item[0] is op.SUBPATTERN else _chars([item], fold)
        if not _nullable(item):
            break
    return found


def _single(code: Any, argument: Any, fold: bool) -> Chars:
    if code is op.LITERAL:
        return _folded(frozenset({chr(argument)}), fold)
    if code is op.NOT_LITERAL:
        return ALPHABET - _folded(frozenset({chr(argument)}), fold)
    if code is op.IN:
        return _set(tuple((one, other) for one, other in argument), fold)
    return ALPHABET  # any character, a back-reference: anything


@cache
def _set(argument: tuple[Item, ...], fold: bool) -> Chars:
    taken: Chars = frozenset()
    negated = False
    for code, value in argument:
        if code is op.NEGATE:
            negated = True
        elif code is op.LITERAL:
            taken |= {chr(value)}
        elif code is op.RANGE:
            taken |= {one for one in ALPHABET if value[0] <= ord(one) <= value[1]}
        elif code is op.CATEGORY:
            taken |= {one for one in ALPHABET if re.match(CATEGORIES[value], one)}
    taken = _folded(taken, fold)
    return ALPHABET - taken if negated else taken


def _folded(chars: Chars, fold: bool) -> Chars:
    return frozenset(form for one in chars for form in (one.lower(), one.upper())) if fold else chars
