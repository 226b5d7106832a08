"""XML as devices write it: broken, oversized or hostile, and read all the same.

A well-formed document is parsed by lxml, with entities, DTDs and the network off. Anything else (an unescaped `&`,
a reply cut short, a fragment, a document type that could hide a bomb) is read by a pattern that takes complete
elements only: half a model name is a wrong model name.
"""

from __future__ import annotations

import html
import re
from functools import cache

from lxml import etree

from scanner.probes.contract import PAYLOAD_LIMIT
from scanner.probes.text import decode

ELEMENTS_LIMIT = 5_000  # a device description has some hundred; a bomb of siblings ends here

NAME = r"(?:[A-Za-z_][\w.-]{0,63}:)?"
LEAF = re.compile(rf"<{NAME}([A-Za-z_][\w.-]{{0,63}})(?:\s[^<>]*)?>([^<]*)</{NAME}\1\s{{0,8}}>")
START_TAG = re.compile(r"<[A-Za-z_][^<>]*(?:>|\Z)")
DECLARATION = re.compile(r"\s{0,8}(<\?xml[^<>]*>)")


def elements(payload: bytes) -> list[tuple[str, str]]:
    """Local name and text of every element that has text of its own, in document order. Never raises."""
    whole = payload[:PAYLOAD_LIMIT].strip(b" \t\r\n\0")
    if b"<!DOCTYPE" not in whole and b"<!ENTITY" not in whole:  # no camera needs one; bombs do
        try:
            return _parsed(whole)
        except (etree.XMLSyntaxError, ValueError):
            pass
    leaves = LEAF.findall(decode(whole))[:ELEMENTS_LIMIT]
    return [(name, stripped) for name, text in leaves if (stripped := html.unescape(text).strip())]


def root_tag(payload: bytes) -> str:
    """The first start tag as its firmware wrote it: prefix, attributes, their order and quotes; or ""."""
    found = START_TAG.search(decode(payload))
    return found[0] if found else ""


def prefix(tag: str) -> str:
    """The namespace prefix of a start tag: `env` of `<env:Envelope …>`, "" when it has none."""
    name = re.match(r"<([^\s>:/]+):", tag)
    return name[1] if name else ""


def declaration(payload: bytes) -> str:
    """The `<?xml …?>` line as it was written; some firmware is known by a blank in it."""
    found = DECLARATION.match(decode(payload))
    return found[1] if found else ""


@cache
def _parser() -> etree.XMLParser:
    """One parser for all documents: to make one costs as much as to read a reply with it."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _parsed(document: bytes) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for element in etree.fromstring(document, _parser()).iter("{*}*"):
        if text := (element.text or "").strip():
            found.append((element.tag.rpartition("}")[2], text))
        if len(found) >= ELEMENTS_LIMIT:
            break
    return found
