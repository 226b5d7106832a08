"""What in the replies of one device is private: addresses, serial numbers, names, and what was made for one session."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec

from fingerprints.blocks import Blocks
from scanner.model import Identification, Reading
from scanner.recording.certificate import certificate_parts
from scanner.recording.stand_ins import Networks, is_private, like, like_name, like_serial

SERIALS = (
    "sadp.DeviceSN", "dhdiscover.SerialNo", "dhdiscover.DeviceID", "dvrip.serial", "dvrip.SerialNo",
    "isapi.serialNumber", "isapi.subSerialNumber", "onvif.SerialNumber", "upnp-xml.serialNumber",
)  # fmt: skip
MACS = ("mac", "MAC", "Mac", "macAddress", "endpoint-node")  # the last parts of names of fields
NAMES = (
    "dhcp.hostname", "dhdiscover.MachineName", "http.location", "http.realm", "https-cert.cn", "https-cert.san",
    "isapi.channelName", "isapi.deviceLocation", "isapi.deviceName", "isapi.realm", "isapi.systemContact",
    "mdns.host", "mdns.instance", "onvif.hostname", "onvif.realm", "rtsp.realm", "snmp.sysname",
    "upnp-xml.friendlyName", "ws-discovery.location", "ws-discovery.name",
)  # fmt: skip
CONTACT_OR_PLACE = re.compile(
    r"^\.?1\.3\.6\.1\.2\.1\.1\.[46]\.0 = (.*)", re.DOTALL
)  # sysContact, sysLocation
IPV4 = re.compile(rb"(?<![\w.])(?<!\w/)(\d{1,3}(?:\.\d{1,3}){3})(?![\w.]*\d)")
IPV6 = re.compile(rb"(?<![\w:.])([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:.])")
MAC = re.compile(
    rb"(?<![0-9A-Fa-f:-])([0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2})(?![0-9A-Fa-f:-])"
)
BARE_MAC = re.compile(rb"(?<![0-9A-Za-z])([0-9A-Fa-f]{12})(?![0-9A-Za-z])")
VERSION = re.compile(rb"(?i)version\W{0,4}$")  # before what only looks like an address
REALM_NUMBER = re.compile(r"\(([A-Z]?\d{4,6})\)")  # `IP Camera(E7733)`: of the serial number
UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RANDOM_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LENGTH_OF_UUID, MARKS_OF_UUID = 36, (14, 19)  # where it says that it is random: RFC 9562, section 4
TOKENS = (
    re.compile(rb"(?i)\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"),
    re.compile(rb"(?i)\brealm=\"[^\"]{0,64}?\b([0-9a-f]{32})\""),
    re.compile(rb"(?i)\b(?:nonce|opaque)=\"?([^\"\s,;]{6,256})"),
    re.compile(rb"(?im)^Set-Cookie:[^=\r\n]*=\"?([^\";\s]{8,256})"),
    re.compile(rb"(?im)^(?:Session|X-CSRF-Token|ETag-Session):[ \t]*(\w{6,64})"),
    re.compile(rb"(?i)\"(?:session|random|salt|challenge|mac_?random)\"\s*:\s*\"?(\w{6,256})"),
    re.compile(rb"(?i)<(?:sessionID|salt|challenge|random)>([^<\s]{6,256})<"),
    re.compile(rb"(?m)^Random:(\w{6,64})"),
    re.compile(rb"([\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64})"),
)
WORD = re.compile(r"[^\W_]{3,}")
NOBODYS = frozenset({"local", "localdomain", "localhost"})  # words of host names
SHORTEST_SERIAL = 6


class Private(msgspec.Struct, frozen=True):
    """One private text: how it is found in a reply, in each of its spellings, and what stands in for what is found."""

    kind: str  # in the plural, to be counted
    text: str
    pattern: bytes
    stand_in: Callable[[bytes], bytes]
    needless: bool = False  # it may also stay, when the identification rests on it
    binary: bool = (
        False  # it is looked for in binary replies only: in a text the same bytes mean something else
    )


def private(readings: Sequence[Reading], it: Identification, public: frozenset[str]) -> list[Private]:
    """Everything private, the surest first. Words in `public` (in small letters) are nobody's names."""
    payloads = [reading.observation.payload for reading in readings]
    serials = list(_serials(readings, it))
    sure = [
        *_macs(readings, payloads),
        *serials,
        *_realm_numbers(readings, serials),
        *_addresses(readings, payloads, it.firmware or ""),
        *_tokens(payloads),
        *_certificates(readings),
    ]
    known = " ".join(
        filter(None, (it.maker_name, it.brand, it.model, it.firmware, *(one.text for one in sure)))
    )
    return [*sure, *_names(readings, lambda word: word in public | NOBODYS or word in known.lower())]


