"""The query language: which devices somebody wants to see.

    condition("site = leeds and last_seen < 2026-01-01")
    # ("(site COLLATE NOCASE = ? AND last_seen < ?)", ["leeds", "2026-01-01T00:00:00.000000Z"])

Nothing that somebody writes becomes SQL: fields and operators are looked up in closed tables, and every value is a
bound parameter. docs/reference/query.md describes the language.
"""

from __future__ import annotations

import difflib
import functools
import ipaddress
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from scanner.errors import CamcensusError
from scanner.inventory.fields import ANY, FIELDS, LEVELS, SEARCHED, Field, Kind, firmware_order
from scanner.inventory.rows import address_order, json_text, stamp

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

LONGEST = 4_000  # characters of a condition
MOST = 100  # comparisons in it, and values after `in`
DEEPEST = 20  # parentheses and `not` within each other; SQLite itself stops at 1,000
SHOWN = 70  # characters of it that an error shows

GRAMMAR = r"""
?start: either
?either: both ("or"i both)*
?both: single ("and"i single)*
?single: "not"i single -> no
    | "(" either ")"
    | WORD OPERATOR value -> compare
    | WORD IN (value | "(" value ("," value)* ")") -> compare
    | WORD "is"i STATE -> state
    | WORD -> bare
?value: WORD | QUOTED | AGO

OPERATOR: "!=" | "<=" | ">=" | "=" | "<" | ">" | "~"
IN: "in"i
STATE: "empty"i | "set"i
AGO.2: /\d{1,5}\s+(minute|hour|day|week|year)s?\s+ago(?![^\s(),])/i
QUOTED: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
WORD: /(?!(and|or|not|in|is)(?![^\s(]))[^\s()=!<>~,"']+/i
%ignore /\s+/
"""
EXPECTED = {
    "WORD": "a word", "QUOTED": "a quoted text", "AGO": "30 days ago", "OPERATOR": "= != < <= > >= ~",
    "STATE": "set, empty", "LPAR": "(", "RPAR": ")", "COMMA": "a comma", "$END": "the end",
}  # fmt: skip
OPERATORS: dict[Kind, str] = {
    "text":      "= != ~ in",
    "any text":  "~",
    "version":   "= != < <= > >= ~ in",
    "level":     "= != < <= > >= in",
    "number":    "= != < <= > >= in",
    "moment":    "= != < <= > >=",
    "day":       "= != < <= > >=",
    "address":   "= != < <= > >= ~ in",
    "yes or no": "= !=",
    "list":      "= != ~ in",
}  # fmt: skip
"""What each kind of field may be asked, beside `is set` and `is empty`."""

YES, NO = ("yes", "true"), ("no", "false")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\", "*": "%", "?": "_"})
ANYWHERE = " OR ".join(f"{name} LIKE ? ESCAPE '\\'" for name in SEARCHED)
TOP = "\U0010ffff"  # sorts after everything


class Part(NamedTuple):
    """A piece of SQL and the values that it binds. Null stands for false."""

    sql: str
    values: tuple[str | float, ...] = ()


def condition(text: str, now: datetime | None = None) -> tuple[str, list[str | float]]:
    """What stands behind WHERE in a query of `devices`, and the values to bind to its question marks, in their order.

    Nothing written means every device. Raises CamcensusError, which points at what cannot be read.
    """
    if not text.strip():
        return "TRUE", []
    if len(text) > LONGEST:
        raise CamcensusError(
            "the condition is too long",
            why=f"it has {len(text):,} characters; {LONGEST:,} are read",
            fix="give the devices a site or a note first, and ask for that",
        )
    if broken := re.search("[\ud800-\udfff]", text):
        raise unreadable(text, broken.start(), 1, "this is no character", "write the text in UTF-8")
    part = Reader(text, now or datetime.now(UTC)).part(parsed(text))
    return part.sql, list(part.values)


