"""From the bytes of a reply to the fields of a probe: decoding, bounding, and pairs in loose notations.

Every `fields()` ends in `gather`, so that no reply, however hostile, gives fingerprints more than FIELD_LIMIT
characters a value and VALUES_LIMIT values a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scanner.probes.contract import FIELD_LIMIT, PAYLOAD_LIMIT

VALUES_LIMIT = 128  # values of one field; the longest honest list seen is the thirty scopes of an encoder

Pairs = Iterable[tuple[str, str]]


def decode(payload: bytes) -> str:
    """The text of a reply: UTF-8 when it is that, else Latin-1, which loses no byte. Bounded."""
    head = payload[:PAYLOAD_LIMIT]
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        # A limit or a datagram's end may cut one character in two: that makes no other encoding of the rest.
        cut_short = error.reason == "unexpected end of data"
        return head.decode(errors="replace") if cut_short else head.decode("latin-1")


def gather(pairs: Pairs) -> dict[str, tuple[str, ...]]:
    """Group (field, value) pairs, in order, without empty or repeated values, within the bounds."""
    found: dict[str, dict[str, None]] = {}
    for name, value in pairs:
        if clean := value[:FIELD_LIMIT].strip(" \t\r\n\0"):
            if (values := found.get(name)) is None:
                found[name] = {clean: None}
            elif len(values) < VALUES_LIMIT:
                values[clean] = None
    return {name: tuple(values) for name, values in found.items()}


LINE = re.compile(r"^[ \t]*(?P<name>[A-Za-z_][\w.-]{0,63})[ \t]*[:=][ \t]*(?P<value>[^\r\n]*)", re.MULTILINE)
IN_BRACES = re.compile(
    r"""(?<![\w.:/-])u?(?P<quote>["']?)(?P<name>[A-Za-z_]\w{0,63})(?P=quote)\s{0,8}(?:=>|:|=(?!>))\s{0,8}
        (?: u?"(?P<double>[^"\r\n]*)"(?=\s{0,8}(?:[,}\]\r\n]|\Z))
          | u?'(?P<single>[^'\r\n]*)'(?=\s{0,8}(?:[,}\]\r\n]|\Z))
          | u?["'](?P<unclosed>[^"',{}\r\n]+)
          | (?P<bare>[^\s,;{}\[\]"']+))""",
    re.VERBOSE,
)


def loose_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Pairs in whatever notation: `name: value` lines, or the JSON, Python or Ruby of a dictionary, even broken."""
    if "{" in text:
        for pair in IN_BRACES.finditer(text):
            value = next(filter(None, pair.group("double", "single", "unclosed", "bare")), "")
            yield pair["name"], value.replace("\\/", "/")
    else:
        for line in LINE.finditer(text):
            yield line["name"], line["value"].strip(" \t\"',;")
