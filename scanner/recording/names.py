"""What people called a device or its place, and where on Earth that is: names, networks, contacts, coordinates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from scanner.model import Reading
from scanner.recording.cover import Private, exactly
from scanner.recording.stand_ins import like, like_name
from scanner.recording.stated import Stated

FIELDS = (
    "dhcp.hostname", "dhdiscover.MachineName", "http.location", "http.realm", "https-cert.cn", "https-cert.san",
    "isapi.channelName", "isapi.deviceLocation", "isapi.deviceName", "isapi.realm", "isapi.systemContact",
    "mdns.host", "mdns.instance", "onvif.hostname", "onvif.realm", "rtsp.realm", "snmp.sysname",
    "upnp-xml.friendlyName", "ws-discovery.location", "ws-discovery.name",
)  # fmt: skip
STATED = Stated(
    r"e?ssid|(?:login_?)?user_?name|owner|nick_?name|(?:device|machine|host|channel|site|camera|domain)_?name|"
    r"(?:device_?|sys)?location|street|city|(?:system_?|sys)contact|contact|sysname|(?:e_?)?mail(?:_?address)?|"
    r"ddns_?(?:name|domain|host)|verification_?code"
)
COORDINATES = Stated(r"lat(?:itude)?|lon(?:gitude)?|lng|altitude|gps\w{0,16}|coordinates?")
COORDINATE_PAIR = re.compile(rb"(?<![\d.])(-?\d{1,3}\.\d{4,}[,; ]{1,3}-?\d{1,3}\.\d{4,})(?![\d.])")
CONTACT_OR_PLACE = re.compile(
    r"^\.?1\.3\.6\.1\.2\.1\.1\.[46]\.0 = (.*)", re.DOTALL
)  # sysContact, sysLocation
WORD = re.compile(r"[^\W_]{3,}")
BEGINS = rb"(?:(?<![A-Za-z0-9<])(?<!</)|(?<=%[0-9A-F]{2})|(?<=\\u[0-9A-F]{4})|(?<=\\[nrt]))"  # after an escape, too
NOBODYS = frozenset({"local", "localdomain", "localhost", "true", "false", "null", "http", "https", "www"})


def names(
    readings: Sequence[Reading], payloads: Sequence[bytes], known: Callable[[str], bool]
) -> Iterator[Private]:
    """The words of what people may have named, each by itself: a name may stand in a URL, in XML, or in capitals."""
    texts = [value for reading in readings for name in FIELDS for value in reading.fields.get(name, ())]
    for reading in readings:
        for value in reading.fields.get("snmp.oid", ()):
            texts += CONTACT_OR_PLACE.findall(value)
    texts += STATED.in_(payloads)
    for word in dict.fromkeys(word for text in texts for word in WORD.findall(text)):
        if word.lower() not in NOBODYS and not known(word.lower()) and like_name(word) != word:
            spelt = b"|".join(re.escape(form.encode()) for form in dict.fromkeys(_spellings(word)))
            pattern = rb"(?i:" + BEGINS + rb"(?:" + spelt + rb")(?![A-Za-z0-9]))"
            yield Private("names", word, pattern, _blotted, needless=True)


def places(payloads: Sequence[bytes]) -> Iterator[Private]:
    """Coordinates, digit by digit."""
    found = [text for text in COORDINATES.in_(payloads) if re.search(r"\d", text)]
    found += [pair.decode() for payload in payloads for pair in COORDINATE_PAIR.findall(payload)]
    for number, text in enumerate(sorted(dict.fromkeys(found), key=len, reverse=True)):
        yield exactly("coordinates", text, like(text, f"place {number}"), r"(?<![\d.])", r"(?![\d.])")


def _spellings(word: str) -> Iterator[str]:
    """As it is, and as URLs, XML and JSON escape it."""
    yield from (word, quote(word), escape(word), json.dumps(word)[1:-1])
    yield word.encode("ascii", "xmlcharrefreplace").decode()
    yield "".join(letter if letter.isascii() else f"&#x{ord(letter):x};" for letter in word)


def _blotted(found: bytes) -> bytes:
    """What was found, blotted out; escapes are letters of no length of their own."""
    if re.search(rb"%|&#|\\u", found):
        return b"x" * len(found)
    return like_name(found.decode()).encode()
