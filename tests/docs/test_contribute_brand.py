"""The page on contributing a brand: its commands, run in their order on a unit that was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.identify import identify, library
from scanner.inventory import open_inventory
from scanner.model import Observation
from scanner.observations import write
from tests.test_docs import examples

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "contribute-brand.md"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPLIES = (
    Observation(
        protocol="upnp-xml", address="10.20.0.32", observed_at=NOON,
        payload=b"<root><device><manufacturer>Zorgon</manufacturer><modelName>ZX4100-P</modelName></device></root>",
    ),
    Observation(
        protocol="rtsp", address="10.20.0.32", observed_at=NOON,
        payload=b'WWW-Authenticate: Digest realm="Login to 4K01234PAG4BC17", nonce="0191a41d87c28cd5"',
    ),
)  # fmt: skip


def test_the_commands_of_the_page_lead_from_replies_to_a_brand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("replies.jsonl").write_bytes(b"".join(map(write, REPLIES)))
    commands = list(examples(PAGE))
    assert [words[1] for words in commands] == [
        "fingerprints",
        "fingerprints",
        "fingerprints",
        "identify",
        "rematch",
    ]
    assert (
        "10.20.0.32" in commands[0]
    )  # needs an inventory; the same is recorded from the file in the next one
    with open_inventory(tmp_path / "inventory.db"):
        monkeypatch.setenv("CAMCENSUS_INVENTORY", str(tmp_path / "inventory.db"))
    shown = []
    for words in commands[1:]:
        done = CliRunner().invoke(camcensus, words[1:], catch_exceptions=False)
        assert done.exit_code == 0, (words, done.output)
        shown.append(done.output)
    assert "0 findings" in shown[1] and "Zorgon" in shown[2]
    assert identify(REPLIES, library((Path("zorgon"),))).brand == "Zorgon"
