"""WS-Discovery: how ONVIF cameras, and every maker's, are found; their envelopes betray the firmware under the label.

On the wire   udp 3702, SOAP probes to 239.255.255.250 and ff02::c; by unicast too. Four wordings, because some
              recorders answer `tds:Device` only, some only a probe without types, and some compare text.
Answers       SOAP ProbeMatches to the asker within 0.5 s, slow ones after 3 s; `Hello` unasked at a start.
              RelatesTo may be garbage, as may the XML: nothing is dropped for it.
Standard      WS-Discovery, April 2005 and OASIS 1.1 (2009); ONVIF Core Specification, section 7.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes.contract import Datagram, Question, Unreadable
from scanner.probes.text import decode, gather, loose_pairs
from scanner.probes.xml import declaration, elements, prefix, root_tag

FIELDS = {
    "root": "first start tag as written: prefix and namespace declarations are the dialect of the firmware",
    "prefix": "namespace prefix of that tag: `env`, `s`, `SOAP-ENV`",
    "declaration": "the `<?xml …?>` before it, as written",
    "action": "last part of the Action: `ProbeMatches`, `Hello`",
    "types": "the Types as written: `dn:NetworkVideoTransmitter tds:Device`",
    "endpoint": "address of the endpoint, mostly a UUID",
    "endpoint-node": "last group of that UUID as MAC address, unless it is random: Hikvision puts its own there",
    "relates-to": "what the reply says it answers",
    "xaddr": "each address of the ONVIF service",
    "address": "the host of each of them",
    "metadata-version": "version of the metadata",
    "scope": "each scope, percent-decoded",
    "name": "scope `name/…`; the user may edit it on many devices",
    "hardware": "scope `hardware/…`: mostly the model as sold",
    "model": "scope `model/…`",
    "location": "scope `location/…`",
    "type": "scope `type/…`",
    "profile": "scope `Profile/…`",
    "manufacturer": "scope `manufacturer/…` or `mfr/…`, also below a maker's own name",
    "firmware": "scope `firmware/…` or `firmware/version/…`, also below a maker's own name",
    "extension": "scope `extension/…`",
    "mac": "scope `mac/…` or `macaddress/…`, lower case with colons",
    "text": "the reply as text",
}

PORT = 3702
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    f' xmlns:w="{ADDRESSING}" xmlns:d="{DISCOVERY}"{{namespace}}><e:Header>'
    "<w:MessageID>uuid:{message}</w:MessageID>"
    '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
    f'<w:Action e:mustUnderstand="true">{DISCOVERY}/Probe</w:Action></e:Header>'
    "<e:Body>{probe}</e:Body></e:Envelope>"
)
# The wording of a widespread manager tool, for firmware that looks for text instead of reading XML.
PROBE_AS_TEXT = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    f' xmlns:a="{ADDRESSING}"><s:Header><a:Action s:mustUnderstand="1">{DISCOVERY}/Probe</a:Action>'
    f"<a:MessageID>uuid:{{message}}</a:MessageID><a:ReplyTo><a:Address>{ADDRESSING}/role/anonymous</a:Address>"
    '</a:ReplyTo><a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>'
    f'<s:Body><Probe xmlns="{DISCOVERY}"><d:Types xmlns:d="{DISCOVERY}"'
    ' xmlns:dp0="http://www.onvif.org/ver10/network/wsdl">dp0:NetworkVideoTransmitter</d:Types></Probe></s:Body>'
    "</s:Envelope>"
)
DN = ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"'
TDS = ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
WORDINGS = {
    "Probe NetworkVideoTransmitter": (
        PROBE, DN, "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>"),
    "Probe Device":        (PROBE, TDS, "<d:Probe><d:Types>tds:Device</d:Types></d:Probe>"),
    "Probe without types": (PROBE, "", "<d:Probe/>"),
    "Probe as text":       (PROBE_AS_TEXT, "", ""),
}  # fmt: skip

ELEMENT_FIELDS = {
    "Types": "types",
    "RelatesTo": "relates-to",
    "MetadataVersion": "metadata-version",
}
SCOPE_FIELDS = {
    # below onvif://www.onvif.org/, whatever its case
    "name": "name",
    "hardware": "hardware",
    "model": "model",
    "location": "location",
    "type": "type",
    "profile": "profile",
    "manufacturer": "manufacturer",
    "mfr": "manufacturer",
    "firmware": "firmware",
    "extension": "extension",
    "mac": "mac",
    "macaddress": "mac",
}
QUESTION = re.compile(r"<(?:[\w.-]{1,64}:)?(?:Probe|Resolve)[\s/>]")
SCOPE = re.compile(r"\b[a-z][a-z0-9+-]{1,20}://[^\s<>\"']{1,1024}", re.IGNORECASE)
ENDPOINT = re.compile(r"\b(?:urn:)?uuid:[\w-]{8,64}")
SERVICE = re.compile(r"https?://(\[[0-9A-Fa-f:.%\w]{2,64}\]|[^/:\s<>\"]{1,255})[^\s<>\"']{0,512}")
# A UUID that is not random (version 4, RFC 9562), whose node is a single station's registered address.
NODE = re.compile(r"-(?!4)[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f][048c][0-9a-f]{10})$", re.IGNORECASE)


class ProbeMatch(msgspec.Struct, frozen=True):
    endpoint: str
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()  # percent-decoded
    xaddrs: tuple[str, ...] = ()
    root: str = ""


def questions(token: str) -> tuple[Question, ...]:
    """Every wording with a MessageID of its own: some devices ignore one they have seen."""
    return tuple(
        Question(
            name,
            template.format(
                message=uuid.uuid5(uuid.UUID(token), name), namespace=namespace, probe=probe
            ).encode(),
        )
        for name, (template, namespace, probe) in WORDINGS.items()
    )


DATAGRAM = Datagram(
    protocol="ws-discovery",
    port=PORT,
    questions=questions,
    group4="239.255.255.250",
    group6="ff02::c",
    patience=4.0,
)


def read(payload: bytes) -> ProbeMatch:
    """Read ProbeMatches, ResolveMatches or Hello, in either namespace. Somebody's question is Unreadable."""
    found = fields(payload)
    if not any(name in found for name in ("endpoint", "scope", "xaddr")):
        raise Unreadable(f"expected a WS-Discovery reply, got {payload[:40]!r}")
    return ProbeMatch(
        endpoint=found.get("endpoint", ("",))[0],
        types=tuple(" ".join(found.get("types", ())).split()),
        scopes=found.get("scope", ()),
        xaddrs=found.get("xaddr", ()),
        root=found.get("root", ("",))[0],
    )


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    text = decode(payload)
    if QUESTION.search(text):
        return {}  # a question says nothing about the device that heard it
    pairs = [*_from_elements(payload)] if "<" in text else [*_from_words(text)]
    if tag := root_tag(payload):
        pairs += [("root", tag), ("prefix", prefix(tag)), ("declaration", declaration(payload))]
    return gather([*pairs, ("text", text)])


