"""nmap's service probes as data: which maker its match lines name in a reply. Used by `tests.benchmarks.recog`.

nmap asks a port and compares what comes back with the lines of the file `nmap-service-probes`, in their order:

    match http m|^HTTP/1\\.0 200 OK\\r\\nServer: App-webs/\\r\\n| p/Hikvision IP camera httpd/ d/webcam/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from scanner.model import Reading
from tests.benchmarks.corpus import COVERED

LINE = re.compile(
    r"^match (?P<service>\S+) m(?P<mark>[|=%@/#!])(?P<pattern>.*?)(?P=mark)(?P<flags>[is]*)(?P<rest>.*)$"
)
SERVICES = {  # protocol of the contract: nmap's names for what answers there
    "http": ("http", "http-proxy"), "html": ("http",), "isapi": ("http",), "onvif": ("http", "soap"),
    "rtsp": ("rtsp",), "telnet": ("telnet",), "ftp": ("ftp",), "ssh": ("ssh",), "ssdp": ("upnp",),
    "upnp-xml": ("upnp",), "snmp": ("snmp",), "dvrip": ("ipcam",),
}  # fmt: skip


class Match(msgspec.Struct, frozen=True):
    regex: re.Pattern[bytes]
    makers: frozenset[str]


class Probes:
    """The match lines of each service that answers in a protocol we know."""

    def __init__(self, matches: Mapping[str, tuple[Match, ...]]) -> None:
        self._matches = matches

    @classmethod
    def load(cls, file: Path) -> Probes:
        wanted = {name for names in SERVICES.values() for name in names}
        matches: dict[str, list[Match]] = {name: [] for name in wanted}
        for text in file.read_text(encoding="latin-1").splitlines():
            if (found := LINE.match(text)) and found["service"] in wanted and (one := read_match(found)):
                matches[found["service"]].append(one)
        return cls({name: tuple(found) for name, found in matches.items()})

    def makers(self, reading: Reading) -> frozenset[str]:
        """The makers of ours that the first match names."""
        payload = reading.observation.payload
        for service in SERVICES.get(reading.observation.protocol, ()):
            for match in self._matches[service]:
                if match.regex.search(payload):
                    return match.makers
        return frozenset()


def read_match(found: re.Match[str]) -> Match | None:
    """One match line; None when Python cannot compile its pattern."""
    flags = (re.IGNORECASE if "i" in found["flags"] else 0) | (re.DOTALL if "s" in found["flags"] else 0)
    said = found["rest"].lower()
    try:
        regex = re.compile(found["pattern"].encode("latin-1"), flags)
    except re.error:
        return None
    return Match(regex, frozenset(maker for maker in COVERED if maker in said))
