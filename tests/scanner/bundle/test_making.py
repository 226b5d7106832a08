"""Bundles: whole, the same each time, and checked by what any Unix has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from scanner.evidence.archive import Reader
from scanner.inventory import log, open_inventory
from tests.scanner.bundle.stage import PHOTOGRAPHS, Stage, contents, stage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def bundle(made: Stage) -> bytes:
    return made.bundle().path.read_bytes()


def test_a_bundle_holds_all_that_speaks_for_a_removal(made: Stage, bundle: bytes) -> None:
    files = contents(bundle)
    summary = json.loads(files["summary.json"])
    assert (
        summary["devices"] == 6
        and summary["removals"] == 1
        and summary["verdicts"] == {"verified-removed": 1}
    )
    [removal] = [json.loads(line) for line in files["removals.jsonl"].splitlines()]
    assert removal["witness"] == "Lou Otherman"
    for one in PHOTOGRAPHS:
        assert files[f"attachments/{sha256(one.content).hexdigest()}"] == one.content
    assert len(files["runs.jsonl"].splitlines()) == 9 and len(files["devices.jsonl"].splitlines()) == 6
    [verdict] = [json.loads(line) for line in files["verdicts.jsonl"].splitlines()]
    assert verdict["verdict"] == "verified-removed" and verdict["reasons"]
    assert files["report.pdf"].startswith(b"%PDF")
    checked = made.check(bundle)
    assert checked.faults == () and checked.trusted and checked.good
    assert checked.replies == 4 * 6 + 5 * 5 and checked.entries == int(summary["head"].split(":")[0])


def test_the_same_state_gives_the_same_bytes_also_after_it_was_handed_out(
    made: Stage, tmp_path: Path
) -> None:
    shutil.copy(made.path, tmp_path / "copy.db")
    copy = Stage(tmp_path / "copy.db", made.key)
    first = copy.bundle("one.zip").path.read_bytes()
    assert copy.bundle("two.zip").path.read_bytes() == first
    with open_inventory(copy.path) as inventory:
        assert [entry.kind for entry in log.entries(inventory)][-2:] == ["exported", "exported"]


def test_that_it_was_handed_out_stands_in_the_log(made: Stage) -> None:
    given = made.bundle()
    with open_inventory(made.path) as inventory:
        *_, last = log.entries(inventory)
    assert last.values == {
        "what": "bundle", "by": "jo", "file": "evidence.zip", "content": given.content,
    }  # fmt: skip
    assert sha256(contents(given.path.read_bytes())["SHA256SUMS"]).hexdigest() == given.content


def test_replies_can_be_identified_anew_by_the_contract(bundle: bytes, tmp_path: Path) -> None:
    from scanner.observations import read

    name = next(name for name in contents(bundle) if name.endswith("/observations.jsonl"))
    found = list(read(contents(bundle)[name].splitlines(), name=name))
    assert len(found) == 6 and all(one.payload.startswith(b"HTTP/1.1 200 OK") for one in found)


def commands(readme: str) -> list[str]:
    return [
        line.strip()
        for line in readme.splitlines()
        if line.startswith("    ") and not line.startswith("     ")
    ]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def unpack(bundle: bytes, folder: Path) -> Path:
    for name, content in contents(bundle).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_commands_of_the_readme_check_it_without_camcensus(
    made: Stage, bundle: bytes, tmp_path: Path
) -> None:
    folder = unpack(bundle, tmp_path)
    readme = (folder / "README.txt").read_text()
    sums, signature, key, extra, *_ = [
        line for line in commands(readme) if re.match("sha256sum|openssl|find", line)
    ]
    first = run(sums, folder)
    assert first.returncode == 0 and first.stdout.count(": OK") == len(contents(bundle)) - 2
    second = run(signature, folder)
    assert second.returncode == 0 and "Signature Verified Successfully" in second.stdout
    assert run(key, folder).stdout.split()[0] == made.fingerprint and made.fingerprint in readme
    assert run(extra, folder).stdout == ""
    (folder / "extra.txt").write_text("x")
    assert "not signed: extra.txt" in run(extra, folder).stdout
    (folder / "removals.jsonl").write_bytes((folder / "removals.jsonl").read_bytes().replace(b"Lou", b"Leo"))
    assert run(sums, folder).returncode == 1
    (folder / "SHA256SUMS").write_bytes((folder / "SHA256SUMS").read_bytes() + b"\n")
    assert run(signature, folder).returncode != 0


def test_the_pdf_is_the_same_each_time_and_says_what_is_not_proved(bundle: bytes, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext: apt-get install poppler-utils")
    (tmp_path / "report.pdf").write_bytes(contents(bundle)["report.pdf"])
    text = run("pdftotext -layout report.pdf -", tmp_path).stdout
    assert "verified-removed" in text and "What it does not say" in text
    assert "5 conclusive looks" in " ".join(re.findall(r"\S+", text))


def test_a_part_of_the_devices_shows_nothing_of_the_others(made: Stage) -> None:
    with open_inventory(made.path) as inventory:
        gone = inventory.device("10.1.0.1").id
        other = inventory.device("10.1.0.2")
    given = made.bundle(chosen=[gone])
    content = given.path.read_bytes()
    assert made.check(content).good and given.devices == 1
    for file, text in contents(content).items():
        if file not in ("verdicts.jsonl",):
            assert b"10.1.0.2" not in text, file
    assert other.serial and other.serial.encode() not in content
    assert any(b'"digest"' in line for line in contents(content)["log.jsonl"].splitlines())


def test_what_a_device_was_before_it_was_merged_goes_with_it(tmp_path: Path) -> None:
    ready = stage(tmp_path)
    with open_inventory(ready.path) as inventory:
        gone, other = (inventory.device(address).id for address in ("10.1.0.1", "10.1.0.2"))
        stays = inventory.merge(other, gone, by="jo", why="it is one unit")
    given = ready.bundle(chosen=[stays])
    files = contents(given.path.read_bytes())
    assert ready.check(given.path.read_bytes()).good
    [removal] = [json.loads(line) for line in files["removals.jsonl"].splitlines()]
    assert removal["device"] == gone and removal["witness"] == "Lou Otherman"
    assert len([name for name in files if name.startswith("attachments/")]) == len(PHOTOGRAPHS)


def test_files_lie_in_the_archive_without_compression(made: Stage, bundle: bytes, tmp_path: Path) -> None:
    (tmp_path / "one.zip").write_bytes(bundle)
    with (tmp_path / "one.zip").open("rb") as file:
        assert sum(one.size for one in Reader(file).files.values()) < len(bundle)
