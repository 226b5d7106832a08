"""The TCP ports where cameras and recorders answer, and what is said to each.

The list is short on purpose: every port costs one probe for each address of a network. Sources: the makers' lists of
default ports, nmap's `nmap-service-probes`, and the relabellers' manuals.
"""

from __future__ import annotations

import re
from typing import Literal

from scanner.model import Outcome, Protocol
from scanner.probes.forbidden import SILENT

Service = Literal["http", "https", "tls", "rtsp", "onvif", "upnp", "dvrip", "banner", "listen", "unknown"]

SPOKEN: dict[Service, str] = {
    "http":    "the front page, its icon, and the makers' pages that answer before login",
    "https":   "the certificate, then as http",
    "tls":     "the certificate; requests only when asked for depth",
    "rtsp":    "OPTIONS and DESCRIBE",
    "onvif":   "ONVIF's questions that need no login",
    "upnp":    "the description of a UPnP device",
    "dvrip":   "nothing; the challenge when asked for depth",
    "banner":  "nothing: the greeting is read",
    "listen":  "nothing: that it is open is all we want to know",
    "unknown": "nothing at first; a page is asked for where no greeting comes",
}  # fmt: skip

SERVICES: dict[int, tuple[Service, str]] = {
    # port   spoken     why it is looked at
    23:     ("banner", "old Hikvision greets with `192.0.0.64 login:`"),
    80:     ("http",   "web"),
    81:     ("http",   "web of a second unit behind one address"),
    88:     ("http",   "web of a third; Foscam's own"),
    443:    ("https",  "web"),
    554:    ("rtsp",   "video"),
    2020:   ("onvif",  "TP-Link's ONVIF"),
    8000:   ("listen", "Hikvision SDK: says nothing of itself, and some units are upset by bytes"),
    8080:   ("http",   "web"),
    8443:   ("tls",    "Hikvision SDK over TLS from firmware 5.6, or web"),
    8554:   ("rtsp",   "video"),
    8899:   ("onvif",  "Xiongmai's ONVIF"),
    9000:   ("listen", "Reolink"),
    10554:  ("rtsp",   "video"),
    34567:  ("listen", "Xiongmai's own protocol"),
    35000:  ("dvrip",  "Dahua's own protocol on Lorex units"),
    37777:  ("dvrip",  "Dahua's own protocol"),
    49152:  ("upnp",   "UPnP description of old Hikvision and of Dahua units"),
}  # fmt: skip
DEFAULT_PORTS = tuple(SERVICES)

# The server speaks first and we never answer: FTP, SSH, Telnet, and TVT's own protocol.
GREETING_FIRST: dict[int, Protocol] = {
    21: "ftp",
    22: "ssh",
    23: "telnet",
    2323: "telnet",
    6036: "telnet",
    9008: "telnet",
}
GREETINGS: tuple[tuple[re.Pattern[bytes], Protocol], ...] = (
    (re.compile(rb"SSH-\d"), "ssh"),
    (re.compile(rb"220[ -]"), "ftp"),
    (re.compile(rb"(?:\xff[\xfb-\xfe]|[\t\n\r\x1b -~]{8}|.{0,200}login: )", re.DOTALL), "telnet"),
)


def service(port: int) -> Service:
    if port in SERVICES:
        return SERVICES[port][0]
    if port in GREETING_FIRST:
        return "banner"
    return "listen" if ("tcp", port) in SILENT else "unknown"


def greeted_in(port: int, said: bytes) -> tuple[Protocol, Outcome]:
    """The protocol of a server that spoke first, by what it said; by its port where that says nothing."""
    for pattern, protocol in GREETINGS:
        if pattern.match(said):
            return protocol, Outcome.ANSWERED
    return GREETING_FIRST.get(port, "telnet"), Outcome.UNREADABLE