def field(name: str) -> Field:
    """The field with this name. Raises CamcensusError with the names that are like it."""
    if found := FIELDS.get(name.lower()):
        return found
    raise CamcensusError(f"there is no field {name[:SHOWN]!r}", fix=perhaps(name, FIELDS))


def quoted(text: str) -> str:
    """A text as a value of the language, whatever is in it."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


@functools.cache
def parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr")


def parsed(text: str) -> Tree[Token] | Token:
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    try:
        return parser().parse(text)
    except UnexpectedInput as error:
        at, length, known = error.pos_in_stream, 1, set[str]()
        if isinstance(error, UnexpectedToken):
            ends = error.token.type == "$END"
            at, length, known = len(text) if ends else at, len(error.token), error.accepts or error.expected
        elif isinstance(error, UnexpectedCharacters):
            known = error.allowed
        expected = ", ".join(sorted(EXPECTED.get(name, name.lower()) for name in known))
        why = "it ends too soon" if at is None or at >= len(text) else "this does not fit here"
        raise unreadable(text, at, length, why, f"expected here: {expected}") from None


def unreadable(text: str, at: int | None, length: int, why: str, fix: str) -> CamcensusError:
    """An error that points at a place in the condition."""
    at = len(text) if at is None else at
    start = max(0, at - SHOWN // 2)
    plain = "".join(one if one.isprintable() else "." for one in text[start : start + SHOWN])
    mark = " " * (at - start) + "^" * max(1, min(length, SHOWN - (at - start)))
    return CamcensusError(
        f"{why}, at character {at + 1} of the condition", why=f"{plain}\n       {mark}", fix=fix
    )


def perhaps(word: str, known: Iterable[str]) -> str:
    """What somebody may have meant, or else all that there is."""
    known = list(known)
    if close := difflib.get_close_matches(word[:SHOWN].lower(), known, n=3):
        return f"did you mean {' or '.join(close)}?"
    return f"choose of: {', '.join(known)}"


class Reader:
    """Turns the tree of one condition into SQL."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text, self._now, self._comparisons = text, now, 0

    def part(self, tree: Tree[Token] | Token, depth: int = 0) -> Part:
        assert not isinstance(tree, str)
        if depth > DEEPEST:
            raise CamcensusError(
                f"the condition is nested more than {DEEPEST} deep", fix="write it with fewer parentheses"
            )
        if tree.data in ("either", "both"):
            parts = [self.part(child, depth + 1) for child in tree.children]
            word = " OR " if tree.data == "either" else " AND "
            return Part(
                f"({word.join(one.sql for one in parts)})", tuple(v for one in parts for v in one.values)
            )
        if tree.data == "no":
            return negated(self.part(tree.children[0], depth + 1))
        name, *rest = [token for token in tree.children if isinstance(token, str)]
        return self._comparison(str(tree.data), name, rest)

    def _comparison(self, form: str, name: Token, rest: Sequence[Token]) -> Part:
        one = self._field(name)
        part = self._asked(one, form, name, rest)
        return among(part, one.reads) if one.reads else part

    def _field(self, name: Token) -> Field:
        if one := ANY if name.lower() == ANY.name else FIELDS.get(name.lower()):
            return one
        raise self._wrong(name, f"there is no field {name[:SHOWN]!r}", perhaps(name, FIELDS))

    def _asked(self, one: Field, form: str, name: Token, rest: Sequence[Token]) -> Part:
        self._comparisons += max(1, len(rest) - 1)
        if self._comparisons > MOST:
            raise CamcensusError(
                f"the condition compares more than {MOST} times",
                fix="give the devices a site or a note first, and ask for that",
            )
        if form == "bare":
            if one.kind not in ("yes or no", "list"):
                raise self._wrong(
                    name, f"{one.name} is not a question of yes or no", f"try: {one.name} is set"
                )
            return truth(one)
        if form == "state":
            if one is ANY:
                raise self._wrong(name, "any is not a field of its own", 'it takes: any ~ "text"')
            return filled(one) if rest[0].lower() == "set" else negated(filled(one))
        operator, *values = rest
        return self._compared(one, operator, values)

    def _compared(self, one: Field, operator: Token, values: Sequence[Token]) -> Part:
        sign = operator.lower()
        if sign not in OPERATORS[one.kind].split():
            raise self._wrong(
                operator,
                f"{one.name} cannot be asked with {sign}",
                f"it takes: {OPERATORS[one.kind]}, is set, is empty",
            )
        if sign in ("=", "!=", "in"):
            parts = [self._equal(one, value) for value in values]
            part = parts[0] if len(parts) == 1 else Part(
                f"({' OR '.join(each.sql for each in parts)})", tuple(v for each in parts for v in each.values)
            )  # fmt: skip
            return negated(part) if sign == "!=" else part
        if sign == "~":
            return like(one, plain(values[0]))
        return self._ordered(one, sign, values[0])

    def _equal(self, one: Field, token: Token) -> Part:
        value = plain(token)
        if one.kind == "list":
            if value.lower() in YES + NO:
                return truth(one) if value.lower() in YES else negated(truth(one))
            found = Part(f"EXISTS (SELECT 1 FROM {elements(one)} COLLATE NOCASE = ?)", (value,))
            if one.name == "evidence":  # most of a row: first whether the text is in there at all
                found = Part(
                    f"(instr({one.sql}, ?) AND {found.sql})", (json_text(value.lower()), value.lower())
                )
            return found
        if one.kind == "yes or no":
            self._one_of(token, value, YES + NO)
            return Part(f"{one.sql} = ?", (1.0 if value.lower() in YES else 0.0,))
        if one.kind == "address" and "/" not in value:
            return Part(f"{one.sql} = ?", (value.lower(),))
        if one.kind in ("address", "moment", "day", "number"):
            low, high = self._span(one, token)
            return Part(f"{one.order or one.sql} BETWEEN ? AND ?", (low, high))
        if one.words:
            self._one_of(token, value, one.words if one.name != "maker" else ())
        if one.name == "maker":  # a key, or a name
            return Part("(maker COLLATE NOCASE = ? OR maker_name COLLATE NOCASE = ?)", (value, value))
        if one.name == "mac":
            return Part("mac = ?", (value.lower().replace("-", ":"),))
        # The collation stands on the left: SQLite makes IN of several comparisons, and forgets one on the right.
        return Part(f"{one.sql} COLLATE NOCASE = ?", (value,))

    def _ordered(self, one: Field, sign: str, token: Token) -> Part:
        if one.kind == "level":
            self._one_of(token, plain(token), one.words)
            at = LEVELS.index(plain(token).lower())
            fit = [level for rank, level in enumerate(LEVELS) if holds(rank, sign, at)]
            return Part(f"{one.sql} IN (SELECT value FROM json_each(?))", (json_text(fit),))
        low, high = self._span(one, token)
        bound = low if sign in ("<", ">=") else high
        if one.kind == "version":  # of one style only
            style = str(low).partition(":")[0] + ":"
            order, other, end = (
                "firmware_order(firmware, maker)",
                *((">", style) if "<" in sign else ("<", style + TOP)),
            )
            part = Part(f"{order} {sign} ? AND {order} {other} ?", (bound, end))
            return among(part, ("firmware", "maker"))
        return Part(f"{one.order or one.sql} {sign} ?", (bound,))

    def _span(self, one: Field, token: Token) -> tuple[str | float, str | float]:
        """The least and the greatest that a value stands for: a day lasts from midnight to midnight."""
        value = plain(token)
        try:
            match one.kind:
                case "number":
                    if not math.isfinite(number := float(value)):
                        raise ValueError(value)
                    return number, number
                case "address":
                    if "/" not in value:
                        return (address_order(str(ipaddress.ip_address(value))),) * 2
                    network = ipaddress.ip_network(value, strict=False)
                    return address_order(str(network[0])), address_order(str(network[-1]))
                case "moment":
                    return moments(value, self._now)
                case "day":
                    first, last = moments(value, self._now)
                    return first[:10], last[:10]
                case _:
                    return versions(value)
        except (ValueError, OverflowError):
            form = {
                "number": "a number, as 4 or 2.5",
                "address": "an address or a network, as 10.20.0.32 or 10.20.0.0/24",
                "moment": "a time, as 2026-01-31, 2026-01-31T12:00, today, or 30 days ago",
                "day": "a day, as 2027-01-31, today, or 30 days ago",
                "version": "a version, as V5.5.0 or 2.800.0000016.0.R",
            }[one.kind]
            raise self._wrong(token, f"{one.name} cannot be compared with this", f"write {form}") from None

    def _one_of(self, token: Token, value: str, words: Sequence[str]) -> None:
        if words and value.lower() not in words:
            raise self._wrong(token, f"this is never {value[:SHOWN]!r}", perhaps(value, words))

    def _wrong(self, token: Token, why: str, fix: str) -> CamcensusError:
        return unreadable(self._text, token.start_pos, len(token), why, fix)


