"""The census as CSV: one row a device, columns named like the JSON keys, safe to open in a spreadsheet.

A spreadsheet runs a cell that begins like a formula, and a device may call itself `=HYPERLINK(…)`. Such a cell gets
a leading apostrophe. Where the semicolon is the list separator a spreadsheet also cuts our cells at semicolons, so
the same holds behind each of them. (OWASP, "CSV Injection".)
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from reports import unseen
from reports.content import Census
from reports.language import Language, english
from reports.unseen import BlindSpot
from scanner.blind_spots import BlindSpots
from scanner.inventory.records import Device
from scanner.model import Claim

COLUMNS = ("id", *(name for name in Device.__struct_fields__ if name != "id"))
AT_ONCE = 500  # rows
CELL_LIMIT = 32_767  # characters; Excel refuses or cuts longer cells

FORMULA = re.compile(r"""(^|;)([\s"]*)(?=[=+\-@＝＋－＠])""")
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode categories: control, format, surrogate, line separators


def render(census: Census, *, byte_order_mark: bool = False) -> bytes:
    """The devices of the census as a CSV file in UTF-8 (RFC 4180)."""
    return b"".join(pieces(census, byte_order_mark=byte_order_mark))


def pieces(census: Census, *, byte_order_mark: bool = False) -> Iterator[bytes]:
    """The same, a few hundred rows at a time."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    yield codecs.BOM_UTF8 if byte_order_mark else b""
    writer.writerow(COLUMNS)
    for number, device in enumerate(census.devices, 1):
        writer.writerow(row(device))
        if number % AT_ONCE == 0:
            yield file.getvalue().encode()
            file.seek(0)
            file.truncate()
    yield file.getvalue().encode()


def render_blind_spots(
    found: Sequence[BlindSpots], *, byte_order_mark: bool = False, language: Language | None = None
) -> bytes:
    """What was not seen as a CSV file of its own: one row a blind spot, and one for each site without any."""
    say = language or english()
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("site", "known", "covered", *BlindSpot.__struct_fields__))
    for site in found:
        about = (harmless(unseen.site_name(site, say)), site.known, site.covered)
        for spot in list(unseen.lines(site, say)) or (None,):
            nothing = ("", say.say("unseen.nothing"), "", 0, None, None)
            values = msgspec.structs.astuple(spot) if spot else nothing
            writer.writerow((*about, *(harmless(text(value)) for value in values)))
    return (codecs.BOM_UTF8 if byte_order_mark else b"") + file.getvalue().encode()


def row(device: Device) -> Iterator[str]:
    for column in COLUMNS:
        value = getattr(device, column)
        yield "" if value is None else harmless(text(value))


def text(value: object) -> str:
    """Spell a value as JSON does, lists joined by `; ` and each claim by the fingerprint that made it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return str(msgspec.to_builtins(value))
        case Claim():
            return value.fingerprint
        case tuple():
            return "; ".join(dict.fromkeys(text(item) for item in value))
        case _:
            return str(value)


def harmless(cell: str) -> str:
    """Take out what is invisible, and make sure that nothing runs."""
    visible = cell if cell.isprintable() else "".join(
        " " if letter in "\t\r\n" else letter
        for letter in cell
        if letter in "\t\r\n" or unicodedata.category(letter) not in INVISIBLE
    )  # fmt: skip
    return FORMULA.sub(r"\1'\2", visible)[:CELL_LIMIT]
