"""The literal text that a pattern cannot match without: a cheap test before the regular expression.

A pattern is compiled and run only on values that hold one of its literals; on real observations that spares nearly
all the work (nmap and recog run every pattern on every value).

Taking all patterns of camcensus apart takes longer than identifying a building. So literals.jsonl, which
keep_literals.py writes, keeps what was found in them: the digest of each pattern, and its literals. A pattern that is
not in it, such as one of a user's own file, is taken apart when it is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from re import _constants as op  # the parser that `re` itself uses;
from re import _parser as parser  # test_literals pins what we rely on
from typing import Any

import msgspec

FILE = Path(__file__).parent / "literals.jsonl"
SHORTEST = 2  # characters; shorter literals are in nearly every value
SPELLINGS = 64  # that are written out at most, of any part of a pattern
FEW = 8  # spellings that are looked for rather than a literal of START letters or more: each costs time
START = 3  # letters; whatever is shorter is in so many values that any spellings are better


@cache
def literals(pattern: str) -> tuple[str, ...]:
    """Lower-case texts of which any match holds at least one; empty when there is no such set.

    Raises `re.error` for a pattern that cannot be compiled, at a third of the price of compiling it.
    """
    found = _kept().get(digest(pattern))
    return find(pattern) if found is None else found


def find(pattern: str) -> tuple[str, ...]:
    """The same, by taking the pattern apart."""
    parsed = parser.parse(pattern)
    best = max(_required(parsed), key=_worth, default=())
    shortest = min(map(len, best), default=0)
    spelt = (texts for texts in _spelt_out(parsed) if shortest < START or len(texts) <= FEW)
    return max((best, *spelt), key=_worth)


def digest(pattern: str) -> str:
    """What stands for a pattern in the file: a text that no other one has."""
    return hashlib.blake2b(pattern.encode(), digest_size=10).hexdigest()


@cache
def _kept() -> Mapping[str, tuple[str, ...]]:
    lines = FILE.read_bytes() if FILE.exists() else b""
    return dict(
        msgspec.json.decode(
            b"[" + b",".join(lines.splitlines()) + b"]", type=list[tuple[str, tuple[str, ...]]]
        )
    )


def _worth(alternatives: tuple[str, ...]) -> tuple[int, int]:
    return (min(map(len, alternatives), default=0), -len(alternatives))


def _required(items: Any) -> list[tuple[str, ...]]:
    """Every set of alternatives that a sequence of parsed items requires."""
    found: list[tuple[str, ...]] = []
    run: list[str] = []

    def end_of_run() -> None:
        if len(text := "".join(run).lower()) >= SHORTEST:
            found.append((text,))
        run.clear()

    for code, argument in _flat(items):
        if code is op.LITERAL:
            run.append(chr(argument))
            continue
        if code is op.AT:  # an anchor takes no room
            continue
        end_of_run()
        if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0:
            found += _required(argument[2])
        elif code is op.ASSERT:  # a lookahead or lookbehind must match too
            found += _required(argument[1])
        elif code is op.ATOMIC_GROUP:
            found += _required(argument)
        elif code is op.BRANCH:
            branches = [max(_required(branch), key=_worth, default=()) for branch in argument[1]]
            if all(branches):
                found.append(tuple(text for branch in branches for text in branch))
    end_of_run()
    return found


def _flat(items: Any) -> Iterator[tuple[Any, Any]]:
    """The items of a sequence, those of a group in its place: a text may go on across a bracket."""
    for code, argument in items:
        if code is op.SUBPATTERN:
            yield from _flat(argument[3])
        else:
            yield code, argument


def _spelt_out(items: Any) -> list[tuple[str, ...]]:
    """Further sets of alternatives: how the parts of a pattern that are told apart by few letters may be spelt.

    `^T[LX]-(?:SC|IPC)` gives `tl-sc`, `tx-sc`, `tl-ipc` and `tx-ipc`.
    """
    found: list[tuple[str, ...]] = []
    run = {""}

    def keep() -> None:
        if min(map(len, run)) >= SHORTEST:
            found.append(_without_longer(run))

    for code, argument in _flat(items):
        spellings = _spellings(code, argument)
        longer = {left + right for left in run for right in spellings or ()}
        if len(longer) > len(run):
            keep()
        if 0 < len(longer) <= SPELLINGS:
            run = longer
        else:
            keep()
            run = spellings or {""}
        if spellings is None and code is op.BRANCH:
            branches = [
                max((*_required(one), *_spelt_out(one)), key=_worth, default=()) for one in argument[1]
            ]
            if all(branches):
                found.append(tuple(text for branch in branches for text in branch))
    keep()
    return found


def _spellings(code: Any, argument: Any) -> set[str] | None:
    """All that one parsed item may match, in lower case; None when that is too much, or not known."""
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return {""}
    if code is op.LITERAL:
        return {chr(argument).lower()}
    if code is op.IN:
        return _letters(argument)
    if code is op.SUBPATTERN:
        return _whole(argument[3])
    if code is op.BRANCH:
        branches = [_whole(branch) for branch in argument[1]]
        if any(branch is None for branch in branches):
            return None
        return _few({text for branch in branches for text in branch or ()})
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[1] == 1 and (once := _whole(argument[2])):
        return once | {""} if argument[0] == 0 else once
    return None


def _whole(items: Any) -> set[str] | None:
    """All that a sequence of parsed items may match."""
    run = {""}
    for code, argument in items:
        spellings = _spellings(code, argument)
        if spellings is None or (longer := _few({a + b for a in run for b in spellings})) is None:
            return None
        run = longer
    return run


def _letters(ranges: Any) -> set[str] | None:
    letters: set[str] = set()
    for code, argument in ranges:
        if code is op.LITERAL:
            letters.add(chr(argument).lower())
        elif code is op.RANGE and argument[1] - argument[0] < SPELLINGS:
            letters.update(chr(letter).lower() for letter in range(argument[0], argument[1] + 1))
        else:  # a category such as `\d` holds the digits of all scripts
            return None
    return _few(letters)


def _few(texts: set[str]) -> set[str] | None:
    return texts if len(texts) <= SPELLINGS else None


def _without_longer(texts: set[str]) -> tuple[str, ...]:
    """The texts without those that hold another one."""
    return tuple(sorted(text for text in texts if not any(one in text for one in texts if one != text)))
