"""The serial numbers in the replies of one device: whole, their last figures alone, and the number in a realm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from scanner.model import Identification, Reading
from scanner.recording.cover import Private, exactly
from scanner.recording.stand_ins import like, like_serial
from scanner.recording.stated import Stated

FIELDS = (
    "sadp.DeviceSN", "dhdiscover.SerialNo", "dhdiscover.DeviceID", "dvrip.serial", "dvrip.SerialNo",
    "isapi.serialNumber", "isapi.subSerialNumber", "onvif.SerialNumber", "upnp-xml.serialNumber",
)  # fmt: skip
STATED = Stated(
    r"\w*(?<!update)serial_?(?:no|num|number)?|\w*(?<!U)(?-i:SN)|sn|device_?id|chip_?id|p2p_?(?:id|uid|sn)"
)
IN_PROSE = re.compile(rb"(?i)(?<![A-Za-z])(?:S/?N|serial(?: ?(?:no|number))?)\b\W{1,3}([A-Za-z0-9-]{6,40})")
REALM_NUMBER = re.compile(r"\(([A-Z]?\d{4,6})\)")  # `IP Camera(E7733)`: of the serial number
UUID = re.compile(r"[0-9A-Fa-fXx]{8}(?:-[0-9A-Fa-fXx]{4}){3}-[0-9A-Fa-fXx]{12}.{0,3}")
SHAPE = re.compile(r"[\w()/. -]{6,80}")
FEWEST_DIGITS = 4
TAILS = (9, 8, 7, 6)  # as many last characters are given alone, in names of hosts and services


def serials(readings: Sequence[Reading], payloads: Sequence[bytes], it: Identification) -> Iterator[Private]:
    found = [claim.value for claim in it.evidence if claim.attribute == "serial"]
    found += [value for reading in readings for name in FIELDS for value in reading.fields.get(name, ())]
    found += [number.decode() for payload in payloads for number in IN_PROSE.findall(payload)]
    found += STATED.in_(payloads)
    stands_in: dict[str, str] = {}
    for serial in sorted(dict.fromkeys(found), key=len, reverse=True):  # stable: in order of finding
        if serial in (it.model or "") or not _is_serial(serial):
            continue
        whole = next((one for one in stands_in if serial in one), "")
        at = whole.find(serial)
        part = stands_in[whole][at : at + len(serial)] if whole else serial
        stands_in[serial] = part if part != serial else like_serial(serial, f"serial {len(stands_in)}")
    yield from (exactly("serial numbers", serial, other) for serial, other in stands_in.items())
    yield from _tails(stands_in)
    yield from _realm_numbers(readings, stands_in)


def _is_serial(text: str) -> bool:
    return (
        bool(SHAPE.fullmatch(text)) and sum(map(str.isdigit, text)) >= FEWEST_DIGITS and not UUID.match(text)
    )


def _tails(stands_in: dict[str, str]) -> Iterator[Private]:
    """Longest first; only what changes with the number, for the rest of it is the type's."""
    tails = {
        serial[-size:]: other[-size:]
        for size in TAILS
        for serial, other in stands_in.items()
        if len(serial) > size
    }
    for tail, other in tails.items():
        if sum(map(str.isdigit, tail)) >= FEWEST_DIGITS and tail != other:
            yield exactly("", tail, other, "(?<![0-9])", "(?![0-9A-Za-z])")


def _realm_numbers(readings: Sequence[Reading], stands_in: dict[str, str]) -> Iterator[Private]:
    """The number in a realm, where it is the end of a serial number, changed as that is."""
    realms: Iterable[str] = (
        value
        for one in readings
        for name, values in one.fields.items()
        if name.endswith(".realm")
        for value in values
    )
    numbers = dict.fromkeys(number for realm in realms for number in REALM_NUMBER.findall(realm))
    for at, number in enumerate(numbers):
        digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        of = next((serial for serial in stands_in if digits in serial), None)
        start = of.rindex(digits) if of else 0
        other = stands_in[of][start : start + len(digits)] if of else like(digits, f"realm {at}")
        yield exactly("serial numbers", number, number.removesuffix(digits) + other)
