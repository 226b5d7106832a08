"""ISAPI: Hikvision's own HTTP dialect, under its own and under neutral XML namespaces.

On the wire   two GETs without credentials: /ISAPI/System/deviceInfo, whose 401 is the answer that is wanted, and
              /SDK/activateStatus, which answers without login. Nothing is ever written to these paths.
Answers       a challenge (see `http`), or XML. Documents of logged-in clients come in by imports.
Source        the documents of maciej-or/hikvision_next tests/fixtures/devices, and recorded replies.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import msgspec

from scanner.model import Fields
from scanner.probes import http, message, xml
from scanner.probes.contract import Question, Unreadable
from scanner.probes.text import decode, gather

ELEMENTS = {
    "deviceName": "name that the owner gave",
    "deviceID": "identifier, often with the MAC address at its end",
    "deviceDescription": "`IPCamera` and the like",
    "deviceLocation": "default location; `hangzhou` on cameras",
    "systemContact": "default contact",
    "model": "model",
    "serialNumber": "model, production date and number in one",
    "subSerialNumber": "short serial number",
    "macAddress": "MAC address as sent",
    "firmwareVersion": "firmware",
    "firmwareReleasedDate": "its build",
    "firmwareVersionInfo": "platform and branch: `B-R-G5-0`",
    "encoderVersion": "encoder firmware",
    "bootVersion": "boot loader",
    "hardwareVersion": "hardware",
    "deviceType": "`IPCamera`, `NVR`, `DVR`, …",
    "telecontrolID": "number of its remote control",
    "manufacturer": "maker, or the brand of some relabels",
    "OEMCode": "`1` on own-brand cameras",
    "platformName": "platform",
    "Activated": "whether it was ever given a password, of /SDK/activateStatus",
    "isActivated": "the same, of /ISAPI/Security/userCheck",
    "lockStatus": "whether logins are locked",
    "statusCode": "status of an error",
    "statusString": "status of an error in words",
    "statusValue": "HTTP status repeated",
    "subStatusCode": "reason of an error",
    "requestURL": "what was asked, of an error",
    "channelName": "name of a channel",
    "ipAddress": "address that it states",
    "eventType": "kind of an event",
}
FIELDS = {
    **message.HEAD_FIELDS,
    **ELEMENTS,
    "root": "local name of the root element",
    "namespace": "default namespace of the root element",
    "body": "the document, in pieces",
    "text": "the beginning of the reply as it came",
}

DEVICE_INFO = "/ISAPI/System/deviceInfo"
ACTIVATE_STATUS = "/SDK/activateStatus"
NAMESPACE = re.compile(r"""\bxmlns\s{0,9}=\s{0,9}["']([^"'<>]{1,300})""")
OWN = re.compile(  # what makes an XML document one of this dialect
    r"(?:hikvision|isapi|std-cgi)\.(?:com|org)/ver\d|psialliance|<(?:DeviceInfo|ActivateStatus|ResponseStatus|userCheck)\b"
)
NAME = re.compile(r"<(?:[\w.-]{1,60}:)?([A-Za-z_][\w.-]{0,60})")
# What other tools keep of a document: `Model: …, Serial: …`, `model=…` lines, a dictionary.
TITLES = {"model": "model", "serial": "serialNumber", "firmware": "firmwareVersion"}
NAMES = {name.lower(): name for name in ELEMENTS} | TITLES
TITLED = re.compile(
    rf"""\b({"|".join(NAMES)})["']?\s{{0,4}}[:=]\s{{0,4}}["']?([^,"'\r\n{{}}]{{1,200}})""", re.IGNORECASE
)


class Isapi(msgspec.Struct, frozen=True):
    root: str
    namespace: str
    elements: tuple[tuple[str, str], ...]


def question(path: str, authority: str) -> Question:
    return Question(f"GET {path}", http.request(path, authority))


def read(payload: bytes) -> Isapi:
    """Read a document, with or without its HTTP head. Raises Unreadable when it is no XML, or a web page."""
    document = message.content(message.parse(payload))
    root = xml.root_tag(document)
    if not (name := NAME.match(root)) or name[1].lower() == "html":
        raise Unreadable("no XML element in it")
    namespace = NAMESPACE.search(root)
    return Isapi(name[1], namespace[1] if namespace else "", tuple(xml.elements(document)))


def fields(payload: bytes) -> Fields:
    found, text = message.parse(payload), decode(payload)
    if found.status is None and "<" not in text and (printed := TITLED.findall(text)):
        pairs = ((NAMES[title.lower()], value.strip()) for title, value in printed)
        return gather((*pairs, *(("body", piece) for piece in message.pieces(text)), ("text", text)))
    return gather((*message.head_fields(found), *_document(message.content(found)), ("text", text)))


def _document(document: bytes) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(Unreadable):
        found = read(document)
        yield "root", found.root
        yield "namespace", found.namespace
        yield from ((name, value) for name, value in found.elements if name in ELEMENTS)
    for piece in message.pieces(decode(document)):
        yield "body", piece
