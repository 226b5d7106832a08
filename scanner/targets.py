"""What a run may touch: target syntax, exclusions, and the guard on public addresses.

    10.20.0.0/22   10.20.0.5   10.20.0.5-10.20.0.90   10.20.0.5-90   cam7.example   fd00::7   @file

A file has one target a line; `#` starts a comment. A line of an exclusion file may also say until when and why:

    10.20.3.7   until 2027-01-31   # dialysis ward, ticket 4711
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from scanner.errors import CamcensusError
from scanner.spans import Span, holds, merged, size, without

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Sequence[str]]  # host name -> addresses; raises OSError

SMALLEST_V4_PREFIX = 8  # nobody's building is larger than 10.0.0.0/8
SMALLEST_V6_PREFIX = 112  # 65,536 addresses; a whole /64 cannot be swept, but discovery finds its units
SYNTAX = "an address, a network such as 10.20.0.0/22, a range such as 10.20.0.5-90, a host name, or @file"
NAME = re.compile(r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?)+")
RANGE = re.compile(r"(?P<first>[0-9.]+)-(?P<last>[0-9.]+)")


class Block(msgspec.Struct, frozen=True):
    """One target as the user wrote it, and the addresses it means."""

    text: str
    spans: tuple[Span, ...] = ()
    v6: tuple[str, ...] = ()
    place: str = ""  # file and line, when it came from a file


class Exclusion(msgspec.Struct, frozen=True):
    """What must not be asked, why, and until when."""

    block: Block
    reason: str = ""
    until: date | None = None

    def holds(self, today: date) -> bool:
        """Whether the exclusion is still in force; its last day is included."""
        return self.until is None or today <= self.until


class Scope(msgspec.Struct, frozen=True):
    """The addresses of a run: targets with the exclusions already taken out.

    `spans` are IPv4, sorted and apart from each other; `v6` are IPv6 addresses.
    """

    targets: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    v6: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    expired: tuple[Exclusion, ...] = ()
    excluded: int = 0  # addresses that the exclusions took out

    def __len__(self) -> int:
        return size(self.spans) + len(self.v6)

    def __contains__(self, address: object) -> bool:
        it = _address(str(address))
        if it is None:
            return False
        if it.version == 6:
            return str(it) in self.v6
        return holds(self.spans, int(it))

    def addresses(self) -> Iterator[str]:
        """Every address, in order."""
        for first, last in self.spans:
            for number in range(first, last + 1):
                yield str(ipaddress.IPv4Address(number))
        yield from self.v6

    def excludes(self, address: str) -> bool:
        """Whether an exclusion in force names this address, target or not."""
        it = _address(address)
        if it is None:
            return False
        if it.version == 6:
            return any(str(it) in exclusion.block.v6 for exclusion in self.exclusions)
        return any(holds(exclusion.block.spans, int(it)) for exclusion in self.exclusions)


def scope(
    targets: Iterable[str],
    *,
    resolve: Resolve,
    today: date,
    exclude: Iterable[str] = (),
    exclude_files: Iterable[Path] = (),
    targets_files: Iterable[Path] = (),
    allow_public: bool = False,
) -> Scope:
    """Work out what a run may touch. Raises `CamcensusError` that names the offending text and its place."""
    blocks = [block for text in targets for block in _blocks(text, resolve)]
    blocks += [block for path in targets_files for block in _blocks_of_file(path, resolve)]
    for block in blocks:
        _guard(block, allow_public)
    exclusions = [Exclusion(block) for text in exclude for block in _blocks(text, resolve)]
    exclusions += [exclusion for path in exclude_files for exclusion in _exclusions(path, resolve)]
    in_force = [exclusion for exclusion in exclusions if exclusion.holds(today)]
    wanted = merged(span for block in blocks for span in block.spans)
    spans = without(wanted, merged(span for exclusion in in_force for span in exclusion.block.spans))
    v6 = dict.fromkeys(address for block in blocks for address in block.v6)
    left = [address for address in v6 if not any(address in exclusion.block.v6 for exclusion in in_force)]
    return Scope(
        targets=tuple(block.text for block in blocks),
        spans=spans,
        v6=tuple(left),
        exclusions=tuple(in_force),
        expired=tuple(exclusion for exclusion in exclusions if not exclusion.holds(today)),
        excluded=size(wanted) - size(spans) + len(v6) - len(left),
    )


def parse(text: str, resolve: Resolve, place: str = "") -> Block:
    """Read one target. Raises `CamcensusError` that says what would be right."""
    text = text.strip()
    if "/" in text:
        return _network(text, place)
    if it := _address(text):
        if it.version == 6:
            return Block(text, v6=(str(it),), place=place)
        return Block(text, spans=((int(it), int(it)),), place=place)
    if ranged := RANGE.fullmatch(text):
        return _range(text, ranged["first"], ranged["last"], place)
    if not NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
        raise _wrong(text, place, "it is none of the forms a target can have", f"write {SYNTAX}")
    return _named(text, resolve, place)


def _network(text: str, place: str) -> Block:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise _wrong(text, place, str(error), "write a network such as 10.20.0.0/22") from None
    smallest = SMALLEST_V4_PREFIX if network.version == 4 else SMALLEST_V6_PREFIX
    if network.prefixlen < smallest:
        raise _wrong(
            text,
            place,
            f"a /{network.prefixlen} is too large to sweep; the largest is a /{smallest}",
            "name its parts, or use --interface to find by discovery what is on a local network",
        )
    if network.version == 6:
        return Block(text, v6=tuple(str(address) for address in network), place=place)
    return Block(text, spans=((int(network[0]), int(network[-1])),), place=place)


def _range(text: str, first: str, last: str, place: str) -> Block:
    start, octets = _address(first), last.split(".")
    end = _address(".".join([*first.split(".")[: 4 - len(octets)], *octets]))
    if start is None or end is None:
        raise _wrong(
            text, place, "its ends are not IPv4 addresses", "write 10.20.0.5-10.20.0.90 or 10.20.0.5-90"
        )
    if end < start:  # type: ignore[operator]  # both are IPv4: the pattern allows digits and dots only
        raise _wrong(text, place, f"it ends at {end}, before it starts", f"write {end}-{start}")
    return Block(text, spans=((int(start), int(end)),), place=place)


def _named(text: str, resolve: Resolve, place: str) -> Block:
    try:
        found = [it for it in map(_address, resolve(text)) if it]
    except OSError as error:
        why = f"no address was found for this name: {error.strerror or error}"
        raise _wrong(text, place, why, "correct the name, or write its address") from None
    return Block(
        text,
        spans=merged((int(it), int(it)) for it in found if it.version == 4),
        v6=tuple(str(it) for it in found if it.version == 6),
        place=place,
    )


def _blocks(text: str, resolve: Resolve) -> Iterator[Block]:
    if text.startswith("@"):
        yield from _blocks_of_file(Path(text[1:]), resolve)
    else:
        yield parse(text, resolve)


def _blocks_of_file(path: Path, resolve: Resolve) -> Iterator[Block]:
    for place, line in _lines(path):
        yield parse(line.partition("#")[0], resolve, place)


def _exclusions(path: Path, resolve: Resolve) -> Iterator[Exclusion]:
    for place, line in _lines(path):
        rest, _, reason = line.partition("#")
        target, *words = rest.split()
        until: date | None = None
        if words:
            try:
                (keyword, day) = words
                until = date.fromisoformat(day)
                if keyword != "until":
                    raise ValueError
            except ValueError:
                raise _wrong(
                    rest.strip(),
                    place,
                    f'after the target stands "{" ".join(words)}"',
                    "write: TARGET [until YYYY-MM-DD] [# reason]",
                ) from None
        yield Exclusion(parse(target, resolve, place), reason.strip(), until)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a file that say something, each with its place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CamcensusError(
            f"the file {path} cannot be read", why=str(error), fix="check its name and that it is text"
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.partition("#")[0].strip():
            yield f"{path}, line {number}", line.strip()


def _guard(block: Block, allow_public: bool) -> None:
    ends = [ipaddress.IPv4Address(end) for span in block.spans for end in span]
    everyone: list[Address] = [*ends, *map(ipaddress.IPv6Address, block.v6)]
    for it in everyone:
        if it.is_multicast or it.is_unspecified or str(it) == "255.255.255.255":
            raise _wrong(block.text, block.place, f"{it} is not the address of a device", f"write {SYNTAX}")
    if allow_public:
        return
    public = next((str(it) for it in map(ipaddress.IPv6Address, block.v6) if it.is_global), None)
    public = public or next((found for span in block.spans if (found := _public_in(span))), None)
    if public:
        raise _wrong(
            block.text,
            block.place,
            f"{public} is a public address, and scanning other people's networks is an offence in many places",
            "if the network is yours to scan, add --allow-public",
        )


PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
    "100.64.0.0/10",  # RFC 6598, carrier-grade NAT
    "127.0.0.0/8", "169.254.0.0/16",  # loopback and link-local
    "192.0.0.0/24",  # RFC 6890; some makers' factory addresses lie here
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # RFC 5737, documentation
    "198.18.0.0/15",  # RFC 2544, benchmarks
)  # fmt: skip


def _public_in(span: Span) -> str | None:
    """The first public address of a span."""
    networks = map(ipaddress.IPv4Network, PRIVATE)
    left = without((span,), merged((int(network[0]), int(network[-1])) for network in networks))
    return str(ipaddress.IPv4Address(left[0][0])) if left else None


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _wrong(text: str, place: str, why: str, fix: str) -> CamcensusError:
    where = f" ({place})" if place else ""
    return CamcensusError(f'target "{text}"{where} cannot be used', why=why, fix=fix)
