"""What is never sent to a device, as data: the last look at every payload before it leaves.

Three tables, read in this order by `refuse`:

    SILENT   ports that are connected to at most; not one byte is written to them
    NEVER    what changes a device, tries a login, walks through a known hole, or asks for pictures, wherever it is
    ONLY     what is left must be, byte for byte, one of these few short questions; all else stays here

`scanner.net.gate` holds the addresses; this holds the bytes. A new probe needs a row in ONLY, which makes what is
sent to fragile devices a matter of record.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

import msgspec

from scanner.model import Transport

QUESTION_LIMIT = (
    4096  # bytes; long requests upset old web servers (CVE-2025-31700), and no question needs more
)


class Never(msgspec.Struct, frozen=True):
    """Payloads that this pattern is found in are refused. `ports` empty: on every port."""

    transport: Transport
    ports: tuple[int, ...]
    pattern: re.Pattern[bytes]
    why: str
    source: str


class Only(msgspec.Struct, frozen=True):
    """Payloads that are entirely this. `ports` empty: on every port that no other row names."""

    transport: Transport
    ports: tuple[int, ...]
    pattern: re.Pattern[bytes]
    what: str
    source: str


def never(transport: Transport, ports: tuple[int, ...], pattern: bytes, why: str, source: str) -> Never:
    return Never(transport, ports, re.compile(pattern, re.IGNORECASE | re.MULTILINE), why, source)


def only(transport: Transport, ports: tuple[int, ...], pattern: bytes, what: str, source: str) -> Only:
    return Only(transport, ports, re.compile(pattern, re.DOTALL), what, source)


SILENT: dict[tuple[Transport, int], str] = {
    ("tcp", 21):    "FTP greets by itself",
    ("tcp", 22):    "SSH greets by itself",
    ("tcp", 23):    "telnet greets by itself, and input is a login",
    ("tcp", 2323):  "telnet greets by itself, and input is a login",
    ("tcp", 5000):  "Dahua's JSON protocol begins with a login",
    ("tcp", 6036):  "TVT's protocol greets by itself",
    ("tcp", 7681):  "Hikvision's video over WebSocket",
    ("tcp", 7682):  "Hikvision's video over WebSocket",
    ("tcp", 8000):  "Hikvision's SDK answers any 16 bytes; what they do is not known",
    ("tcp", 8200):  "beside Hikvision's SDK; what bytes do is not known",
    ("tcp", 9000):  "Reolink's protocol begins with a login",
    ("tcp", 9008):  "TVT's protocol greets by itself",
    ("tcp", 9010):  "beside Hikvision's SDK; what bytes do is not known",
    ("tcp", 9020):  "beside Hikvision's SDK; what bytes do is not known",
    ("tcp", 34567): "Xiongmai's protocol begins with a login",
    ("tcp", 37776): "Dahua's SDK over TLS",
    ("tcp", 37778): "Dahua's media port",
    ("udp", 37778): "Dahua's media port",
}  # fmt: skip

SADP, DHDISCOVER, DVRIP = (37020,), (37810,), (35000, 37777)

NEVER: tuple[Never, ...] = (
    never(
        "udp", SADP, rb"<Types>(?!inquiry(?:_v32)?</Types>)",
        "every SADP type but inquiry changes the device or gives away a secret, on some units without a password",
        "MatrixEditor/hikvision-sdk-cam doc/udp.md; CVE-2023-28810",
    ),
    never(
        "udp", DHDISCOVER, rb"\"method\"\s*:\s*\"(?!DHDiscover\.search\")",
        "every method of this port but DHDiscover.search changes the device or prepares a new password",
        "mcw0/DahuaConsole",
    ),
    never(
        "l2", (), rb"\A[\0-\xff]{12}\x80\x33[\0-\xff]{10}[^\x03]",
        "every link-layer SADP operation but the inquiry changes the device",
        "device-side source sadp.h of a third-party camera",
    ),
    never(
        "tcp", DVRIP, rb"\A(?:\xa0[\x00\x05]|[\xa3\xa4\xa6\xf6])",
        "logins, and queries that old firmware answers without one",
        "CVE-2013-6117; mcw0/DahuaConsole",
    ),
    never(
        "tcp", (), rb"^[ \t]*(?:proxy-)?authorization[ \t]*:|^[ \t]*(?:cookie|x-wsse)[ \t]*:",
        "no credentials and no session are sent, so nothing can count as a failed login",
        "RFC 9110, section 11.6",
    ),
    never(
        "tcp", (), rb"UsernameToken|\bwsse:|<(?:\w+:)?Password\b",
        "no credentials are sent, so nothing can count as a failed login",
        "OASIS WS-Security UsernameToken Profile",
    ),
    never(
        "tcp", (), rb"[?&;](?:auth|user(?:name)?|usr|pass(?:word|wd)?|pwd|psw)=",
        "credentials in a URL, or the way around them",
        "CVE-2017-7921",
    ),
    never("tcp", (), rb"://[^/\s]{0,256}@", "credentials in a URL", "RFC 3986, section 3.2.1"),
    never(
        "tcp", (), rb"/Security/users|/System/configurationFile|/onvif-http/snapshot",
        "pages that a known hole opens",
        "CVE-2017-7921",
    ),
    never("tcp", (), rb"/SDK/webLanguage", "a page that a known hole opens", "CVE-2021-36260"),
    never("tcp", (), rb"/current_config", "files with password hashes on old units", "bashis, Full Disclosure 2017"),
    never(
        "tcp", (), rb"/RPC2|NetKeyboard|Loopback|\bloginType\b|\bclientType\b",
        "Dahua's login, and the ways around it",
        "CVE-2021-33044; CVE-2021-33045",
    ),
    never(
        "tcp", (), rb"[?&]action=(?!get)",
        "an action that is no reading",
        "Dahua HTTP API: setConfig, reboot, PTZ and others are GET requests",
    ),
    never(
        "tcp", (), rb"snapshot|/picture\b|\.mjpe?g\b|/mjpe?g/",
        "pictures show people",
        "General Data Protection Regulation, article 5 (1) (c)",
    ),
    never(
        "tcp", (), rb"\A\s*(?:PUT|DELETE|PATCH|TRACE|CONNECT|PROPFIND)\s|\A\s*POST\s+(?!/onvif/)",
        "methods that write",
        "RFC 9110, section 9.2.1; CVE-2021-36260",
    ),
    never(
        "tcp", (), rb"\A\s*(?:SETUP|PLAY|ANNOUNCE|RECORD|PAUSE|TEARDOWN|[SG]ET_PARAMETER)\s",
        "methods that open or steer a stream",
        "RFC 2326, section 10",
    ),
    never(
        "tcp", (), rb"<(?:\w+:)?(?:Set|Create|Delete|Add|Remove|Restore|Start|Stop|Upgrade|SystemReboot|GetUsers)",
        "ONVIF operations that write, or list the users",
        "ONVIF Core Specification, access classes",
    ),
)  # fmt: skip

XML_DECLARATION = rb"(?:<\?xml version=\"1\.0\" encoding=\"(?:utf-8|UTF-8)\"\?>)?"
HEADERS = rb"(?:[A-Za-z][A-Za-z-]{0,40}:[^\r\n\0]{0,512}\r\n){0,24}\r\n"
PREFIX = rb"(?:[A-Za-z]\w{0,15}:)?"
PRE_AUTH = (
    rb"(?:GetSystemDateAndTime|GetCapabilities|GetServices|GetServiceCapabilities|GetHostname|GetWsdlUrl"
    rb"|GetEndpointReference)"
)
SOAP_HEADER = rb"(?:<" + PREFIX + rb"Header>(?:[^<>]{0,512}<[^<>]{0,512}>){1,16}?</" + PREFIX + rb"Header>)?"


def envelope(body: bytes) -> bytes:
    """The pattern of a SOAP envelope round the pattern of its body."""
    inside = rb"<" + PREFIX + rb"Body>" + body + rb"</" + PREFIX + rb"Body>"
    opening, closing = rb"<" + PREFIX + rb"Envelope [^<>]{1,1024}>", rb"</" + PREFIX + rb"Envelope>"
    return XML_DECLARATION + opening + SOAP_HEADER + inside + closing


ONLY: tuple[Only, ...] = (
    only(
        "udp", SADP,
        XML_DECLARATION + rb"<Probe><Uuid>[0-9A-Fa-f-]{36}</Uuid><Types>inquiry(?:_v32)?</Types></Probe>",
        "an SADP inquiry", "julienblitte/UniversalScanner Hikvision.cs",
    ),
    only(
        "udp", DHDISCOVER,
        rb"\x20\0\0\0DHIP\0{8}(\x3a\0\0\0)\0{4}\1\0{4}\{\"method\":\"DHDiscover\.search\","
        rb"\"params\":\{\"mac\":\"\",\"uni\":[01]\}\}",
        "a DHDiscover search", "mcw0/DahuaConsole net.py",
    ),
    only(
        "udp", (5050,), rb"\xa3\x01\0[\0\x01]\0{12}\x02\0{15}",
        "Dahua's binary search", "julienblitte/UniversalScanner Dahua1.cs",
    ),
    only(
        "udp", (3702,),
        envelope(
            rb"<" + PREFIX + rb"Probe(?: xmlns=\"[^\"<>]{1,128}\")?(?:/>|>(?:<" + PREFIX + rb"Types(?: [^<>]{1,256})?>"
            rb"[\w:]{1,64}</" + PREFIX + rb"Types>)?</" + PREFIX + rb"Probe>)"
        ),
        "a WS-Discovery probe", "WS-Discovery, April 2005, section 5.2",
    ),
    only(
        "udp", (1900,),
        rb"M-SEARCH \* HTTP/1\.1\r\nHOST: 239\.255\.255\.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: [1-5]\r\n"
        rb"ST: [\w:.-]{1,128}\r\n\r\n",
        "an SSDP search", "UPnP Device Architecture 1.1, section 1.3.2",
    ),
    only(
        "udp", (5353,), rb"\0{5}[\x01-\xff]\0.\0{3}.[\x02-\x3f]_.{8,}",
        "an mDNS query", "RFC 6762, section 18",
    ),
    only(
        "l2", (), rb".{12}\x08\x06\0\x01\x08\0\x06\x04\0\x01.{20}\0{0,18}|.{12}\x80\x33\x21.{9}\x03.{27,489}",
        "an ARP request, or a link-layer SADP inquiry", "RFC 826",
    ),
    only(
        "tcp", DVRIP, rb"\xa0\x01\0{22}\x05\x02\x01\x01\0\0\xa1\xaa",
        "the question for a realm", "mcw0/DahuaConsole net.py",
    ),
    only(
        "tcp", (), rb"(?:GET|HEAD) /[\x21-\x7e]{0,1024} HTTP/1\.[01]\r\n" + HEADERS,
        "an HTTP request that reads", "RFC 9110, section 9.2.1",
    ),
    only(
        "tcp", (),
        rb"POST /onvif/[\w/-]{1,64} HTTP/1\.[01]\r\n" + HEADERS + envelope(
            rb"<" + PREFIX + rb"(" + PRE_AUTH + rb")(?: [^<>/]{0,16}[^<>]{0,256})?(?:/>|>(?:<(" + PREFIX +
            rb"(?:Category|IncludeCapability))>\w{1,32}</\2>)?</" + PREFIX + rb"\1>)"
        ),
        "an ONVIF operation that needs no login", "ONVIF Core Specification, access class PRE_AUTH",
    ),
    only(
        "tcp", (),
        rb"(?:(?:OPTIONS|DESCRIBE) (?:\*|rtsp://[\x21-\x3f\x41-\x7e]{1,512}) RTSP/1\.0\r\n" + HEADERS + rb"){1,2}",
        "an RTSP request that reads", "RFC 2326, sections 10.1 and 10.2",
    ),
    only(
        "tcp", (), rb"\x16\x03[\0-\x04]..\x01\0.*",
        "the beginning of a TLS handshake", "RFC 8446, section 4.1.2",
    ),
)  # fmt: skip


def refuse(payload: bytes, port: int, transport: Transport) -> str | None:
    """Why this payload may not be sent to this port; None when it may. For `l2` the port does not matter."""
    forms = forms_for(port, transport)
    if not payload and (transport != "udp" or not forms):
        return None  # wakes the neighbour table at most
    if silent := SILENT.get((transport, port)):
        return f"nothing is written to {transport} port {port}: {silent}"
    if len(payload) > QUESTION_LIMIT:
        return f"{len(payload)} bytes are more than a question needs: long requests upset old firmware"
    if rule := forbidding(payload, port, transport):
        return f"{rule.why} ({rule.source})"
    if any(form.pattern.fullmatch(payload) for form in forms):
        return None
    allowed = ", ".join(form.what for form in forms) or "nothing"
    return f"{payload[:24]!r} is not among what may be sent to {transport} port {port}: {allowed}"


def forms_for(port: int, transport: Transport) -> tuple[Only, ...]:
    own = tuple(form for form in ONLY if form.transport == transport and port in form.ports)
    return own or tuple(form for form in ONLY if form.transport == transport and not form.ports)


def forbidding(payload: bytes, port: int, transport: Transport) -> Never | None:
    """The first rule that forbids this payload, as it is or with its percent-encoding undone."""
    disguised = {payload, unquote_to_bytes(payload), unquote_to_bytes(unquote_to_bytes(payload))}
    for rule in NEVER:
        concerns = rule.transport == transport and (not rule.ports or port in rule.ports)
        if concerns and any(rule.pattern.search(seen) for seen in disguised):
            return rule
    return None
