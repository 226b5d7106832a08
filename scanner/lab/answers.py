"""What a unit answers: requests in, replies out, no sockets.

Each protocol reads of a request only what firmware reads of it. What a unit does not understand it leaves
unanswered, so that a wrongly built request is noticed.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime

from scanner.lab import dns
from scanner.lab.unit import Spoken, Unit

__all__ = ["EPOCH", "answer", "asked", "http", "rtsp"]

EPOCH = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BASE64 = "base64:"  # begins the body of a binary reply
LENGTH = "{length}"  # of the body: filled in last

INQUIRY = re.compile(rb"<Types>inquiry(?:_v32)?</Types>")
UUID = re.compile(rb"<Uuid>([^<]*)</Uuid>")
MESSAGE_ID = re.compile(rb"<(?:\w+:)?MessageID[^>]*>([^<]+)<")
REQUEST_LINE = re.compile(rb"(?P<method>[A-Z]+) (?P<path>\S+) (?P<version>(?:HTTP|RTSP)/1\.[01])\r\n")
CSEQ = re.compile(rb"\r\ncseq: *(\d+)", re.IGNORECASE)
OPERATION = re.compile(rb"Body[^>]*>\s*<(?:\w+:)?(\w+)")

DAHUA_SEARCH = b"\xa3\x01\x00"
DHIP = struct.Struct("<I4sIIIIII")  # size of the header, magic, session, id, length, 0, length, 0


def answer(unit: Unit, protocol: Spoken, request: bytes, now: datetime = EPOCH) -> list[bytes]:
    """The datagrams with which `unit` answers a datagram; none when it keeps silent."""
    word = unit.kind.datagrams.get(protocol)
    if word is None or word.insists.encode() not in request:
        return []
    return DATAGRAMS[protocol](unit, word.reply, request, now)


def _sadp(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    if b"<Probe>" not in request or not (types := INQUIRY.search(request)):
        return []
    uuid = UUID.search(request)
    extra = {"asked": uuid[1].decode("latin-1") if uuid else "", "types": types[0].decode("latin-1")}
    return [unit.render(reply, {**extra, **_dates(now)}).encode()]


def _dhdiscover(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    if request[4:8] != b"DHIP" or b'"DHDiscover.search"' not in request:
        return []
    text = unit.render(reply).encode()
    return [DHIP.pack(DHIP.size, b"DHIP", 0, 0, len(text), 0, len(text), 0) + text]


def _dahua_search(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    """The reply is `section 3` of the binary answer; the sections before it hold numbers and the MAC address."""
    if len(request) != 32 or not request.startswith(DAHUA_SEARCH):
        return []
    second = (unit.words["mac"] + unit.words["model"]).encode()
    third = unit.render(reply).replace("\n", "\r\n").encode()
    head = bytearray(0x78)
    struct.pack_into("<BBBBI", head, 0, 0xB3, 0, len(second), 0, 0x58)
    struct.pack_into("<IH", head, 0x10, 2, len(third))
    struct.pack_into("<4H16s", head, 0x20, 2, 608, 0, 0, unit.words["model"].encode())
    for at, word in ((0x38, "address"), (0x3C, "mask"), (0x40, "gateway"), (0x44, "gateway")):
        head[at : at + 4] = ipaddress.IPv4Address(unit.words[word]).packed
    struct.pack_into("<6H", head, 0x5E, 80, 443, 37777, 20, 37776, 37778)
    return [bytes(head) + second + third]


def _ws_discovery(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    if b"Probe" not in request or b"ProbeMatches" in request or not (found := MESSAGE_ID.search(request)):
        return []
    return [unit.render(reply, {"asked": found[1].decode("latin-1").strip(), **_dates(now)}).encode()]


def _ssdp(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    wanted = request.startswith(b"M-SEARCH * HTTP/1.1\r\n") and (
        b"upnp:rootdevice" in request or b"ssdp:all" in request
    )
    return [unit.render(reply, _dates(now)).replace("\n", "\r\n").encode()] if wanted else []


def _mdns(unit: Unit, reply: str, request: bytes, now: datetime) -> list[bytes]:
    """The reply is lines `<service> <instance>|<host>|<port>|k=v ...`; those whose service was asked are sent."""
    lines = [line.partition(" ") for line in unit.render(reply).splitlines()]
    services = [dns.Service.parse(unit.address, name, rest) for name, _, rest in lines]
    return [dns.response(service) for service in services if dns.asks(request, service.service)]


DATAGRAMS: dict[Spoken, Callable[[Unit, str, bytes, datetime], list[bytes]]] = {
    "sadp": _sadp,
    "dhdiscover": _dhdiscover,
    "dahua-search": _dahua_search,
    "ws-discovery": _ws_discovery,
    "ssdp": _ssdp,
    "mdns": _mdns,
}


def asked(request: bytes) -> str:
    """What a request over TCP asks for, as replies/*.toml spells it: `GET /`, `POST /onvif/x GetServices`."""
    if not (line := REQUEST_LINE.match(request)):
        return ""
    text = f"{line['method'].decode()} {line['path'].decode('latin-1')}"
    operation = OPERATION.search(request) if line["method"] == b"POST" else None
    return f"{text} {operation[1].decode()}" if operation else text


def http(unit: Unit, request: bytes, now: datetime = EPOCH) -> bytes:
    """The whole HTTP reply, with the length of its body filled in."""
    wanted = asked(request)
    if not wanted:
        return b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n"
    pages, without_query = unit.kind.http, wanted.partition("?")[0]
    text = pages.get(wanted) or pages.get(without_query) or pages.get("*") or NOT_FOUND
    return _message(unit, text, _dates(now))


def rtsp(unit: Unit, request: bytes, now: datetime = EPOCH) -> bytes:
    """The whole RTSP reply, numbered like the request."""
    wanted, number = asked(request).partition(" ")[0], CSEQ.search(request)
    text = unit.kind.rtsp.get(wanted, "RTSP/1.0 405 Method Not Allowed\nCSeq: {cseq}\n\n")
    return _message(unit, text, {"cseq": number[1].decode() if number else "0", **_dates(now)})


NOT_FOUND = """HTTP/1.1 404 Not Found
Content-Type: text/html
Content-Length: {length}
Connection: close

<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>
"""


def _message(unit: Unit, text: str, extra: dict[str, str]) -> bytes:
    whole = unit.render(text, {**extra, "length": LENGTH})
    head, _, body = whole.partition("\n\n")
    raw = base64.b64decode(body[len(BASE64) :]) if body.startswith(BASE64) else body.encode()
    return head.rstrip("\n").replace(LENGTH, str(len(raw))).replace("\n", "\r\n").encode() + b"\r\n\r\n" + raw


def _dates(now: datetime) -> dict[str, str]:
    return {
        "date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "odd_date": now.strftime("%a, %b %d %Y %H:%M:%S GMT"),
        "boot": now.strftime("%Y-%m-%d 03:11:07"),
        "year": str(now.year), "month": str(now.month), "day": str(now.day),
        "hour": str(now.hour), "minute": str(now.minute), "second": str(now.second),
    }  # fmt: skip