def _macs(readings: Sequence[Reading], payloads: Iterable[bytes]) -> Iterator[Private]:
    blocks = Blocks()
    fields = (
        value
        for reading in readings
        for name, values in reading.fields.items()
        if name.partition(".")[2] in MACS
        for value in values
    )
    texts = [reading.observation.mac or "" for reading in readings]
    for payload in payloads:
        texts += [found[1].decode() for found in MAC.finditer(payload)]
        texts += [t for found in BARE_MAC.finditer(payload) if blocks.find(t := found[1].decode())]
    seen = dict.fromkeys("".join(filter(str.isalnum, text)).lower() for text in (*texts, *fields))
    whole = [digits for digits in seen if re.fullmatch("[0-9a-f]{12}", digits) and len(set(digits)) > 1]
    for number, digits in enumerate(whole):
        block = blocks.find(digits)
        kept = len(block.prefix) if block else 6
        other = digits[:kept] + like(digits[kept:], f"mac {number}")
        yield _mac(digits, other)
        yield Private(
            "MAC addresses",
            digits,
            re.escape(bytes.fromhex(digits)),
            _always(bytes.fromhex(other)),
            binary=True,
        )


def _mac(digits: str, other: str) -> Private:
    """A MAC address with any separators, in any case, and its last three octets alone."""
    spelt = "[:. -]?".join(digits).encode()
    tail = b"(?<![0-9A-Za-z])" + digits[6:].encode() + b"(?![0-9A-Za-z])"

    def stand_in(found: bytes) -> bytes:
        new = iter(other[-sum(map(str.isalnum, found.decode())) :])
        return "".join(
            letter if not letter.isalnum() else next(new).upper() if letter.isupper() else next(new)
            for letter in found.decode()
        ).encode()

    return Private("MAC addresses", digits, b"(?i:" + spelt + b"|" + tail + b")", stand_in)


def _serials(readings: Sequence[Reading], it: Identification) -> Iterator[Private]:
    stated = [value for reading in readings for name in SERIALS for value in reading.fields.get(name, ())]
    claimed = [claim.value for claim in it.evidence if claim.attribute == "serial"]
    known: dict[str, str] = {}
    for serial in sorted(
        dict.fromkeys((*claimed, *stated)), key=len, reverse=True
    ):  # stable: in order of finding
        if len(serial) < SHORTEST_SERIAL or sum(map(str.isdigit, serial)) < 4:
            continue
        whole = next((one for one in known if serial in one), None)
        if whole:
            at = whole.index(serial)
            known[serial] = known[whole][at : at + len(serial)]
        else:
            known[serial] = like_serial(serial, f"serial {len(known)}")
        yield _exactly("serial numbers", serial, known[serial])


def _realm_numbers(readings: Sequence[Reading], serials: Sequence[Private]) -> Iterator[Private]:
    """The number in a realm, where it is the end of a serial number, changed as that is."""
    realms = [value for one in readings for name, values in one.fields.items() if name.endswith(".realm")
              for value in values]  # fmt: skip
    numbers = dict.fromkeys(number for realm in realms for number in REALM_NUMBER.findall(realm))
    for at, number in enumerate(numbers):
        digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        of = next((one for one in serials if digits in one.text), None)
        if of:
            start = of.text.rindex(digits)
            other = of.stand_in(of.text.encode()).decode()[start : start + len(digits)]
        else:
            other = like(digits, f"realm {at}")
        yield _exactly("serial numbers", number, number.removesuffix(digits) + other)


