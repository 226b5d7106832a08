"""The page on sites and registers: its commands, run in their order, with the files that it speaks of."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.identifiers import Identifier
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Identification
from tests.test_docs import examples

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sites-and-registers.md"
REGISTER = """\
Inventar-Nr;Label;Modell;Gebäude;Eigentümer
A1;C12345671;DS-2CD2143G0-I;Büro;City Estates
A2;4,4E+11;;;
A3;;DS-2CD2143G0-I;Büro;
A4;;;Büro;
"""


def test_the_commands_of_the_page_lead_from_networks_to_a_reconciled_register(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMCENSUS_INVENTORY", str(tmp_path / "inventory.db"))
    Path("networks.csv").write_text(
        "Standort;Netz;Gebäude\nannexe;10.30.0.0/24;B\nhq;10.20.1.0/24;A\n", "utf-8"
    )
    Path("cameras.csv").write_bytes(REGISTER.encode("cp1252"))
    with open_inventory(tmp_path / "inventory.db") as opened:
        run = opened.begin_run(RunSettings())
        one, other = (
            Seen(
                Identification(
                    address=f"10.20.0.3{n + 1}", maker="hikvision", category="camera", model="DS-2CD2143G0-I",
                    serial=f"C1234567{n}",
                ),
                identifiers=(Identifier("serial", f"hikvision c1234567{n}"),),
            )
            for n in (1, 2)
        )  # fmt: skip
        opened.record(run, [one, other])
    shown: dict[str, str] = {}
    for words in examples(PAGE):
        if words[1] == "scan":
            continue  # its --site is tested with the scan itself; here it would send packets
        done = CliRunner().invoke(camcensus, words[1:], catch_exceptions=False)
        rejects = "--column" in words  # with its numbers understood, one of them turns out to be spoilt
        assert done.exit_code == (3 if rejects else 0), (words, done.output)
        shown[" ".join(words[1:4])] = done.output
    assert "10.20.0.0/24" in shown["sites networks hq"]
    assert "1 site added." in shown["sites import networks.csv"]
    assert (
        "row 3, column Label: a spreadsheet has shortened the number" in shown["register import cameras.csv"]
    )
    assert "4 rows: 3 kept, 1 rejected." in shown["register import cameras.csv"]
    assert "Matched: 1" in shown["register reconcile --site"]
    assert "cameras:2" in shown["register reconcile --format"]
    with open_inventory(tmp_path / "inventory.db") as opened:
        it = opened.device("10.20.0.32")
        assert (it.site, it.building, it.floor, it.room, it.owner) == ("hq", "Block A", "1", "1.07", None)
