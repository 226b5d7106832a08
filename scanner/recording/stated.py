"""What a reply states under a name: `<ssid>…</ssid>`, `"ssid": "…"`, `ssid=…`. Many replies are read by no probe."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

SHAPES = (
    r"<(?:[\w-]+:)?(?:{keys})(?:\s[^<>]{{0,200}})?>([^<>]{{1,256}})<",
    r'"(?:{keys})"\s*:\s*"((?:[^"\\]|\\.){{1,256}})"',
    r'"(?:{keys})"\s*:\s*(-?\d[\d.]{{0,30}})',
    r"(?m)(?:^|[.&?;])(?:{keys})=([^\r\n&<>]{{1,256}})",
    r"(?m)^(?:{keys}):[ \t]*([^\r\n<>]{{1,256}})",
)
JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


class Stated:
    """Finds the values stated under some names, given as a pattern; capitals or not is all the same."""

    def __init__(self, keys: str) -> None:
        self._shapes = [re.compile(shape.format(keys=keys).encode(), re.IGNORECASE) for shape in SHAPES]

    def in_(self, payloads: Iterable[bytes]) -> Iterator[str]:
        """The values, their escapes read; in the order in which they stand."""
        for payload in payloads:
            for shape in self._shapes:
                for found in shape.finditer(payload):
                    text = found[1].decode("utf-8", "replace").strip().strip("'\"")
                    yield unquote(html.unescape(JSON_ESCAPE.sub(lambda it: chr(int(it[1], 16)), text)))
