"""`camcensus fingerprints record`: from a device that was seen to files that anybody may have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli.fingerprints import fingerprints
from scanner.errors import CamcensusError
from scanner.identify import identify, library
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Observation
from scanner.observations import write
from scanner.recording import read_recording

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERIAL = "4K01234PAG4BC17"
REPLIES = (
    Observation(
        protocol="upnp-xml", address="10.20.0.9", observed_at=NOON,
        payload=b"<root><device><friendlyName>Zorgon ZX4100-P</friendlyName><manufacturer>Zorgon</manufacturer>"
                b"<modelName>ZX4100-P</modelName></device></root>",
    ),
    Observation(
        protocol="rtsp", address="10.20.0.9", observed_at=NOON,
        payload=f'WWW-Authenticate: Digest realm="Login to {SERIAL}", nonce="0191a41d87c28cd5"'.encode(),
    ),
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "replies.jsonl"
    path.write_bytes(b"".join(map(write, REPLIES)))
    return str(path)


def record(*words: str) -> Result:
    return CliRunner().invoke(fingerprints, ["record", *words], catch_exceptions=False)


def test_a_new_brand_comes_with_fingerprints_that_pass_and_that_name_it(file: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = record(file, "--brand", "Zorgon", "--output", str(out))
    assert result.exit_code == 0, result.output
    checked = CliRunner().invoke(fingerprints, ["check", str(out)])
    assert checked.exit_code == 0, checked.output
    observations, said = read_recording(out / "corpus" / "dahua" / "zorgon-zx4100-p.jsonl")
    assert (said.maker, said.brand, said.relabelled, said.model) == ("dahua", "Zorgon", True, "ZX4100-P")
    assert identify(observations, library((out,))).brand == "Zorgon"
    skeleton = (out / "brands" / "zorgon.toml").read_text()
    assert 'id       = "zorgon-named"' in skeleton and r"'^ZX\d{4}'" in skeleton


def test_nothing_private_is_in_any_of_the_files(file: str, tmp_path: Path) -> None:
    result = record(file, "--brand", "Zorgon", "--output", str(tmp_path / "out"))
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.*"))
    assert not [text for text in (SERIAL, "10.20.0.9", "0191a41d87c28cd5", "2026-03-01") if text in written]
    assert "serial numbers 1" in result.stderr and "Read every line" in result.stderr


def test_a_recording_recorded_again_is_the_same_file(file: str, tmp_path: Path) -> None:
    record(file, "--brand", "Zorgon", "--output", str(tmp_path / "one"))
    one = tmp_path / "one" / "corpus" / "dahua" / "zorgon-zx4100-p.jsonl"
    record(str(one), "--brand", "Zorgon", "--output", str(tmp_path / "two"))
    two = tmp_path / "two" / "corpus" / "dahua" / "zorgon-zx4100-p.jsonl"
    assert one.read_bytes() == two.read_bytes()
    assert one.with_suffix(".toml").read_text() == two.with_suffix(".toml").read_text()


def test_a_device_of_the_inventory_is_recorded_as_it_was_last_seen(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.db"
    with open_inventory(inventory) as opened:
        for _ in range(2):
            run = opened.begin_run(RunSettings())
            opened.add(run, REPLIES)
            rows = [row for row, _ in opened.observations(run)][-2:]
            opened.record(run, [Seen(identify(REPLIES, library()), rows, "routed")])
    record("10.20.0.9", "--brand", "Zorgon", "--output", str(tmp_path / "out"), "--inventory", str(inventory))
    [path] = (tmp_path / "out").rglob("*.jsonl")
    assert len(read_recording(path)[0]) == 2


def test_a_unit_without_a_name_needs_no_brand_file(file: str, tmp_path: Path) -> None:
    result = record(file, "--output", str(tmp_path / "out"), "--name", "neutral unit")
    assert result.exit_code == 0 and not (tmp_path / "out" / "brands").exists()
    assert (tmp_path / "out" / "corpus" / "dahua" / "neutral-unit.jsonl").exists()


def test_a_brand_that_is_known_keeps_its_file(tmp_path: Path) -> None:
    lorex = tmp_path / "lorex.jsonl"
    lorex.write_bytes(
        write(Observation(protocol="dhdiscover", payload=b"Vendor:Lorex\r\nDeviceType:W461ASC\r\n"))
    )
    result = record(str(lorex), "--brand", "lorex", "--output", str(tmp_path / "out"))
    assert result.exit_code == 0 and not (tmp_path / "out" / "brands").exists(), result.output


def test_a_name_that_nothing_states_is_said_to_be_missing(tmp_path: Path) -> None:
    alone = tmp_path / "alone.jsonl"
    alone.write_bytes(write(REPLIES[1]))
    result = record(str(alone), "--brand", "Zorgon", "--output", str(tmp_path / "out"))
    assert "Identified as no brand, not as Zorgon" in result.stderr
    assert (
        "Nothing in these replies is like 'Zorgon'"
        in (tmp_path / "out" / "brands" / "zorgon.toml").read_text()
    )


def test_a_recording_replaces_nothing(file: str, tmp_path: Path) -> None:
    record(file, "--brand", "Zorgon", "--output", str(tmp_path / "out"))
    with pytest.raises(CamcensusError, match="exists already"):
        record(file, "--brand", "Zorgon", "--output", str(tmp_path / "out"))


def test_a_file_of_several_devices_needs_a_choice(file: str, tmp_path: Path) -> None:
    other = write(Observation(protocol="html", address="10.20.0.10", payload=b"<title>x</title>"))
    Path(file).write_bytes(Path(file).read_bytes() + other)
    with pytest.raises(CamcensusError, match="replies of 2 devices") as error:
        record(file, "--brand", "Zorgon", "--output", str(tmp_path / "out"))
    assert "10.20.0.10" in error.value.fix
    assert (
        record(
            file, "--brand", "Zorgon", "--output", str(tmp_path / "out"), "--subject", "10.20.0.9"
        ).exit_code
        == 0
    )


@pytest.mark.parametrize(
    ("content", "what"), [("", "no reply of"), ("not JSON\n", "line 1 is not an observation")]
)
def test_a_file_without_replies_says_so(content: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(content)
    with pytest.raises(CamcensusError, match=what) as error:
        record(str(path), "--output", str(tmp_path / "out"))
    assert error.value.why and error.value.fix and not (tmp_path / "out").exists()


def test_a_device_that_nobody_saw_is_an_error(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.db"
    with open_inventory(inventory):
        pass
    with pytest.raises(CamcensusError) as error:
        record("10.9.9.9", "--output", str(tmp_path / "out"), "--inventory", str(inventory))
    assert "10.9.9.9" in str(error.value) and error.value.fix


def test_a_folder_that_cannot_be_written_to_is_an_error(file: str, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, where a folder would have to be")
    with pytest.raises(CamcensusError, match="cannot be written to") as error:
        record(file, "--brand", "Zorgon", "--output", str(tmp_path / "blocked" / "out"))
    assert error.value.why and "--output" in error.value.fix