def plain(token: Token) -> str:
    """The value that a token stands for."""
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL) if token.type == "QUOTED" else str(token)


def negated(part: Part) -> Part:
    """All other devices, those included of which nothing is known."""
    return Part(f"(({part.sql}) IS NOT TRUE)", part.values)


def among(part: Part, columns: Sequence[str]) -> Part:
    """The same, asked once for each combination of columns: most devices share theirs, and functions are slow."""
    values = ", ".join(f"ifnull({name}, '')" for name in columns)
    known = f"WITH known AS MATERIALIZED (SELECT DISTINCT {', '.join(columns)} FROM devices)"
    return Part(f"({values}) IN ({known} SELECT {values} FROM known WHERE {part.sql})", part.values)


def filled(one: Field) -> Part:
    return Part(f"{one.sql} NOT IN ('', '[]')" if one.kind == "list" else f"{one.sql} IS NOT NULL")


def truth(one: Field) -> Part:
    return filled(one) if one.kind == "list" else Part(f"{one.sql} = 1")


def elements(one: Field) -> str:
    """The elements of a list, up to where they are compared; evidence is asked for its fingerprints."""
    return f"json_each({one.sql}) AS one WHERE one.value" + (
        " ->> 'fingerprint'" if one.name == "evidence" else ""
    )


