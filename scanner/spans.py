"""Arithmetic on ranges of addresses. The work grows with the number of ranges, never with that of the addresses.

A span is the first and last address as numbers, both included. IPv4 addresses are numbers as they are; IPv6 addresses
lie behind them, so that one row of numbers holds both. `Spans` are sorted, and apart from each other.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
Spans = tuple[Span, ...]

V6 = 1 << 33  # where IPv6 begins: not right behind IPv4, or ranges of both would grow together


def merged(spans: Iterable[Span]) -> Spans:
    """The same addresses, each once: sorted, and what touches joined."""
    made: list[Span] = []
    for first, last in sorted(spans):
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return tuple(made)


def apart(one: Spans, other: Spans) -> bool:
    """Whether one lies wholly before or behind the other, as most networks do: told at a glance."""
    return not one or not other or one[-1][1] < other[0][0] or other[-1][1] < one[0][0]


def common(one: Spans, other: Spans) -> Spans:
    """What lies in both."""
    if apart(one, other):
        return ()
    return tuple(_common(*sorted((one, other), key=len)))


def _common(one: Spans, other: Spans) -> Iterator[Span]:
    at = 0
    for first, last in one:
        at = max(at, bisect_right(other, first, lo=at, key=lambda span: span[0]) - 1)
        for start, end in _from(other, at):
            if start > last:
                break
            if end >= first:
                yield max(first, start), min(last, end)


def without(spans: Spans, holes: Spans) -> Spans:
    """What is left of the spans."""
    if apart(spans, holes):
        return spans
    return tuple(_without(spans, holes))


def _without(spans: Spans, holes: Spans) -> Iterator[Span]:
    at = 0
    for first, last in spans:
        at = max(at, bisect_right(holes, first, lo=at, key=lambda span: span[0]) - 1)
        for start, end in _from(holes, at):
            if start > last:
                break
            if first < start:
                yield first, start - 1
            first = max(first, end + 1)
        if first <= last:
            yield first, last


def _from(spans: Spans, at: int) -> Iterator[Span]:
    for place in range(at, len(spans)):
        yield spans[place]


def beginning(spans: Spans, count: int) -> Spans:
    """The first `count` addresses."""
    made = []
    for first, last in spans:
        if count <= 0:
            break
        made.append((first, min(last, first + count - 1)))
        count -= last - first + 1
    return tuple(made)


def size(spans: Iterable[Span]) -> int:
    """How many addresses these are."""
    return sum(last - first + 1 for first, last in spans)


def holds(spans: Spans, number: int) -> bool:
    at = bisect_right(spans, number, key=lambda span: span[0]) - 1
    return at >= 0 and number <= spans[at][1]


def number_of(address: str) -> int | None:
    """An address as a number; None for what is no address."""
    try:
        it = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return int(it) + (V6 if it.version == 6 else 0)


def read(text: str) -> Spans:
    """What a network, a range or an address means; nothing for a host name or what is none of these."""
    try:
        if "/" in text:
            network = ipaddress.ip_network(text.strip(), strict=False)
            ends = [number_of(str(network[0])), number_of(str(network[-1]))]
        else:
            first, dash, last = (part.strip() for part in text.partition("-"))
            octets = last.split(".") if dash and ":" not in first else []
            whole = ".".join([*first.split(".")[: 4 - len(octets)], *octets]) if octets else last or first
            ends = [number_of(first), number_of(whole)]
    except ValueError:
        return ()
    if ends[0] is None or ends[1] is None or ends[1] < ends[0]:
        return ()
    return ((ends[0], ends[1]),)


def texts(spans: Iterable[Span]) -> tuple[str, ...]:
    """Each span as a person writes it: an address, a network, or its first and last address."""
    return tuple(map(_text, spans))


def _text(span: Span) -> str:
    first, last = map(_address, span)
    length = span[1] - span[0] + 1
    if length & (length - 1) == 0 and (span[0] - (V6 if first.version == 6 else 0)) % length == 0:
        prefix = first.max_prefixlen - (length.bit_length() - 1)
        return str(first) if prefix == first.max_prefixlen else f"{first}/{prefix}"
    return f"{first}-{last}"


def _address(number: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.IPv6Address(number - V6) if number >= V6 else ipaddress.IPv4Address(number)