def stated_by(scope: str) -> Iterator[tuple[str, str]]:
    """A scope, and what it states: `onvif://www.onvif.org/name/X`, or deeper as in `…/acc/firmware/version/X`."""
    yield "scope", scope
    path = scope.partition("://")[2].split("/")[1:]
    for depth, key in enumerate(path[:3]):
        if field := SCOPE_FIELDS.get(key.lower()):
            value = "/".join(path[depth + 1 :]).removeprefix("version/" if field == "firmware" else "\0")
            yield field, (mac_address.normal(value) or "") if field == "mac" else value
            return


def _from_elements(payload: bytes) -> Iterator[tuple[str, str]]:
    endpoint = ""
    for name, text in elements(payload):
        if name in ELEMENT_FIELDS:
            yield ELEMENT_FIELDS[name], text
        elif name == "Action":
            yield "action", text.rpartition("/")[2]
        elif name == "Address" and not endpoint and "anonymous" not in text:
            yield from _endpoint(endpoint := text)
        elif name in ("Scopes", "XAddrs"):
            yield from _from_words(text)


def _from_words(text: str) -> Iterator[tuple[str, str]]:
    """Endpoint, service addresses and scopes from a list of words: all there is in many an import."""
    if any(name in text for name in ELEMENT_FIELDS):  # to look for words is far sooner done than for patterns
        pairs = loose_pairs(text)
        yield from ((ELEMENT_FIELDS[name], value) for name, value in pairs if name in ELEMENT_FIELDS)
    for word in ENDPOINT.findall(text) if "uuid:" in text else ():
        yield from _endpoint(word)
    for service in SERVICE.finditer(text):
        yield "xaddr", service[0]
        yield "address", service[1].strip("[]")
    for written in SCOPE.findall(text):
        if not written.startswith(("http://", "https://")):
            yield from stated_by(decode(unquote_to_bytes(written)) if "%" in written else written)


def _endpoint(address: str) -> Iterator[tuple[str, str]]:
    yield "endpoint", address
    if node := NODE.search(address):
        yield "endpoint-node", mac_address.normal(node[1]) or ""
