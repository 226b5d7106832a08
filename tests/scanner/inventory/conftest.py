"""An inventory in a folder of its own: the real file, never a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.inventory import Inventory, RunSettings, open_inventory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "inventory.db"


@pytest.fixture
def inventory(path: Path) -> Iterator[Inventory]:
    with open_inventory(path) as opened:
        yield opened


@pytest.fixture
def run(inventory: Inventory) -> str:
    return inventory.begin_run(RunSettings(targets=("10.20.0.0/24",)))
