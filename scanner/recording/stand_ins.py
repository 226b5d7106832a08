"""What stands in a redacted recording instead of a private text: another of the same length and shape.

A stand-in depends on the shape of the text and on how many came before it, never on the text itself: nobody can try
all addresses until one gives the same stand-in. And so a redacted recording, redacted again, stays as it is.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re

CLASSES = ("123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ")
CLASS_OF = {letter: letters for letters in CLASSES for letter in letters} | {"0": CLASSES[0]}
SERIAL_TAIL = 8  # characters at the end of a serial number that tell one unit from the next
SERIES_END = re.compile(r"[A-Za-z]*[G-Zg-z][A-Za-z]*$|$")  # `WCVU` after the number is part of the type
FIGURES = re.compile(r"\d|(?<=[0-9A-Fa-f])[A-Fa-f]|[A-Fa-f](?=[0-9])")  # of a number, be it hexadecimal
RANGES = (  # private ones, with how many octets say which
    (ipaddress.IPv4Network("10.0.0.0/8"), 1),
    (ipaddress.IPv4Network("127.0.0.0/8"), 1),
    (ipaddress.IPv4Network("169.254.0.0/16"), 2),
    (ipaddress.IPv4Network("172.16.0.0/12"), 2),
    (ipaddress.IPv4Network("192.168.0.0/16"), 2),
)
PUBLIC = {1: "9", 2: "44", 3: "203"}  # the first octet of any public address, by its length
DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")  # RFC 5737
TRIES = 20  # for an octet that its siblings do not have
FACTORY = frozenset(
    {"192.0.0.64", "192.168.1.64", "192.168.1.108"}
)  # tells that a unit was never set up, not where it is


def like(text: str, seed: str) -> str:
    """A text of the same shape: digits for digits, hex letters for hex letters, other letters for others."""
    chance = hashlib.shake_256(seed.encode()).digest(len(text))
    classes = (CLASS_OF.get(letter, letter) for letter in text)
    return "".join(letters[number % len(letters)] for letters, number in zip(classes, chance, strict=True))


def like_serial(serial: str, seed: str) -> str:
    """A serial number of the same series: the model, date and marks in it stay, the number itself changes."""
    end = SERIES_END.search(serial)
    assert end
    start = max(0, end.start() - SERIAL_TAIL)
    other = like(serial, seed)
    changed = {start + found.start() for found in FIGURES.finditer(serial[start : end.start()])}
    return "".join(other[at] if at in changed else letter for at, letter in enumerate(serial))


def like_name(name: str) -> str:
    """A name blotted out: `Xxxxx 00`. Its bytes in UTF-8 stay as many."""
    return "".join(
        "x" * len(letter.encode()) if not letter.isascii() or letter.islower()
        else "X" if letter.isupper() else "0" if letter.isdigit() else letter
        for letter in name
    )  # fmt: skip


class Networks:
    """Stand-ins for IPv4 addresses: two addresses of one network stay in one network."""

    def __init__(self) -> None:
        self._octets: dict[tuple[str, str], str] = {}  # by what stands before an octet, and the octet

    def like(self, address: str) -> str:
        octets = address.split(".")
        kept = next((kept for network, kept in RANGES if ipaddress.ip_address(address) in network), 0)
        other = ".".join(octets[:kept] or [PUBLIC[len(octets[0])]])
        for octet in octets[max(kept, 1) :]:
            other += "." + self._octet(other, octet)
        return other

    def _octet(self, before: str, octet: str) -> str:
        if (before, octet) not in self._octets:
            siblings = {other for (prefix, _), other in self._octets.items() if prefix == before}
            tries = [_octet(len(octet), f"octet {len(self._octets)} {again}") for again in range(TRIES)]
            self._octets[before, octet] = next((one for one in tries if one not in siblings), tries[0])
        return self._octets[before, octet]


def is_private(address: str) -> bool:
    """Whether an IPv4 address says anything about somebody's network."""
    it = ipaddress.IPv4Address(address)
    unspecific = it.is_multicast or it.is_reserved or address.startswith(("0.", "255."))
    return not (
        unspecific or address in FACTORY or address.startswith(DOCUMENTATION) or address == "127.0.0.1"
    )


def _octet(digits: int, seed: str) -> str:
    other = like("0" * digits, seed)
    return "1" + other[1:] if digits == 3 else other
