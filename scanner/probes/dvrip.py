"""DVRIP: Dahua's own protocol on tcp 37777, asked only when the user wants depth, and only for its challenge.

On the wire   32 bytes that ask for the realm; they name no user, so that nothing can count as a failed login. They
              take one of the few SDK connections for a moment, therefore not by default. Every other frame on this
              port is forbidden: see `scanner.probes.forbidden`.
Answers       32 bytes that start with b0, length of the text at offset 4, then `Realm:Login to …` and `Random:…`.
              Older units put their serial number into the realm, newer ones a hash.
Source        mcw0/DahuaConsole net.py. JSON over the same frames starts with f6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.model import Fields
from scanner.probes import message
from scanner.probes.contract import Question, Unreadable
from scanner.probes.text import decode, gather, loose_pairs

FIELDS = {
    "realm": "realm of the challenge",
    "random": "random of the challenge",
    "serial": "serial number, where the realm is one and not a hash",
    "type": "model",
    "Vendor": "brand",
    "Mac": "MAC address as sent",
    "SerialNo": "serial number as stated",
    "Version": "firmware as stated",
    "pair": "each key and value of a dictionary as `key=value`",
    "text": "the text of the reply",
}

REALM_REQUEST = Question("realm", bytes.fromhex("a001000000000000" + "00" * 16 + "050201010000a1aa"))
HEADER_LENGTH = 32
REPLY_LIMIT = 4096
NAMES = {
    "type": "type", "devicetype": "type", "vendor": "Vendor", "mac": "Mac", "sn": "SerialNo", "serialno": "SerialNo",
    "serialnumber": "SerialNo", "version": "Version", "realm": "realm", "random": "random",
}  # fmt: skip
SERIAL = re.compile(r"Login to ([0-9A-Z]{14,17})")  # a hash of 16 or 32 digits may look alike: see `serial`
HASH = re.compile(r"[0-9A-F]{16}")
LINE = re.compile(r"^(Realm|Random):([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
HEADS = (0xB0, 0xF6)
UNINTERESTING = {"session", "id", "result", "params"}


class Challenge(msgspec.Struct, frozen=True):
    realm: str
    random: str


class Frame(message.Framing):
    """Says where one frame ends, while its bytes arrive: after the length that its header states."""

    def feed(self, data: bytes) -> None:
        self.received += data[: REPLY_LIMIT - len(self.received)]
        self.whole = len(self.received) >= expected_length(bytes(self.received))


def expected_length(received: bytes) -> int:
    """How long the reply that starts so will be."""
    if len(received) < HEADER_LENGTH:
        return HEADER_LENGTH
    return min(HEADER_LENGTH + int.from_bytes(received[4:8], "little"), REPLY_LIMIT)


def read(payload: bytes) -> Challenge:
    """Read the challenge. Raises Unreadable when the reply is none, or cut short."""
    if payload[:1] != b"\xb0" or len(payload) < expected_length(payload):
        raise Unreadable(f"expected a whole frame that starts with b0, got {payload[:8].hex()}")
    lines = {name.lower(): value.strip() for name, value in LINE.findall(decode(payload[HEADER_LENGTH:]))}
    if "realm" not in lines:
        raise Unreadable("no realm in it")
    return Challenge(lines["realm"], lines.get("random", ""))


def fields(payload: bytes) -> Fields:
    framed = len(payload) >= HEADER_LENGTH and payload[0] in HEADS
    text = decode(payload[HEADER_LENGTH:] if framed else payload)
    return gather((*_pairs(text), ("text", text)))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    lines = LINE.findall(text)
    for name, value in lines or loose_pairs(text):
        if field := NAMES.get(name.lower()):
            yield field, value
        if not lines and name not in UNINTERESTING:
            yield "pair", f"{name}={value}"
    yield "serial", serial(text)


def serial(realm: str) -> str:
    """The serial number in a realm; "" where there is a hash in its place."""
    found = SERIAL.search(realm)
    return "" if not found or HASH.fullmatch(found[1]) else found[1]
