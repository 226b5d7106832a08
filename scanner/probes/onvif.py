"""ONVIF: the common language of IP cameras, asked for what it tells before any login.

On the wire   POST of a short SOAP envelope without a security header to /onvif/device_service: first
              GetSystemDateAndTime, then GetCapabilities. Both are of the access class PRE_AUTH.
Answers       SOAP in the platform's own dialect: prefix and namespaces of the root tag survive a relabelling, and
              faults are as good as answers. The raw tag is kept, since an XML parser throws the prefixes away.
Standard      ONVIF Core Specification, section "Access classes for service requests".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import msgspec

from scanner.model import Fields
from scanner.probes import http, message, xml
from scanner.probes.contract import Question, Unreadable
from scanner.probes.text import decode, gather
from scanner.probes.ws_discovery import SCOPE_FIELDS, stated_by

FIELDS = {
    **message.HEAD_FIELDS,
    "root": "the root tag as sent, with prefixes and namespaces: the dialect",
    "prefix": "namespace prefix of the root tag",
    "operation": "what was asked, as the answer names it",
    "Manufacturer": "brand, as the label has it",
    "Model": "model",
    "FirmwareVersion": "firmware",
    "SerialNumber": "serial number",
    "HardwareId": "hardware identifier",
    "hostname": "host name, which its owner may have set",
    "timezone": "time zone in the platform's own notation",
    "xaddr": "address of each service",
    "scope": "each scope, decoded; what it states stands in the fields of ws-discovery, as `ws-discovery.hardware`",
    "fault": "text of a fault",
    "body": "the document, in pieces",
    "text": "the beginning of the reply as it came",
}

BORROWED = {f"scope {name}": f"ws-discovery.{name}" for name in SCOPE_FIELDS.values()}
"""What scopes state means the same wherever they were asked for, and so has one name."""

PATH = "/onvif/device_service"
PATHS = {2020: "/onvif/service"}  # TP-Link serves everything on this path and port
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    '<s:Body><{operation} xmlns="{device}">{inside}</{operation}></s:Body></s:Envelope>'
)
OPERATIONS = {"GetSystemDateAndTime": "", "GetCapabilities": "<Category>All</Category>"}  # in this order

ELEMENTS = {"Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId", "timezone", "fault"}
RENAMED = {
    "TZ": "timezone", "XAddr": "xaddr", "XAddrs": "xaddr", "ScopeItem": "scope", "Scopes": "scope",
    "Text": "fault", "faultstring": "fault",
    # other notations, from tools that print Python objects
    "manufacturer": "Manufacturer", "model": "Model", "fw_version": "FirmwareVersion",
    "serial_number": "SerialNumber", "hardware_id": "HardwareId",
}  # fmt: skip
OPERATION = re.compile(r"<(?:[\w.-]{1,40}:)?([A-Z]\w{2,60})Response\b")
PRINTED = re.compile(r"'?\b(\w{1,40})'?\s{0,3}[:=]\s{0,3}'?([^',{}()\r\n]{1,200})")  # a Python object
HOSTNAME = re.compile(r"HostnameInformation.{0,500}?<(?:[\w.-]{1,40}:)?Name>([^<]*)", re.DOTALL)
ENVELOPED = re.compile(r"<(?:[\w.-]{1,40}:)?Envelope\b")


class Onvif(msgspec.Struct, frozen=True):
    root: str
    operation: str
    fault: str


def question(operation: str, authority: str, port: int) -> Question:
    """One of OPERATIONS, as an HTTP request."""
    path = PATHS.get(port, PATH)
    content_type = f'Content-Type: application/soap+xml; charset=utf-8; action="{DEVICE}/{operation}"'
    envelope = ENVELOPE.format(operation=operation, device=DEVICE, inside=OPERATIONS[operation])
    payload = http.request(
        path, authority, method="POST", headers=(content_type,), body=envelope.encode("ascii")
    )
    return Question(operation, payload)


def read(payload: bytes) -> Onvif:
    """Read an answer or a fault, with or without its HTTP head. Raises Unreadable when it is no SOAP."""
    document = message.content(message.parse(payload))
    if not ENVELOPED.search(decode(document)):
        raise Unreadable("no SOAP envelope in it")
    found = fields(payload)
    first = {name: found.get(name, ("",))[0] for name in ("root", "operation", "fault")}
    return Onvif(first["root"], first["operation"], first["fault"])


def fields(payload: bytes) -> Fields:
    found = message.parse(payload)
    return gather((*message.head_fields(found), *_soap(message.content(found)), ("text", decode(payload))))


def _soap(document: bytes) -> Iterator[tuple[str, str]]:
    text = decode(document)
    if "<" in text:
        root = xml.root_tag(document)
        yield "root", root
        yield "prefix", xml.prefix(root)
        yield from _elements(xml.elements(document))
    else:
        yield from _elements(PRINTED.findall(text))
    for name in OPERATION.findall(text)[:1]:
        yield "operation", name
    for name in HOSTNAME.findall(text)[:1]:
        yield "hostname", name
    for piece in message.pieces(text):
        yield "body", piece


def _elements(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        field = RENAMED.get(name, name)
        if field == "xaddr":
            yield from ((field, each) for each in value.split())
        elif field == "scope":
            for scope in map(unquote, value.split()):
                yield field, scope
                yield from ((f"scope {name}", stated) for name, stated in stated_by(scope) if name != "scope")
        elif field in ELEMENTS:
            yield field, value
