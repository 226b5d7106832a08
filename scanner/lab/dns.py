"""Just enough DNS for a unit to announce a service over mDNS (RFC 6762, RFC 6763)."""

from __future__ import annotations

import ipaddress
import struct

import msgspec

A, PTR, TXT, SRV = 1, 12, 16, 33
IN, FLUSH = 1, 0x8001
TTL = 120


class Service(msgspec.Struct, frozen=True):
    service: str  # _http._tcp.local
    instance: str
    host: str
    port: int
    texts: tuple[str, ...]
    address: str

    @classmethod
    def parse(cls, address: str, service: str, line: str) -> Service:
        """From `<instance>|<host>|<port>|k=v k=v`."""
        instance, host, port, texts = line.split("|")
        return cls(service, instance, host, int(port), tuple(texts.split()), address)


def asks(query: bytes, service: str) -> bool:
    """Whether a packet is a question for this service; its first label tells, the others may be compressed."""
    return len(query) > 12 and not query[2] & 0x80 and _label(service.partition(".")[0]) in query


def response(service: Service) -> bytes:
    """One packet with all that a browser needs: the pointer, the place, the texts and the address."""
    instance = _label(service.instance) + _name(service.service)
    texts = b"".join(_label(text) for text in service.texts) or b"\0"
    place = struct.pack("!HHH", 0, 0, service.port) + _name(service.host)
    records = [
        _record(_name(service.service), PTR, IN, instance),
        _record(instance, SRV, FLUSH, place),
        _record(instance, TXT, FLUSH, texts),
        _record(_name(service.host), A, FLUSH, ipaddress.IPv4Address(service.address).packed),
    ]
    return struct.pack("!HHHHHH", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def _record(name: bytes, kind: int, group: int, data: bytes) -> bytes:
    return name + struct.pack("!HHIH", kind, group, TTL, len(data)) + data


def _name(text: str) -> bytes:
    return b"".join(_label(part) for part in text.split(".")) + b"\0"


def _label(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw
