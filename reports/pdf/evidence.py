"""The summary of a bundle on paper. The same summary gives the same bytes on every machine: only the fonts inside of
typst are used, and the time is that of the state it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from reports.pdf import compiled, number, texts, written_out
from reports.pdf.fonts import without_machine
from reports.pdf.texts import LISTED, breakable, shown

MARKUP = files("reports") / "templates" / "evidence.typ"
MEANING = {
    "verified-removed": "recorded as removed, and enough looks that would have seen it did not",
    "not-seen": "not seen since, which proves nothing yet",
    "still-present": "seen after the time at which it is recorded as removed",
    "returned": "seen again after a look that did not see it",
    "moved": "seen since, elsewhere",
    "replaced": "another unit is where it was; its absence is not proved",
}


def render(summary: Mapping[str, Any]) -> bytes:
    """The document, from a summary with its `rows`: device, what it is, verdict, reasons."""
    fonts = without_machine()
    at = (
        datetime.fromisoformat(summary["made_of"]) if summary["made_of"] else datetime(1980, 1, 1, tzinfo=UTC)
    )
    rows = summary["rows"]
    content: Any = {
        "facts": [
            ["State", f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"],
            ["Head of the log", breakable(summary["head"])],
            ["Signed with", breakable(summary["key"])],
            [
                "Devices",
                f"{summary['devices']:,}" + (", all of the inventory" if summary["all_devices"] else ""),
            ],
            ["Recorded as removed", f"{summary['removals']:,}"],
            ["Kept back", ", ".join(summary["kept_back"]) or "nothing"],
        ],
        "counts": [
            [name, f"{summary['verdicts'].get(name, 0):,}", meaning] for name, meaning in MEANING.items()
        ],
        "rule": rule(summary["rule"]),
        "rows": [[shown(text, 400) for text in row] for row in rows[:LISTED]],
        "more": f"{len(rows) - LISTED:,} more stand in verdicts.jsonl." if len(rows) > LISTED else "",
    }
    missing = fonts.missing(texts(content))
    content = written_out(content, {ord(letter): number(letter) for letter in missing})
    return compiled(MARKUP.read_bytes(), content, fonts, at)


def rule(known: Mapping[str, Any]) -> str:
    """The rule in a sentence: its numbers by their names."""
    numbers = ", ".join(
        f"{name} {value}" for name, value in known.items() if name not in ("name", "replaced")
    )
    lighter = ", ".join(f"{name} {value}" for name, value in known["replaced"].items())
    return f"Rule {known['name']}: {numbers}; with its replacement at its port of the switch: {lighter}."
