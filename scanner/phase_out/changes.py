"""A workbook or CSV file of the plan, as somebody edited it: what it changes, and what it cannot, row by row.

An edit is what differs from the version that the row was exported from. A row that was edited, and whose item was
changed in the inventory since, is a conflict and refused; one that was not edited is no conflict. Nothing is deleted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from scanner.errors import CamcensusError
from scanner.inventory.plan_items import Edit
from scanner.phase_out import columns, sheets, specification, workbook
from scanner.phase_out.items import EDITABLE, Wrong, plain, read
from scanner.phase_out.plan import Unit
from scanner.phase_out.sheets import Line, Sheets
from scanner.phase_out.specification import Value, spelt
from scanner.registers.entries import Problem
from scanner.registers.tables import tables

MARK = re.compile(r"v(\d{1,18})-([0-9a-f]{6})-([0-9a-f]{6})")
HARMLESS = re.compile(r"""(^|;)([\s"]*)'(?=[=+\-@＝＋－＠])""")
LOOKED_AT = (
    "site",
    "building",
    "floor",
    "room",
    "address",
    "mac",
    "model",
    "serial",
)  # of what is not edited here

Later = Callable[[str, int], Sequence[Mapping[str, Any]]]
"""The changes of an item after a version, in the order of time: `plan_items.since`."""


class Edited(NamedTuple):
    """A row that changes something."""

    line: Line
    edit: Edit


class Changes(msgspec.Struct):
    """What a file changes, and what not."""

    sheets: Sheets
    edits: list[Edited]
    problems: list[Problem]  # of rows that are refused
    notes: list[Problem]  # of rows that are used, or change nothing
    rows: int
    unchanged: int  # rows that say what they said when they were exported, or what the inventory says already
    missing: (
        tuple[str, ...] | None
    )  # devices that were exported and have no row; None: the file does not tell

    def refuse(self, line: Line, wrong: Wrong) -> None:
        """Note that the inventory refused an edit."""
        self.problems.append(self.sheets.problem(line, wrong.field, str(wrong)))


def of(path: Path, units: Iterable[Unit], later: Later, *, encoding: str | None = None) -> Changes:
    """Compare a file with the plan. Raises CamcensusError when it is no file of a plan."""
    known = {one.device.id: one for one in units}
    synonyms = {name: (heading, name) for name, heading in workbook.headings().items()}
    found = sheets.read(path, synonyms, "device", encoding=encoding)
    if workbook.VERSION not in found.headings:
        raise CamcensusError(
            f"{path} has no column {workbook.headings()[workbook.VERSION]!r}",
            why="without it nobody can tell what was changed since the plan was exported",
            fix="begin with: camcensus plan export FILE",
        )
    made = Changes(found, [], list(found.problems), [], len(found.lines) + len(found.problems), 0, None)
    for line in _single(found, made.problems):
        try:
            _row(made, line, known, later)
        except Wrong as wrong:
            made.refuse(line, wrong)
    made.missing = _missing(path, found)
    return made


def _row(made: Changes, line: Line, known: Mapping[str, Unit], later: Later) -> None:
    unit = known.get(line.cells["device"])
    if unit is None:
        raise Wrong("device", f"there is no device {line.cells['device'][:40]!r} in the plan")
    version, decoded = _versions(line, unit)
    since = later(unit.device.id, version) if version != unit.item.version else ()
    said = _said(line, unit, since)
    filled = _filled(line, unit, since)
    _note_unused(made, line, unit)
    if not said and not filled:
        made.unchanged += 1
        return
    if formula := next((name for name in (*said, *filled) if name in line.formulas), None):
        raise Wrong(formula, "it holds a formula: put its value there instead")
    values = read(said)
    needs = {name: _value(name, text) for name, text in filled.items()}
    if since and _already(unit, values, needs):
        made.unchanged += 1
        return
    if since:
        told = "; ".join(
            f"{one['by'] or 'somebody'} changed {str(one['field']).removeprefix('plan ')} to {one['after']} "
            f"on {one['at'][:10]}"
            for one in since[:3]
        )
        raise Wrong(
            workbook.VERSION, f"the item was changed since the export ({told})", "export the plan anew"
        )
    if filled and decoded != workbook.decoded(unit):
        raise Wrong(
            next(iter(filled)), "what was decoded is another since the export", "export the plan anew"
        )
    why = values.get("remark") or ""
    source = f"{made.sheets.file}, {'sheet ' + line.sheet + ', ' if line.sheet else ''}row {line.row}"
    made.edits.append(Edited(line, Edit(unit.device.id, values, needs, why, source, unit.item.version)))


def _already(unit: Unit, values: Mapping[str, str | None], needs: Mapping[str, Value | None]) -> bool:
    """Whether an item is already what a row makes of it: the file was imported before, or two people agreed."""
    now, filled = plain(unit.item), unit.item.filled
    return all(now[name] == value for name, value in values.items()) and all(
        (filled[name].value if name in filled else None) == value for name, value in needs.items()
    )


def _versions(line: Line, unit: Unit) -> tuple[int, str]:
    """The version of the item that a row was made from, and the check of what was decoded then."""
    text = line.cells[workbook.VERSION]
    found = MARK.fullmatch(text)
    if not found or found[2] != workbook.check(unit.device.id, int(found[1])):
        raise Wrong(
            workbook.VERSION,
            f"{text[:40]!r} is not the version of {unit.device.id}: was the row copied, or filled down?",
            "take the row from a new export",
        )
    if int(found[1]) > unit.item.version:
        raise Wrong(
            workbook.VERSION, "the row is newer than the inventory: was it exported from another one?"
        )
    return int(found[1]), found[3]


def _said(line: Line, unit: Unit, since: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """The cells of what people say that were edited, as texts."""
    then = plain(unit.item) | _before(since, EDITABLE)
    found: dict[str, str | None] = {}
    for name in EDITABLE:
        if name in line.cells and not _same(line.cells[name], then[name] or ""):
            text = _plain(line.cells[name])
            try:  # typed anew, in another spelling
                if text and EDITABLE[name](text) == then[name]:
                    continue
            except ValueError:
                pass
            found[name] = text or None
    return found


def _filled(line: Line, unit: Unit, since: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The cells of what a replacement needs that were edited, as texts."""
    now = columns.required(unit)
    decoded = columns.required(unit, decoded=True)
    before = _before(since, columns.NEEDED)
    found: dict[str, str] = {}
    for name in columns.NEEDED:
        if name not in line.cells:
            continue
        then = workbook.shown(now[name])
        if name in before:
            then = before[name] or workbook.shown(decoded[name])
        text = _plain(line.cells[name])
        if _same(line.cells[name], then):
            continue
        if text and then and _spelt(name, text) == then:
            continue
        if not text and name not in unit.item.filled:
            raise Wrong(name, "what was decoded cannot be emptied", "write what is right instead")
        found[name] = text
    return found


def _spelt(name: str, text: str) -> str | None:
    try:
        return spelt(specification.read(name, text))
    except ValueError:
        return None


def _value(name: str, text: str) -> Value | None:
    try:
        return specification.read(name, text) if text else None
    except ValueError as error:
        raise Wrong(name, str(error)) from None


def _before(since: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, str | None]:
    """What fields held before the changes after a version: the oldest change tells."""
    wanted = {f"plan {name}": name for name in names}
    found: dict[str, str | None] = {}
    for row in since:
        if row["field"] in wanted:
            found.setdefault(wanted[row["field"]], row["before"])
    return found


def _same(cell: str, text: str) -> bool:
    return workbook.shown(text) in (cell, _plain(cell))


def _plain(cell: str) -> str:
    """A cell without the apostrophes that keep it from running in CSV."""
    return HARMLESS.sub(r"\1\2", cell)


def _note_unused(made: Changes, line: Line, unit: Unit) -> None:
    """A cell that differs in what the plan does not change."""
    row = columns.row(unit)
    for name in LOOKED_AT:
        if name in line.cells and not _same(line.cells[name], workbook.shown(row[name])):
            text = f"not used: the inventory has {workbook.shown(row[name])[:60]!r}"
            made.notes.append(made.sheets.problem(line, name, text))


def _single(found: Sheets, problems: list[Problem]) -> Iterable[Line]:
    """The rows that name a device of their own. Of two that say the same the first counts; of two that do not, none."""
    by_device: dict[str, list[Line]] = defaultdict(list)
    for line in found.lines:
        if line.cells["device"]:
            by_device[line.cells["device"]].append(line)
        else:
            problems.append(
                found.problem(line, "device", "it names no device: new rows cannot be added here")
            )
    for device, (first, *rest) in by_device.items():
        alike = all(one.cells == first.cells for one in rest)
        for one in rest if alike else (first, *rest) if rest else ():
            others = ", ".join(str(other.row) for other in (first, *rest) if other is not one)
            text = f"{device} is also in row {others}" + (
                ", word for word" if alike else ", and says something else"
            )
            problems.append(found.problem(one, "device", text))
        if alike:
            yield first


def _missing(path: Path, found: Sheets) -> tuple[str, ...] | None:
    """The devices on the hidden list of what was exported that have no row any more."""
    try:
        (table,) = tables(path, sheet=workbook.LIST)
    except CamcensusError:
        return None
    rows = {line.cells["device"] for line in found.lines} | found.refused
    listed = [row.cells[0] for row in table.rows if row.cells and row.cells[0] and row.number > 1]
    return tuple(device for device in listed if device not in rows)
