"""mDNS service discovery: what devices announce by name, as Axis and older Hikvision firmware do.

On the wire   udp 5353, queries through the zeroconf library (`scanner.net`); nothing is sent from here.
Payloads      one line for each service, written by `line`; TXT values keep no blank, `%` or control character but
              percent-encoded. Everything after the name is optional:

                  AXIS M5014 - ACCC8E000001._axis-video._tcp.local. host=axis.local. port=80 TXT macaddress=ACCC8E000001
                  _device-info._tcp TXT model=AirPort4

Standard      RFC 6762, RFC 6763.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes.contract import Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "instance": "name of the service as the device chose it, often model and serial number",
    "service": "type: `_http._tcp`",
    "host": "host name; on old Hikvision firmware it holds the serial number",
    "port": "port of the service",
    "txt": "each entry of the TXT record as `key=value`",
    "model": "the TXT entry of that name",
    "label": "the TXT entries that name maker or product: `ty`, `usb_MFG`, `manufacturer` and the like",
    "mac": "the TXT entries `mac` and `macaddress`, lower case with colons",
    "text": "the lines as text",
}

LINE = re.compile(
    r"""^(?:(?P<instance>[^\r\n]{1,255}?)\.)?(?P<service>_[A-Za-z0-9-]{1,32}\._(?:tcp|udp))(?:\.local)?\.?
        (?:[ ]host=(?P<host>\S{1,255}))?(?:[ ]port=(?P<port>\d{1,5}))?
        (?:[ ]TXT[ ]?(?P<txt>[^\r\n]*))?[ \t\r]*$""",
    re.MULTILINE | re.VERBOSE,
)
LABELS = frozenset(
    ("ty", "product", "usb_mfg", "mfg", "manufacturer", "mf", "vendor", "brand", "integrator", "company")
)
LEGIBLE = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")


class Service(msgspec.Struct, frozen=True):
    service: str
    instance: str = ""
    host: str = ""
    port: int | None = None
    txt: tuple[tuple[str, str], ...] = ()


def line(service: Service) -> bytes:
    """The line that stands for one announced service in the payload of an observation."""
    name = f"{service.instance}.{service.service}.local." if service.instance else f"{service.service}.local."
    parts = [re.sub(r"[\x00-\x1f\x7f]", " ", name)]
    parts += [f"host={quote(service.host, LEGIBLE)}"] if service.host else []
    parts += [f"port={service.port}"] if service.port is not None else []
    entries = (f"{_quoted(key)}={_quoted(value)}" for key, value in service.txt)
    parts += [f"TXT {text}"] if (text := " ".join(entries)) else []
    return " ".join(parts).encode()


def read(payload: bytes) -> Service:
    """Read the first line of a payload."""
    if service := next(_services(decode(payload)), None):
        return service
    raise Unreadable(f"expected a line of a service, got {payload[:40]!r}")


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    text = decode(payload)
    return gather([*_pairs(_services(text)), ("text", text)])


def _pairs(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    for service in services:
        yield "instance", service.instance
        yield "service", service.service
        yield "host", service.host
        yield "port", "" if service.port is None else str(service.port)
        for key, value in service.txt:
            yield "txt", f"{key}={value}"
            if key.lower() == "model":
                yield "model", value
            elif key.lower() in LABELS:
                yield "label", value.strip("()")
            elif key.lower() in ("mac", "macaddress"):
                yield "mac", mac_address.normal(value) or ""


def _services(text: str) -> Iterator[Service]:
    for found in LINE.finditer(text):
        entries = (entry.partition("=") for entry in (found["txt"] or "").split())
        yield Service(
            service=found["service"],
            instance=found["instance"] or "",
            host=unquote(found["host"] or ""),
            port=int(found["port"]) if found["port"] else None,
            txt=tuple((unquote(key), unquote(value)) for key, _, value in entries),
        )


def _quoted(text: str) -> str:
    return quote(text, LEGIBLE.replace("=", ""))
