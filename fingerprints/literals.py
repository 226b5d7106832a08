"""The literal text that a pattern cannot match without: a cheap test before the regular expression.

A pattern is compiled and run only on values that hold one of its literals; on real observations that spares nearly
all the work (nmap and recog run every pattern on every value).
"""

from __future__ import annotations

from functools import cache
from re import _constants as op  # type: ignore[attr-defined]  # the parser that `re` itself uses;
from re import _parser as parser  # type: ignore[attr-defined]  # test_literals pins what we rely on
from typing import Any

SHORTEST = 2  # characters; shorter literals are in nearly every value


@cache
def literals(pattern: str) -> tuple[str, ...]:
    """Lower-case texts of which any match holds at least one; empty when there is no such set.

    Raises `re.error` for a pattern that cannot be compiled, at a third of the price of compiling it.
    """
    return max(_required(parser.parse(pattern)), key=_worth, default=())


def _worth(alternatives: tuple[str, ...]) -> tuple[int, int]:
    return (min(map(len, alternatives)), -len(alternatives))


def _required(items: Any) -> list[tuple[str, ...]]:
    """Every set of alternatives that a sequence of parsed items requires."""
    found: list[tuple[str, ...]] = []
    run: list[str] = []

    def end_of_run() -> None:
        if len(text := "".join(run).lower()) >= SHORTEST:
            found.append((text,))
        run.clear()

    for code, argument in items:
        if code is op.LITERAL:
            run.append(chr(argument))
            continue
        if code is op.AT:  # an anchor takes no room
            continue
        end_of_run()
        if code is op.SUBPATTERN:
            found += _required(argument[3])
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and argument[0] > 0:
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
