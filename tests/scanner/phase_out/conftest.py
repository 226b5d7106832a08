"""An inventory in a folder of its own: the real file, never a stand-in."""

from __future__ import annotations

from tests.scanner.inventory.conftest import inventory, path

__all__ = ["inventory", "path"]
