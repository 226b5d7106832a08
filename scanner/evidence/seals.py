"""Seals: the digest over all that a run heard, by which the log binds raw replies.

    leaf = SHA-256 of canonical JSON of an observation, with commitments in place of `where` and `payload`
    seal = SHA-256 of all leaves of a run in order, one a line: `sha256sum leaves.txt`

`where` is [subject, address, mac], `payload` the SHA-256 of the reply's bytes. Both can be kept back; the leaf stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from scanner.evidence.canonical import canonical, commitment, digest, encode, salt


class Heard(NamedTuple):
    """One observation as it is bound. `payload` is the SHA-256 of the reply; None when there is none, or when it was
    let go before it could be bound."""

    id: int
    run: str
    subject: str | None
    observed_at: str | None
    address: str | None
    mac: str | None
    port: int | None
    transport: str | None
    protocol: str
    request: str
    interface: str | None
    outcome: str
    payload: str | None


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One observation as it is handed out: `open` tells salt and value of what is not kept back."""

    id: int
    interface: str | None
    observed_at: str | None
    outcome: str
    payload: str  # commitment
    port: int | None
    protocol: str
    request: str
    run: str
    transport: str | None
    where: str  # commitment
    open: dict[str, tuple[str, Any]] = {}

    @property
    def digest(self) -> str:
        content = msgspec.structs.asdict(self)
        del content["open"]
        return digest(canonical(content))


class Seal(msgspec.Struct, frozen=True):
    """What binds the observations of a run, as it stands in the log."""

    count: int
    last: int  # the id of the last; later ones are not bound yet
    sha256: str


class Sealing:
    """Makes a seal, one observation after the other."""

    def __init__(self, secret: bytes) -> None:
        self._secret, self._all, self._count, self._last = secret, sha256(), 0, 0

    def add(self, heard: Heard) -> None:
        self._all.update(leaf_digest(heard, self._secret).encode() + b"\n")
        self._count += 1
        self._last = heard.id

    def done(self) -> Seal:
        return Seal(self._count, self._last, self._all.hexdigest())


def seal(heard: Iterable[Heard], secret: bytes) -> Seal:
    """The seal of the observations of a run, in the order of their ids."""
    sealing = Sealing(secret)
    for one in heard:
        sealing.add(one)
    return sealing.done()


def leaf_digest(heard: Heard, secret: bytes) -> str:
    """The same as `leaf(heard, secret).digest`, in a third of the time."""
    where, payload = _committed(heard, secret)
    return sha256(
        b'{"id":%d,"interface":%b,"observed_at":%b,"outcome":%b,"payload":"%b","port":%b,"protocol":%b,"request":%b,'
        b'"run":%b,"transport":%b,"where":"%b"}'
        % (
            heard.id, encode(heard.interface), encode(heard.observed_at), encode(heard.outcome), payload.encode(),
            encode(heard.port), encode(heard.protocol), encode(heard.request), encode(heard.run),
            encode(heard.transport), where.encode(),
        )
    ).hexdigest()  # fmt: skip


def leaf(heard: Heard, secret: bytes) -> Leaf:
    """An observation with all of it open."""
    where, payload = _committed(heard, secret)
    return Leaf(
        id=heard.id, interface=heard.interface, observed_at=heard.observed_at, outcome=heard.outcome,
        payload=payload, port=heard.port, protocol=heard.protocol, request=heard.request, run=heard.run,
        transport=heard.transport, where=where,
        open={
            "where": (salt_of(secret, heard.id, "where"), [heard.subject, heard.address, heard.mac]),
            "payload": (salt_of(secret, heard.id, "payload"), heard.payload),
        },
    )  # fmt: skip


def is_whole(leaf: Leaf) -> bool:
    """Whether what is open of an observation is what was committed to."""
    return all(
        commitment(salted, name, canonical(value)) == getattr(leaf, name)
        for name, (salted, value) in leaf.open.items()
        if name in ("where", "payload")
    ) and leaf.open.keys() <= {"where", "payload"}


def salt_of(secret: bytes, observation: int, name: str) -> str:
    return salt(secret, f"observation/{observation}/{name}")


def _committed(heard: Heard, secret: bytes) -> tuple[str, str]:
    place = encode((heard.subject, heard.address, heard.mac))
    return (
        commitment(salt_of(secret, heard.id, "where"), "where", place),
        commitment(salt_of(secret, heard.id, "payload"), "payload", encode(heard.payload)),
    )
