"""HTML: what a page calls itself, what it is made of, and where it sends its reader.

Also for parts of pages, as imports have them: a lone title, one script, a `<meta>` element.

Read by patterns and not by a parser: cameras close few tags, half a page must give as much as a whole one, and
every pattern here takes time linear in the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import msgspec

from scanner.model import Fields
from scanner.probes.contract import Unreadable
from scanner.probes.message import pieces
from scanner.probes.text import decode, gather

FIELDS = {
    "title": "title, blanks joined",
    "script": "address of each script, style sheet, form and frame",
    "meta": "each named <meta> as `name=content`",
    "redirect": "where a refresh or a script sends the reader",
    "pair": 'each `name=value` line and each `name="value"` of a script',
    "body": "the page, in pieces",
    "text": "the beginning of the page",
}

TITLE = re.compile(r"<title[^<>]{0,200}>([^<]*)", re.IGNORECASE)
TAG = re.compile(r"<(script|link|form|frame|iframe|meta)\b([^<>]{0,2000})>?", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""([\w:-]{1,40})\s{0,9}=\s{0,9}(?:"([^"]{0,1000})"|'([^']{0,1000})'|([^\s"'>]{1,1000}))"""
)
ADDRESSED_BY = {"script": "src", "link": "href", "form": "action", "frame": "src", "iframe": "src"}
REFRESH = re.compile(r"\s{0,9}[\d.]{0,9}\s{0,9}[;,]\s{0,9}url\s{0,9}=\s{0,9}[\"']?([^\"']+)", re.IGNORECASE)
SCRIPTED = re.compile(
    r"""\blocation(?:\.(?:href|pathname))?\s{0,9}(?:=|\.(?:replace|assign)\s{0,9}\()\s{0,9}["']([^"'<>]{1,500})["']"""
)
PAIR = re.compile(
    r"""(?:^|;)[ \t]{0,40}(?:var[ ])?(?P<name>[A-Za-z][\w.\[\]]{0,60})[ ]?=(?![=])[ ]?
        (?:"(?P<quoted>[^"\r\n]{0,300})"|'(?P<single>[^'\r\n]{0,300})'|(?P<plain>[^\r\n"'<>(){};]{0,300}))(?=;|\r?$)""",
    re.MULTILINE | re.VERBOSE,
)
LABELLED = re.compile(
    r"""<(?:td|span|div|p|label)[ ]id=["']([\w.-]{1,60})["']>([^<>]{1,200})<""", re.IGNORECASE
)
MARKUP = re.compile(
    r"\s{0,200}(?:\ufeff)?\s{0,200}<(?:!doctype html|html|head|title|meta|body|script|frameset)\b",
    re.IGNORECASE,
)


class Html(msgspec.Struct, frozen=True):
    title: str
    scripts: tuple[str, ...]
    redirects: tuple[str, ...]


def read(payload: bytes) -> Html:
    """Read a page or a part of one. Raises Unreadable when there is no HTML in it."""
    text = decode(payload)
    if not MARKUP.match(text) and not TITLE.search(text):
        raise Unreadable("no HTML element in it")
    found = gather(markup(text))
    return Html(found.get("title", ("",))[0], found.get("script", ()), found.get("redirect", ()))


def fields(payload: bytes) -> Fields:
    text = decode(payload)
    return gather((*markup(text), ("text", text)))


def markup(text: str) -> Iterator[tuple[str, str]]:
    """Every field but `text`. Shared with HTTP, whose bodies are mostly pages."""
    tagged = text if "<" in text else ""  # the patterns are slow, and many replies have no page
    for title in TITLE.findall(tagged):
        yield "title", " ".join(html.unescape(title).split())
    for tag, inside in TAG.findall(tagged):
        yield from element(tag.lower(), attributes(inside))
    for address in SCRIPTED.findall(text) if "location" in text else ():
        yield "redirect", address
    for pair in PAIR.finditer(text if "=" in text else ""):
        yield "pair", f"{pair['name']}={pair['quoted'] or pair['single'] or pair['plain'] or ''}"
    for name, value in LABELLED.findall(tagged):
        yield "pair", f"{name}={value.strip()}"
    for piece in pieces(text):
        yield "body", piece


def attributes(inside: str) -> dict[str, str]:
    return {name.lower(): html.unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(inside)}


def element(tag: str, having: dict[str, str]) -> Iterator[tuple[str, str]]:
    if tag != "meta":
        yield "script", having.get(ADDRESSED_BY[tag], "")
        return
    name, value = having.get("name") or having.get("http-equiv", ""), having.get("content", "")
    if name:
        yield "meta", f"{name}={value}"
    if name.lower() == "refresh" and (found := REFRESH.match(value)):
        yield "redirect", found[1].strip()


def icon(text: str) -> str:
    """The address of the page's icon, "" when it names none."""
    for tag, inside in TAG.findall(text):
        having = attributes(inside)
        if tag.lower() == "link" and "icon" in having.get("rel", "").lower().split():
            return having.get("href", "")
    return ""