def _addresses(readings: Sequence[Reading], payloads: Iterable[bytes], firmware: str) -> Iterator[Private]:
    networks = Networks()
    stated = [reading.observation.address or "" for reading in readings]
    found4, found6 = dict.fromkeys(filter(_is_ipv4, stated)), dict.fromkeys(filter(_is_ipv6, stated))
    for payload in payloads:
        found4 |= dict.fromkeys(
            text
            for found in IPV4.finditer(payload)
            if _is_ipv4(text := found[1].decode())
            and not (firmware and (text in firmware or firmware in text))
            if not VERSION.search(payload, 0, found.start())
        )
        found6 |= dict.fromkeys(
            text for found in IPV6.finditer(payload) if _is_ipv6(text := found[1].decode())
        )
    for address in filter(is_private, found4):
        other = networks.like(address)
        packed, other_packed = ipaddress.ip_address(address).packed, ipaddress.ip_address(other).packed
        yield _exactly("addresses", address, other, r"(?<![\d.])", r"(?!\.?\d)")
        yield Private("addresses", address, re.escape(packed), _always(other_packed), binary=True)
    for number, address in enumerate(found6):
        first, colon, rest = address.partition(":")
        yield _exactly("addresses", address, first + colon + like(rest, f"ipv6 {number}"))


def _tokens(payloads: Sequence[bytes]) -> Iterator[Private]:
    found = dict.fromkeys(
        _by_itself(token[1].decode("latin-1"))
        for payload in payloads
        for pattern in TOKENS
        for token in pattern.finditer(payload)
    )
    known: dict[str, str] = {}
    for token in sorted(filter(_by_chance, found), key=len):
        other = like_name(token) if "@" in token else like(token, f"token {len(known)}")
        for part in known:  # an `opaque` may be the nonce and more
            at = token.find(part)
            other = other[:at] + known[part] + other[at + len(part) :] if at >= 0 else other
        if len(token) == LENGTH_OF_UUID and token[8] == "-":
            other = "".join(token[at] if at in MARKS_OF_UUID else letter for at, letter in enumerate(other))
        known[token] = other
    for token, other in reversed(known.items()):  # the longest first
        pattern = re.escape(token.encode("latin-1"))
        yield Private(
            "values of one session", token, pattern, _always(other.encode("latin-1")), needless=True
        )


def _by_itself(token: str) -> str:
    """A token without the zeros that fill it up."""
    return token if UUID.fullmatch(token) else token.rstrip("0")


def _by_chance(token: str) -> bool:
    """Not a UUID made of a MAC address, which is found by itself, or one that is the same in all units."""
    return not UUID.fullmatch(token) or bool(RANDOM_UUID.fullmatch(token))


def _certificates(readings: Sequence[Reading]) -> Iterator[Private]:
    seen = dict.fromkeys(
        one.observation.payload for one in readings if one.observation.protocol == "https-cert"
    )
    for number, payload in enumerate(seen):
        for part, other in certificate_parts(payload, f"certificate {number}"):
            yield Private("parts of certificates", part.hex(), re.escape(part), _always(other), binary=True)


def _names(readings: Sequence[Reading], known: Callable[[str], bool]) -> Iterator[Private]:
    """The words of what people may have named, each by itself: a name may stand in a URL, in XML, or in capitals."""
    texts = [value for reading in readings for name in NAMES for value in reading.fields.get(name, ())]
    for reading in readings:
        for value in reading.fields.get("snmp.oid", ()):
            texts += CONTACT_OR_PLACE.findall(value)
    for word in dict.fromkeys(word for text in texts for word in WORD.findall(text)):
        if not known(word.lower()) and like_name(word) != word:
            spelt = b"|".join({re.escape(form.encode()) for form in (word, quote(word), escape(word))})
            pattern = rb"(?i:(?<![\w<])(?<!</)(?:" + spelt + rb")(?!\w))"
            yield Private("names", word, pattern, _blotted, needless=True)


def _blotted(found: bytes) -> bytes:
    """What was found, blotted out; percent escapes are letters of no length of their own."""
    if b"%" in found:
        return re.sub(rb"%[0-9A-Fa-f]{2}|\w", b"x", found).ljust(len(found), b"x")
    return like_name(found.decode()).encode()


def _exactly(kind: str, text: str, other: str, before: str = "", after: str = "") -> Private:
    """A text in capitals, in small letters or as it is; the stand-in is spelt likewise."""

    def stand_in(found: bytes) -> bytes:
        spelt = other if found == text.encode() else other.lower() if found.islower() else other.upper()
        return spelt.encode()

    pattern = f"{before}(?i:{re.escape(text)}){after}"
    return Private(kind, text, pattern.encode(), stand_in)


def _always(other: bytes) -> Callable[[bytes], bytes]:
    return lambda _: other


def _is_ipv4(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        it = ipaddress.ip_address(text)
    except ValueError:
        return False
    return it.version == 6 and int(it) > 1 and not it.is_multicast
