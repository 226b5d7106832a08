"""JSON Lines: observations in and out, and identifications out, as docs/reference/json.md promises.

`read` goes on after a bad line and says what was wrong with it. A payload that is plain text is written as text,
for people and diffs; any other as base64, so that the bytes that come back are the bytes that were seen.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

import msgspec

from scanner.errors import CamcensusError
from scanner.model import Identification, Observation, Outcome, Protocol, Transport

__all__ = [
    "NotMac", "Rejected", "identification_line", "normal_address", "normal_mac", "read", "refuse", "write",
]  # fmt: skip

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # what some editors put in front of UTF-8
NOT_PLAIN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
PATH_OF_ERROR = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Rejected(msgspec.Struct, frozen=True):
    """A line that is no observation: where it stands, which field is wrong, and why."""

    name: str
    line: int
    field: str | None
    why: str

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}: " + (f"{self.field}: " if self.field else "") + self.why


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An observation as it stands in JSON. The order of the keys is that of the contract."""

    subject: str | None = None
    observed_at: datetime | None = None
    address: str | None = None
    mac: str | None = None
    port: Port | None = None
    transport: Transport | None = None
    protocol: Protocol
    request: str | None = None
    payload: str | None = None
    payload_b64: bytes | None = None
    interface: str | None = None
    outcome: Outcome = Outcome.ANSWERED


class NotMac(ValueError):
    """The text is no MAC address."""


LINE = msgspec.json.Decoder(Line)
JSON = msgspec.json.Encoder()


def refuse(rejected: Rejected) -> None:
    """What `read` does with a bad line unless told otherwise: stop, so that none is lost in silence."""
    raise CamcensusError(
        f"{rejected.name}, line {rejected.line} is not an observation",
        why=f"{rejected.field}: {rejected.why}" if rejected.field else rejected.why,
        fix="correct or remove that line; docs/reference/json.md says what belongs there",
    )


def read(
    lines: Iterable[bytes], *, name: str, reject: Callable[[Rejected], None] = refuse
) -> Iterator[Observation]:
    """Read observations from the lines of `name`; each bad line goes to `reject`, and reading goes on."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(BYTE_ORDER_MARK).strip()
        if not text:
            continue
        try:
            observation = observed(LINE.decode(text))
        except (ValueError, OverflowError, RecursionError) as error:
            field, why = explain(error)
            reject(Rejected(name, number, field, why))
        else:
            yield observation


def write(observation: Observation) -> bytes:
    """One observation as one line, with its newline."""
    text = plain_text(observation.payload)
    return JSON.encode(
        Line(
            subject=observation.subject,
            observed_at=observation.observed_at,
            address=observation.address,
            mac=observation.mac,
            port=observation.port,
            transport=observation.transport,
            protocol=observation.protocol,
            request=observation.request or None,
            payload=text or None,
            payload_b64=observation.payload if text is None else None,
            interface=observation.interface,
            outcome=observation.outcome,
        )
    ) + b"\n"  # fmt: skip


def identification_line(identification: Identification) -> bytes:
    """One identification as one line, with its newline."""
    return JSON.encode(identification) + b"\n"


def observed(line: Line) -> Observation:
    return Observation(
        protocol=line.protocol,
        payload=payload_of(line),
        request=line.request or "",
        subject=line.subject or None,
        observed_at=in_utc(line.observed_at) if line.observed_at else None,
        address=normal_address(line.address) if line.address else None,
        mac=normal_mac(line.mac) if line.mac else None,
        port=line.port,
        transport=line.transport,
        interface=line.interface or None,
        outcome=line.outcome,
    )


def payload_of(line: Line) -> bytes:
    """The bytes; when a line has them twice, base64 is the one that cannot have been mangled."""
    if line.payload_b64 is not None:
        return line.payload_b64
    return line.payload.encode() if line.payload else b""


def plain_text(payload: bytes) -> str | None:
    """The payload as text, or None when text could not carry it safely through files, editors and terminals."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    return None if NOT_PLAIN_TEXT.search(text) else text


def in_utc(time: datetime) -> datetime:
    """A time without a zone is taken for UTC, as the contract has it."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@lru_cache(4096)
def normal_address(text: str) -> str:
    """An IP address in its one normal spelling; whatever else a source calls an address stays as it is."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return text.strip()


@lru_cache(4096)
def normal_mac(text: str) -> str:
    """A MAC address in lower case with colons, from any common spelling. Raises `NotMac`."""
    digits = text.strip().lower()
    if re.fullmatch(r"[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}", digits):  # BSD leaves out leading zeros
        digits = "".join(part.zfill(2) for part in re.split("[:-]", digits))
    digits = digits.replace(".", "")
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise NotMac(f"expected a MAC address, got {text[:40]!r}")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def explain(error: Exception) -> tuple[str | None, str]:
    """The field that an error is about, when it names one, and the reason in one line."""
    if isinstance(error, UnicodeDecodeError):
        return None, "not UTF-8; bytes that are no text belong in payload_b64"
    if isinstance(error, NotMac):
        return "mac", str(error)
    if isinstance(error, OverflowError):
        return "observed_at", "out of range"
    why = str(error)
    found = PATH_OF_ERROR.search(why)
    return (found["field"] or None, why[: found.start()]) if found else (None, why)
