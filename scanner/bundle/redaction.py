"""What is kept back from a bundle: addresses, names or serial numbers, wherever they stand.

Fields that hold them are left out by what they are. What is left may still repeat one: a model number, a request, a
reason of a verdict. So every text that goes into the bundle is searched for all values that are to be kept back, and
for anything that has the shape of an address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from scanner.evidence.log import SECRETS, Entry, Secret, without
from scanner.evidence.log import hides as kept_with

KEPT_BACK = "[kept back]"
SHORTEST, SHORTEST_NUMBER = (
    2,
    4,
)  # characters; a shorter name is a part of any word, a shorter number of any date
OURS = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?|[0-9a-f]{64}|\d{8}-\d{6}-\w+")  # times, digests, ids of runs
ADDRESS = re.compile(
    r"(?i)(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?!\w)"
    r"|(?<![0-9a-f:])(?:[0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}(?![0-9a-f:])"
    r"|(?<![0-9a-f:])(?=[0-9a-f:]*::|(?:[0-9a-f]+:){7})[0-9a-f:]{2,39}(?![0-9a-f:])"
)
LETTER = re.compile(r"\w")

DEVICE: dict[str, tuple[Secret, ...]] = {
    "subject": ("addresses",), "address": ("addresses",), "mac": ("addresses",), "serial": ("serials",),
    "site": ("names",), "building": ("names",), "floor": ("names",), "room": ("names",), "switch": ("names",),
    "switch_port": ("names",), "owner": ("names",), "asset": ("names", "serials"), "lease": ("names", "serials"),
    "contract": ("names", "serials"), "note": SECRETS, "conflicts": SECRETS,
}  # fmt: skip
"""The fields of a device, and with what each is left out."""

RUN: dict[str, tuple[Secret, ...]] = {
    "command": SECRETS, "settings": SECRETS, "targets": ("addresses",), "operator": ("names",),
    "authorisation": ("names",), "site": ("names",),
}  # fmt: skip
COVERAGE: dict[str, tuple[Secret, ...]] = {
    "targets": ("addresses",), "asked": ("addresses",), "mute": ("addresses",), "excluded": SECRETS,
    "unusable": SECRETS, "problems": SECRETS,
}  # fmt: skip
TOLD = ("maker", "brand", "category", "model", "firmware")  # attributes of claims that give nothing away


class Redaction:
    """What is kept back, and from what. With nothing to keep back it changes nothing."""

    def __init__(self, secrets: Collection[Secret], values: Iterable[str] = ()) -> None:
        self.secrets = tuple(one for one in SECRETS if one in secrets)
        self._values: dict[int, set[str]] = {}
        for value in values:
            folded = value.strip().casefold()
            if len(folded) >= (SHORTEST_NUMBER if folded.isdigit() else SHORTEST):
                self._values.setdefault(len(folded), set()).add(folded)

    def __bool__(self) -> bool:
        return bool(self.secrets)

    def hides(self, by: Collection[Secret]) -> bool:
        return any(one in self.secrets for one in by)

    def text(self, text: str) -> str:
        """A text without what is to be kept back."""
        if not self.secrets or OURS.fullmatch(text):
            return text
        if "addresses" in self.secrets:
            text = ADDRESS.sub(KEPT_BACK, text)
        folded = text.casefold()
        if len(folded) != len(text):  # letters whose small form is longer: nobody can say where they stand
            return KEPT_BACK
        found: list[tuple[int, int]] = []
        for length in sorted(self._values, reverse=True):
            values = self._values[length]
            for at in range(len(folded) - length + 1):
                if folded[at : at + length] in values and whole(folded, at, at + length):
                    found.append((at, at + length))
        for start, end in reversed(merged(found)):
            text = text[:start] + KEPT_BACK + text[end:]
        return text

    def safe(self, value: Any) -> Any:
        """The same tree of texts, lists and dicts, without what is to be kept back."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {name: self.safe(part) for name, part in value.items()}
            case list() | tuple():
                return [self.safe(part) for part in value]
            case _:
                return value

    def fields(self, row: Mapping[str, Any], known: Mapping[str, tuple[Secret, ...]]) -> dict[str, Any]:
        """A row without the fields that would tell what is kept back, and the rest of it made safe."""
        return {name: self.safe(value) for name, value in row.items() if not self.hides(known.get(name, ()))}

    def device(self, row: dict[str, Any]) -> dict[str, Any]:
        if not self.secrets:
            return row
        evidence = [
            {"fingerprint": one["fingerprint"], "attribute": one["attribute"], "strength": one["strength"],
             "protocol": one["protocol"]} | ({"value": self.safe(one["value"])} if one["attribute"] in TOLD else {})
            for one in row["evidence"]
        ]  # fmt: skip
        return self.fields(row, DEVICE) | {"evidence": evidence}

    def run(self, row: dict[str, Any]) -> dict[str, Any]:
        if not self.secrets:
            return row
        return self.fields(row, RUN) | {"coverage": self.fields(row["coverage"], COVERAGE)}

    def removal(self, row: dict[str, Any]) -> dict[str, Any]:
        """A record; what was attached may show anything, so that only its hash is left."""
        if not self.secrets:
            return row
        kept = {name: value for name, value in row.items() if not self.hides(removal_field(name))}
        attachments = [{name: one[name] for name in ("sha256", "role", "size")} for one in row["attachments"]]
        return {name: self.safe(value) for name, value in kept.items()} | {"attachments": attachments}

    def entry(self, entry: Entry) -> Entry:
        """An entry of the log: fields are closed, never changed, so that the proofs of the rest stay."""
        if not self.secrets:
            return entry
        kept = without(entry, self.secrets)
        told = [name for name, (_, value) in kept.open.items() if self.safe(value) != listed(value)]
        for name in told:
            kept.open.pop(name)
        return kept


def removal_field(name: str) -> tuple[Secret, ...]:
    return () if name in ("id", "device", "recorded", "attachments") else kept_with(name)


def listed(value: Any) -> Any:
    """The same, with lists for tuples: what `safe` would make of it if it kept nothing back."""
    match value:
        case dict():
            return {name: listed(part) for name, part in value.items()}
        case list() | tuple():
            return [listed(part) for part in value]
        case _:
            return value


def whole(text: str, start: int, end: int) -> bool:
    """Whether a place is no part of a longer word: a short name is not to be found in every other word. A long value is
    one wherever it stands."""
    if end - start > 5:
        return True
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before and LETTER.match(before)) and not (after and LETTER.match(after))


def merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made
