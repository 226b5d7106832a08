"""Documents about removals: facts and gaps on paper, with the head of the log, and nothing that says who complies."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from click.testing import CliRunner

from reports.documents import Document, Sheet, facts, gaps, render, table, text
from scanner.cli import camcensus
from scanner.cli.removal.document import KINDS
from scanner.errors import CamcensusError
from scanner.evidence.removals import Taken
from scanner.identifiers import Identifier
from scanner.inventory import RunSettings, Seen, log, open_inventory, places, removals
from scanner.model import Coverage, Identification

HOSTILE = '#panic("x") *bold* $x$ <label> \x1b[2J " \u202e'


def words(pdf: bytes) -> str:
    pages = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return " ".join("\n".join(pages).replace("\u200b", "").split())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A camera that was removed, and one that was not, both of one site."""
    with open_inventory(path := tmp_path / "inventory.db") as inventory:
        run = inventory.begin_run(RunSettings(operator="Jo", authorisation="Ticket 7"))
        seen = [
            Seen(Identification(address=f"10.20.0.{n}", serial=f"C1234567{n}", maker="hikvision",
                                maker_name="Hikvision", brand="LTS", model=f"CMIP-{n}", category="camera",
                                confidence="confirmed"),
                 (), "on-link", (Identifier("serial", f"hikvision C1234567{n}"),))
            for n in (1, 2)
        ]  # fmt: skip
        first, second = inventory.record(run, seen)
        inventory.finish_run(run, "complete", Coverage(addresses=256, answered=2))
        inventory.change(places.add_site, "jo", "hq", "Head office")
        inventory.change(places.assign, "jo", [first, second], {"site": "hq", "room": "2.14"})
        taken = Taken(
            at="2026-03-02", removed_by="A. Fitter", witness=HOSTILE, disposal="destroyed", media="destroy"
        )
        file = removals.File("label.jpg", "label", b"\xff\xd8 label")
        inventory.change(removals.record, "jo", first, taken, [file])
    return path


def written(path: Path, tmp_path: Path, *arguments: str) -> str:
    out = tmp_path / "out.pdf"
    words_ = ["removal", "document", *arguments, "--output", str(out), "--inventory", str(path)]
    result = CliRunner().invoke(camcensus, words_)
    if isinstance(result.exception, CamcensusError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return words(out.read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_each_document_prints_the_head_that_it_was_made_at_and_says_nothing_of_complying(
    path: Path, tmp_path: Path, kind: str
) -> None:
    with open_inventory(path) as inventory:
        head = log.head(inventory)
    said = written(path, tmp_path, kind, "--organisation", "Example Ltd")
    assert str(head) in said.replace(" ", "") and "Example Ltd" in said
    assert "complian" not in said.lower().replace("is complied with", "")
    with open_inventory(path) as inventory:
        last = list(log.entries(inventory))[-1]
    assert (last.kind, last.values["what"]) == ("exported", f"document {kind}")
    assert (
        CliRunner()
        .invoke(camcensus, ["log", "verify", "--head", str(head), "--inventory", str(path)])
        .exit_code
        == 0
    )


def test_the_paper_of_a_removal_holds_the_record_the_verdict_and_the_gaps(path: Path, tmp_path: Path) -> None:
    said = written(path, tmp_path, "certificate", "C12345671")
    for fact in ("C12345671", "A. Fitter", "2026-03-02", "destroyed (NIST SP 800-88 Destroy)", "hq, 2.14", "label.jpg",
                 "still-present", "certificate: the certificate about that"):  # fmt: skip
        assert fact in said, fact
    assert said.count("Removal recorded, not shown to be gone") == 1 and "Certificate of removal" not in said
    assert "No removal recorded" in written(path, tmp_path, "certificate", "C12345672")


def test_the_paper_of_a_site_counts_each_device_once(path: Path, tmp_path: Path) -> None:
    said = written(path, tmp_path, "site", "--site", "hq")
    assert "Covered devices 2" in said and "Removal recorded 1" in said and "Shown to be gone 0" in said
    assert "Removal from a site: how far it is" in said and "Head office" in said


def test_the_worksheet_has_the_fields_of_both_reports_and_what_was_looked_at(
    path: Path, tmp_path: Path
) -> None:
    said = written(path, tmp_path, "section-889")
    for fact in ("section 889(a)(1)(A)", "section 889(a)(1)(B)", "1 business day", "10 business days",
                 "supplier CAGE code", "video surveillance camera", "Ticket 7", "no removal recorded",
                 "for the offeror to decide"):  # fmt: skip
        assert fact in said, fact


def test_the_return_counts_by_site_and_leaves_what_only_the_department_knows(
    path: Path, tmp_path: Path
) -> None:
    said = written(path, tmp_path, "uk-return")
    assert "Head office" in said and "Sensitive: yes or no" in said and "Responsible for security" in said


def test_a_document_about_nothing_is_an_error(path: Path, tmp_path: Path) -> None:
    with open_inventory(path) as inventory:
        (record,) = inventory.ask(removals.removals)
        inventory.change(removals.undo, "jo", record.id, "not gone")
    with pytest.raises(CamcensusError, match="there is nothing to write about"):
        written(path, tmp_path, "certificate")


def test_no_text_is_read_as_markup() -> None:
    blocks = [
        text(HOSTILE),
        facts([(HOSTILE, HOSTILE)]),
        table((HOSTILE,), (1,), [(HOSTILE,)]),
        gaps(HOSTILE, [HOSTILE], ""),
    ]
    made = Document(title=HOSTILE, sheets=[Sheet(HOSTILE, HOSTILE, blocks)], head="1:ab", organisation=HOSTILE,
                    made_at=datetime(2026, 3, 1, tzinfo=UTC))  # fmt: skip
    said = words(render(made))
    assert said.count('#panic("x") *bold* $x$ <label>') >= 6 and "\x1b" not in said


def test_the_same_document_gives_the_same_bytes() -> None:
    made = Document(
        title="t",
        sheets=[Sheet("t", "", [text("one")])],
        head="1:ab",
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert render(made) == render(made)