def like(one: Field, value: str) -> Part:
    """With `*` or `?` the pattern of the whole value, without them a part of it. Case does not matter."""
    pattern = value.translate(LIKE)
    if one is ANY:
        return Part(f"({ANYWHERE})", (f"%{pattern}%",) * len(SEARCHED))
    if "*" not in value and "?" not in value:
        pattern = f"%{pattern}%"
    if one.kind == "list":
        return Part(f"EXISTS (SELECT 1 FROM {elements(one)} LIKE ? ESCAPE '\\')", (pattern,))
    return Part(f"{one.sql} LIKE ? ESCAPE '\\'", (pattern,))


def holds(one: int, sign: str, other: int) -> bool:
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign]


def moments(text: str, now: datetime) -> tuple[str, str]:
    """The first and the last microsecond of a time: of the whole day, where no more is said."""
    words = text.lower().split()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if words in (["today"], ["yesterday"]):
        begin = midnight - timedelta(days=words == ["yesterday"])
    elif len(words) == 3 and words[2] == "ago":
        number, unit = int(words[0]), words[1].rstrip("s")
        ago = timedelta(days=365 * number) if unit == "year" else timedelta(**{f"{unit}s": number})
        return (stamp(now - ago),) * 2
    else:
        begin = datetime.fromisoformat(text)
        begin = begin.replace(tzinfo=begin.tzinfo or UTC)
        if not DAY.fullmatch(text):
            return (stamp(begin),) * 2
    return stamp(begin), stamp(begin + timedelta(days=1, microseconds=-1))


def versions(text: str) -> tuple[str, str]:
    """What versions with any build sort between, or with the one that is named."""
    order = firmware_order(text, None)
    if order is None:
        raise ValueError(text)
    return order, order + TOP if order.endswith("/") else order
