"""SSDP: the search of UPnP; Dahua's stack names itself, Hikvision's points to a file that does.

On the wire   udp 1900, one M-SEARCH for root devices to 239.255.255.250, twice, with a time to live of 2.
Answers       a head like HTTP's to the asker, within MX seconds; `NOTIFY` unasked. LOCATION is a URL that is asked
              only when it points at the sender itself (`description_url`).
Standard      UPnP Device Architecture 1.1, section 1.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

from scanner.probes.contract import Datagram, Question, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "server": "SERVER header: operating system, UPnP version, product",
    "usn": "USN header; on Dahua's stack it ends with the serial number",
    "st": "what was searched for (ST), or announced (NT)",
    "location": "URL of the device description",
    "x-user-agent": "X-User-Agent header: `redsonic` is the portable UPnP library",
    "header": "each header as `Name: value`",
    "text": "the reply as text",
}

PORT = 1900
GROUP = "239.255.255.250"
SEARCH = (
    f'M-SEARCH * HTTP/1.1\r\nHOST: {GROUP}:{PORT}\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: upnp:rootdevice\r\n\r\n'
).encode("ascii")
HEADER = re.compile(r"^([A-Za-z][\w.-]{0,63})[ \t]{0,8}:[ \t]*([^\r\n]*)", re.MULTILINE)
HEADER_FIELDS = {
    "server":       "server",
    "usn":          "usn",
    "st":           "st",
    "nt":           "st",
    "location":     "location",
    "x-user-agent": "x-user-agent",
}  # fmt: skip
LEGIBLE = re.compile(r"[\x21-\x7e]+")
ANSWERS = re.compile(r"(HTTP/1\.\d[ \t]+200|NOTIFY)\b", re.IGNORECASE)

DATAGRAM = Datagram(
    protocol="ssdp",
    port=PORT,
    questions=lambda _token: (Question("M-SEARCH upnp:rootdevice", SEARCH),),
    group4=GROUP,
    rounds=(0.0, 0.5),
    ttl=2,
)


class Ssdp(msgspec.Struct, frozen=True):
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def read(payload: bytes) -> Ssdp:
    """Read a reply or a NOTIFY. Somebody's M-SEARCH is Unreadable."""
    text = decode(payload)
    if not ANSWERS.match(text):
        raise Unreadable(f"expected an SSDP reply, got {payload[:40]!r}")
    return Ssdp(tuple(HEADER.findall(text)))


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    text = decode(payload)
    if text[:8].upper() == "M-SEARCH":
        return {}  # a question says nothing about the device that heard it
    headers = HEADER.findall(text)
    pairs = [(HEADER_FIELDS[name.lower()], value) for name, value in headers if name.lower() in HEADER_FIELDS]
    return gather([*pairs, *(("header", f"{name}: {value}") for name, value in headers), ("text", text)])


def description_url(reply: Ssdp, sender: str) -> str | None:
    """Where the sender describes itself; None when LOCATION leads to anybody else, or is no plain URL."""
    try:
        url = urlsplit(location := reply.header("location"))
        itself = ipaddress.ip_address(url.hostname or "") == ipaddress.ip_address(sender.partition("%")[0])
        plain = url.scheme == "http" and url.username is None and (url.port is None or url.port > 0)
    except ValueError:
        return None
    return location if itself and plain and LEGIBLE.fullmatch(location) else None
