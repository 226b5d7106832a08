"""An inventory in a folder of its own: the real file, never a stand-in."""

from __future__ import annotations

from hypothesis import settings

from tests.scanner.inventory.conftest import inventory, path

__all__ = ["inventory", "path"]

settings.register_profile("plan", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("plan")
