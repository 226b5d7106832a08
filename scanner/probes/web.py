"""A web server on a device: what is asked of it, in which order, and what each reply is.

On the wire   at most ten short requests on one connection: the front page and where it leads, its icon, the makers'
              pages that answer before login, and ONVIF. Nothing is followed off the device, no query is repeated,
              no page whose name sounds like an action is opened.
Answers       every reply is evidence; what it looks like decides which further questions are worth asking, and
              nothing else: who made the device is for the fingerprints to say.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urljoin, urlsplit

from scanner.model import Outcome, Protocol
from scanner.probes import favicon, html, http, isapi, message, onvif
from scanner.probes.contract import Question
from scanner.probes.text import decode

Leaning = Literal["hikvision", "dahua", "other"]

STEPS = 3  # pages from the front door to the login; a circle of redirects ends here
PATH_LIMIT = 200  # characters: long paths have crashed web servers of cameras
PATH = re.compile(r"/[!-~]*")
ACTION = re.compile(
    r"reboot|restart|reset|restore|factory|upgrade|update|format|delete|remove|shutdown|halt|logout|auth=|\bset(?!up)|\bsave|//|\.\.",
    re.IGNORECASE,
)
DEVICE_TYPE = "/cgi-bin/magicBox.cgi?action=getDeviceType"
DESCRIPTIONS = ("/upnpdevicedesc.xml", "/upnp_device_desc.xml")  # Hikvision's and Dahua's

LOOKS_LIKE: tuple[tuple[Leaning, re.Pattern[str]], ...] = (
    ("hikvision", re.compile(
        r"^Server: *(?:Hikvision|DNVRS|DVRDVS|App-webs|webs?\b|webserver)|/doc/(?:page|index)|IP Camera\("
        r"|(?:hikvision|isapi|std-cgi)\.(?:com|org)/ver\d", re.IGNORECASE | re.MULTILINE)),
    ("dahua", re.compile(
        r"^CONTENT-LENGTH: |^P3P: CP=CAO PSA OUR|Login to [0-9A-Za-z]{8}|RPC2_Login|@WebVersion@", re.MULTILINE)),
    ("other", re.compile(
        r"^Server: *(?:Microsoft-|CUPS|HP|EWS-NIC|Jetty|Tomcat|VMware|Synology|Cisco|Virata|KM-MFP|MiniServ|Mikrotik)"
        r'|realm="AXIS_|/axis-cgi/|X-Synology', re.IGNORECASE | re.MULTILINE)),
)  # fmt: skip


def page(path: str, authority: str) -> Question:
    return Question(f"GET {path}", http.request(path, authority))


def leaning(reply: bytes) -> Leaning | None:
    """Which family of devices a reply looks like, for choosing what to ask next."""
    text = decode(reply)
    return next((family for family, pattern in LOOKS_LIKE if pattern.search(text)), None)


def makers_questions(looks_like: Leaning | None, authority: str) -> tuple[Question, ...]:
    """The makers' own pages that are worth a request: both makers' where nothing is known yet."""
    hikvision = (
        isapi.question(isapi.DEVICE_INFO, authority),
        isapi.question(isapi.ACTIVATE_STATUS, authority),
    )
    dahua = (page(DEVICE_TYPE, authority),)
    match looks_like:
        case "hikvision":
            return hikvision
        case "dahua":
            return dahua
        case "other":
            return ()
    return (*hikvision, *dahua)


def leads_to(reply: bytes, url: str) -> str:
    """Where a reply sends its reader: a Location header, a refresh, or a script that every browser runs; or ""."""
    found = message.parse(reply)
    if found.status and 300 <= found.status < 400:
        return _joined(url, found.first("location"))
    return _joined(url, next(iter(html.fields(message.content(found)).get("redirect", ())), ""))


def safe_path(url: str) -> str:
    """The path of a URL that may be opened, without its query; "" for what sounds like an action."""
    path = urlsplit(url).path or "/"
    return path if PATH.fullmatch(path) and len(path) <= PATH_LIMIT and not ACTION.search(path) else ""


def icon_path(reply: bytes, url: str) -> str:
    """The path of the icon: the page's own where it is on the same server, else the customary one."""
    at = _joined(url, html.icon(decode(message.content(message.parse(reply)))))
    same_server = at and urlsplit(at)[:2] == urlsplit(url)[:2]
    return (safe_path(at) if same_server else "") or "/favicon.ico"


def _joined(url: str, address: str) -> str:
    try:
        at = urljoin(url, address) if address else ""
        urlsplit(at).port  # noqa: B018 - raises here, for all later readers
        return at
    except ValueError:  # an address such as http://[:: or a port of 99999
        return ""


def what_it_is(reply: bytes, asked: Protocol = "http") -> tuple[Protocol, Outcome]:
    """The protocol of a reply, by its looks, and whether it answers in the protocol that was asked."""
    if reply[:5].upper() == b"RTSP/":
        return "rtsp", Outcome.ANSWERED if asked == "rtsp" else Outcome.UNREADABLE
    found = message.parse(reply)
    if found.status is None and not html.MARKUP.match(decode(found.body)):
        return asked, Outcome.UNREADABLE
    if found.status == 200 and favicon.picture(reply):
        return "favicon", Outcome.ANSWERED
    return _document(message.content(found)), Outcome.UNREADABLE if asked == "rtsp" else Outcome.ANSWERED


def wants_encryption(reply: bytes) -> bool:
    """Whether a reply in clear says that this port wants TLS, as many web servers do."""
    found = message.parse(reply)
    return found.status == 400 and b"HTTPS" in found.body.upper()


def _document(body: bytes) -> Protocol:
    beginning = decode(body[:1000]).lstrip("\ufeff \t\r\n")
    if not beginning.startswith("<") or html.MARKUP.match(beginning):
        return "http"
    if onvif.ENVELOPED.search(beginning):
        return "onvif"
    if "schemas-upnp-org" in beginning:
        return "upnp-xml"
    return "isapi" if isapi.OWN.search(beginning) else "http"
