"""What do system descriptions tell? Score them against the recordings of devices that LibreNMS tests itself with.

    python -m tests.benchmarks.snmprec LIBRENMS [--misses] [--part looked-at|held-out]

LIBRENMS is a checkout of librenms/librenms: its recordings are data here and are not part of this project. It holds
`tests/snmpsim/*.snmprec` (what a device answered), `tests/data/*.json` (hardware, version and serial that LibreNMS
found out) and `resources/definitions/os_detection/*.yaml` (what it calls the kind of device). Only what a description
itself states is asked for. Half of the recordings, chosen by a hash of the description, was never looked at while
fingerprints were written. `--misses` prints those of the other half only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from fingerprints import Library
from scanner.identify import identify
from scanner.model import Identification, Observation
from tests.benchmarks.corpus import COVERED, line

SYSTEM = "1.3.6.1.2.1.1."
ATTRIBUTES = {"model": "hardware", "firmware": "version", "serial": "serial"}  # ours: LibreNMS's
# Kinds of devices that are software, or that LibreNMS names after no maker: a description states nobody there.
NOBODY = {
    "linux",
    "netsnmp",
    "ping",
    "generic",
    "windows",
    "freebsd",
    "openbsd",
    "netbsd",
    "dragonfly",
    "solaris",
}
WORD = re.compile(r"[a-z0-9]+")
# Words of their names that name no maker.
GENERIC = frozenset(
    re.findall(
        r"\w+",
        "access ac agent ap appliance camera card controller dc device director dvr energy environment ethernet fm "
        "gw ip laser management manager module network networks nvr office ont operating optical os panel pdu phone "
        "point power print printer prime probe rack receiver router sensor series server software storage switch "
        "system systems transmitter ts unit ups voip web wireless firewall link sn ns nms linux smart ats adapter "
        "snmp ems",
    )
)
KERNEL = re.compile(r"(?:Linux|FreeBSD|NetBSD|SunOS|HP-UX) \S+ ")  # what follows the host name is no firmware
SYSTEM_OF_A_COMPUTER = re.compile(r"^(?:amd64|x86_64|i[3-6]86|0x)|\bCPU\b|\(Linux Kernel")


class Recording(msgspec.Struct, frozen=True):
    """What one device answered, and what LibreNMS makes of it."""

    name: str
    os: str
    maker: str  # words of the names that LibreNMS has for the kind of device
    description: str
    object_id: str
    told: dict[str, str]  # hardware, version, serial

    @property
    def held_out(self) -> bool:
        """Whether nobody looked at it."""
        return hashlib.sha256(self.description.encode()).digest()[0] % 2 == 0

    def states(self, attribute: str) -> str | None:
        """A model, firmware or serial number that stands in the description as such."""
        value = self.told.get(ATTRIBUTES[attribute], "").strip()
        if len(value) < 3 or not re.search(r"\d", value) or SYSTEM_OF_A_COMPUTER.search(value):
            return None
        if KERNEL.match(self.description) and attribute == "firmware" and self.description.find(value) < 60:
            return None
        whole = rf"(?i)(?<![a-z0-9]){re.escape(value)}(?![a-z0-9])"
        return value if re.search(whole, self.description) else None

    @property
    def names_maker(self) -> bool:
        """Whether the description holds the name of the maker, or the device's model."""
        words = set(WORD.findall(self.description.lower()))
        return bool(words & (set(self.maker.split()) - GENERIC)) or self.states("model") is not None


def recordings(checkout: Path) -> Iterator[Recording]:
    """Every recording whose kind LibreNMS tells, one of each description."""
    kinds = dict(definitions(checkout / "resources/definitions/os_detection"))
    seen: set[str] = set()
    for file in sorted((checkout / "tests/snmpsim").glob("*.snmprec")):
        values = dict(system_group(file))
        description, object_id = values.get(f"{SYSTEM}1.0", ""), values.get(f"{SYSTEM}2.0", "").lstrip(".")
        truth = told(checkout / "tests/data" / f"{file.stem}.json")
        os = truth.get("os") or kind_of(file.stem, kinds)
        if description.strip() and description not in seen and os in kinds and os not in NOBODY:
            seen.add(description)
            yield Recording(file.stem, os, kinds[os], description, object_id, truth)


