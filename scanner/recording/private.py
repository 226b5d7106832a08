"""What in the replies of one device is private: addresses, serial numbers, names, and what was made for one session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.model import Identification, Reading
from scanner.recording.addresses import addresses, macs
from scanner.recording.certificate import certificate_parts
from scanner.recording.cover import Private, always
from scanner.recording.names import names, places
from scanner.recording.serials import serials
from scanner.recording.sessions import sessions


def private(readings: Sequence[Reading], it: Identification, public: frozenset[str]) -> list[Private]:
    """Everything private, the surest first. Words in `public` (in small letters) are nobody's names."""
    payloads = [reading.observation.payload for reading in readings]
    found_macs = list(macs(readings, payloads))
    sure = [
        *found_macs,
        *serials(readings, payloads, it),
        *addresses(readings, payloads, it.firmware or ""),
        *places(payloads),
        *sessions(payloads, found_macs),
        *_certificates(readings),
    ]
    said = filter(None, (it.maker_name, it.brand, it.model, it.firmware, *(one.text for one in sure)))
    known = " ".join(said).lower()
    return [*sure, *names(readings, payloads, lambda word: word in public or word in known)]


def _certificates(readings: Sequence[Reading]) -> Iterator[Private]:
    replies = (one.observation for one in readings if one.observation.protocol == "https-cert")
    for number, payload in enumerate(dict.fromkeys(one.payload for one in replies)):
        for part, other in certificate_parts(payload, f"certificate {number}"):
            yield Private("parts of certificates", part.hex(), re.escape(part), always(other), binary=True)
