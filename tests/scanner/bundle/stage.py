"""An inventory with a removal, its photographs, and an honest key: what bundles are made of."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reports.pdf.evidence import render
from scanner.bundle.making import Made, make
from scanner.evidence import keys
from scanner.evidence.checking import Checked, check
from scanner.evidence.log import Secret
from scanner.evidence.removals import Taken
from scanner.inventory import open_inventory, places, removals
from scanner.inventory.removals import File
from scanner.verdict.rule import usual
from tests.scanner.weeks import Weeks, camera

PHOTOGRAPHS = (
    File("before lobby.jpg", "before", b"\xff\xd8 a camera"),
    File("after.jpg", "after", b"\xff\xd8 a wall"),
)


class Stage(NamedTuple):
    """The inventory, and a key."""

    path: Path
    key: Ed25519PrivateKey

    def bundle(self, name: str = "evidence.zip", **options: object) -> Made:
        with open_inventory(self.path) as inventory:
            out = self.path.parent / name
            return make(inventory, out, self.key, usual(), render, by="jo", **options)  # type: ignore[arg-type]

    @property
    def fingerprint(self) -> str:
        return keys.fingerprint(self.key.public_key())

    def check(self, content: bytes) -> Checked:
        return check(io.BytesIO(content), self.fingerprint)

    def redacted(self, *secrets: Secret) -> bytes:
        return self.bundle(secrets=secrets).path.read_bytes()


def stage(folder: Path) -> Stage:
    """Six cameras at a site; one is removed, and verified as removed five weeks later."""
    path = folder / "inventory.db"
    units = [camera(number, serial=f"DS-2CD20200311AAWRE{number:08}") for number in range(1, 7)]
    with Weeks(path) as weeks:
        weeks.inventory.change(places.add_site, "jo", "leeds", "Leeds depot")
        for _ in range(4):
            weeks.run(*units, site="leeds")
        taken = Taken(at=weeks.now.isoformat(), removed_by="Kim Longname", witness="Lou Otherman", disposal="destroyed",
                      certificate="CERT-4711-A", why="ordered by the board")  # fmt: skip
        weeks.inventory.change(removals.record, "jo", weeks.device(units[0]), taken, PHOTOGRAPHS)
        for _ in range(5):
            weeks.run(*units[1:], site="leeds")
    return Stage(path, Ed25519PrivateKey.generate())


def contents(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