def definitions(folder: Path) -> Iterator[tuple[str, str]]:
    """Each kind of device, and the words that may name its maker: of its text and of its icon."""
    for file in sorted(folder.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        found = dict(re.findall(r"""(?m)^(os|text|icon): *['"]?([^'"\n]+)""", text))
        words = WORD.findall(f"{found.get('text', '')} {found.get('icon', '')}".lower())
        yield found.get("os", file.stem), " ".join(word for word in words if len(word) > 1)


def kind_of(stem: str, kinds: dict[str, str]) -> str:
    """The kind of device that a recording is named after: `ios_c3825` is an `ios`."""
    return next((stem[:at] for at in range(len(stem), 1, -1) if stem[:at] in kinds), "")


def system_group(file: Path) -> Iterator[tuple[str, str]]:
    """Object id and value of the first lines of a recording: `1.3.6.1.2.1.1.1.0|4|text`."""
    for row in file.read_text(encoding="utf-8", errors="replace").split("\n"):
        if row.startswith(SYSTEM) and row.count("|") >= 2:
            oid, kind, value = row.split("|", 2)
            yield oid, bytes.fromhex(value).decode("utf-8", "replace") if kind.endswith("x") else value


def told(file: Path) -> dict[str, str]:
    """What LibreNMS found out about a recording, the first of its devices."""
    if not file.exists():
        return {}
    found = json.loads(file.read_text(encoding="utf-8")).get("os", {}).get("discovery", {}).get("devices", [])
    devices = list(found.values()) if isinstance(found, dict) else found
    return {key: str(value) for key, value in devices[0].items() if value} if devices else {}


def plain(text: str) -> str:
    """A text as it is compared: without regard to case, signs, and the word before a version."""
    return re.sub(r"^(?:version|ver|v|rev|r|s/?n)(?=\d)", "", re.sub(r"[\s_:.-]+", "", text.lower()))


def same(truth: str, said: str | None) -> bool:
    """Whether a value was extracted. Of several words those with digits count, or the first version."""
    if not said:
        return False
    telling = [
        " ".join(word for word in text.lower().split() if re.search(r"\d", word)) for text in (truth, said)
    ]
    longer, shorter = sorted((plain(truth), plain(said)), key=len, reverse=True)
    version = re.search(r"(?<![\w.])[vR]?\d+\.[\w.-]*\w", truth)
    return (
        longer == shorter
        or telling[0] == telling[1]
        or longer.startswith((f"{shorter}build", f"{shorter}(build"))
        or (" " in truth and version is not None and plain(version[0]) == plain(said))
    )


def asked(one: Recording, protocol_text: str, library: Library) -> Identification:
    return identify([Observation(protocol="snmp", payload=protocol_text.encode())], library)


def report(some: Sequence[Recording], library: Library, title: str) -> None:
    """Print the table of one half."""
    print(f"\n== {title}: {len(some)} recordings of {len({one.os for one in some})} kinds of devices")
    texts: dict[str, Callable[[Recording], str]] = {
        "description": lambda one: f"sysDescr: {one.description}",
        "object id": lambda one: f"sysObjectID: {one.object_id}",
        "both": lambda one: f"sysDescr: {one.description}\nsysObjectID: {one.object_id}",
    }
    for name, text in texts.items():
        answers = [
            (one, asked(one, text(one), library)) for one in some if name != "object id" or one.object_id
        ]
        others = [(one, it) for one, it in answers if not ours(one)]
        print(f"  by {name}")
        line("  Hikvision and Dahua, maker right", (it.maker in COVERED for one, it in answers if ours(one)))
        line("  others accused", (it.maker in COVERED for _, it in others))
        line("  others, any maker named", (it.maker == "other" for _, it in others))
        if name == "object id":
            continue
        line("  others that state their maker or model, named",
             (it.maker == "other" for one, it in others if one.names_maker))  # fmt: skip
        for attribute in ATTRIBUTES:
            stated = [(one.states(attribute), getattr(it, attribute)) for one, it in answers]
            line(f"  {attribute} that it states", (same(value, said) for value, said in stated if value))


def ours(one: Recording) -> bool:
    """Whether it is of one of the two makers that the census looks for."""
    return any(maker in one.maker.split() for maker in COVERED)


def misses(some: Sequence[Recording], library: Library) -> None:
    """Print what came out wrong, of the half that may be looked at."""
    for one in some:
        it = asked(one, f"sysDescr: {one.description}", library)
        wrong = [] if it.maker == "other" or ours(one) or not one.names_maker else ["maker"]
        wrong += [
            key for key in ATTRIBUTES if (value := one.states(key)) and not same(value, getattr(it, key))
        ]
        if wrong:
            values = {key: (one.states(key), getattr(it, key)) for key in ATTRIBUTES if one.states(key)}
            print(f"\n{one.name}: {', '.join(wrong)}; is {one.maker}, told {it.maker_name}; {values}")
            print(f"    {one.object_id} {one.description!r}")


def main() -> None:
    """Score the recordings and print the tables."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("checkout", type=Path, help="a checkout of librenms/librenms")
    arguments.add_argument("--misses", action="store_true", help="print the wrong ones of the half looked at")
    arguments.add_argument("--part", choices=("looked-at", "held-out"), help="report this half only")
    chosen = arguments.parse_args()
    library, every = Library.load(), list(recordings(chosen.checkout))
    looked_at = [one for one in every if not one.held_out]
    kinds = {one.os for one in looked_at}
    if chosen.part != "held-out":
        report(looked_at, library, "looked at")
    if chosen.part != "looked-at":
        held_out = [one for one in every if one.held_out]
        report(
            [one for one in held_out if one.os in kinds], library, "held out, of kinds that were looked at"
        )
        report([one for one in held_out if one.os not in kinds], library, "held out, of other kinds")
    if chosen.misses:
        misses(looked_at, library)


if __name__ == "__main__":
    main()
