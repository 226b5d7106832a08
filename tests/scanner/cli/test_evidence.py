"""`camcensus evidence` from a key to a bundle that somebody else has checked."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.evidence import keys
from tests.scanner.bundle.stage import stage


def call(*words: str | Path, input: str | None = None) -> Result:
    return CliRunner().invoke(camcensus, ["evidence", *map(str, words)], input=input)


def test_from_a_key_to_a_bundle_that_somebody_else_has_checked(tmp_path: Path) -> None:
    inventory = stage(tmp_path).path
    made = call("keygen", tmp_path / "jo.key")
    fingerprint = made.stdout.split()[0]
    assert len(fingerprint) == 64 and stat.S_IMODE((tmp_path / "jo.key").stat().st_mode) == 0o600
    bundle = call("bundle", tmp_path / "e.zip", "--key", tmp_path / "jo.key", "--inventory", inventory)
    assert bundle.exit_code == 0 and fingerprint in bundle.stdout and "6 devices" in bundle.stdout
    for named in (fingerprint, tmp_path / "jo.key.pub"):
        checked = call("verify", tmp_path / "e.zip", "--key", named)
        assert checked.exit_code == 0 and "the key that was expected" in checked.stdout
        assert "49 replies" in checked.stdout
    shown = call("show", tmp_path / "e.zip")
    assert shown.exit_code == 0 and "verified-removed" in shown.stdout


def test_without_a_key_to_expect_or_with_another_a_bundle_is_not_good(tmp_path: Path) -> None:
    inventory = stage(tmp_path).path
    for name in ("jo.key", "other.key"):
        call("keygen", tmp_path / name)
    call("bundle", tmp_path / "e.zip", "--key", tmp_path / "jo.key", "--inventory", inventory)
    unsure = call("verify", tmp_path / "e.zip")
    assert unsure.exit_code == 1 and "proves nothing until it is compared" in unsure.stdout
    other = call("verify", tmp_path / "e.zip", "--key", tmp_path / "other.key.pub")
    assert other.exit_code == 1 and "NOT the key that was expected" in other.stdout
    read = call("verify", tmp_path / "e.zip", "--key", tmp_path / "other.key.pub", "--jsonl")
    assert json.loads(read.stdout)["trusted"] is False and read.exit_code == 1


def test_a_bundle_of_a_part_keeps_back_what_it_is_told(tmp_path: Path) -> None:
    inventory = stage(tmp_path).path
    call("keygen", tmp_path / "jo.key")
    made = call("bundle", tmp_path / "e.zip", "--key", tmp_path / "jo.key", "--inventory", inventory, "--where",
                "address = 10.1.0.1", "--redact", "addresses,serials")  # fmt: skip
    assert made.exit_code == 0 and "1 devices" in made.stdout
    assert b"10.1.0.1" not in (tmp_path / "e.zip").read_bytes()
    checked = call("verify", tmp_path / "e.zip", "--key", tmp_path / "jo.key.pub")
    assert checked.exit_code == 0


def test_a_locked_key_needs_its_passphrase(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("open sesame\n")
    call("keygen", tmp_path / "jo.key", "--passphrase-file", tmp_path / "word")
    assert b"ENCRYPTED" in (tmp_path / "jo.key").read_bytes()
    assert keys.private_key(tmp_path / "jo.key", b"open sesame")
    for wrong, why in ((None, "it needs a passphrase"), (b"wrong", "the passphrase is another")):
        with pytest.raises(CamcensusError) as found:
            keys.private_key(tmp_path / "jo.key", wrong)
        assert why in str(found.value.why)
    asked = call("keygen", tmp_path / "asked.key", "--passphrase", input="one two\none two\n")
    assert asked.exit_code == 0 and keys.private_key(tmp_path / "asked.key", b"one two")


def test_openssl_reads_the_keys_and_gives_the_same_fingerprint(tmp_path: Path) -> None:
    public = keys.generate(tmp_path / "jo.key")
    command = f"openssl pkey -in {tmp_path}/jo.key -pubout -outform DER | sha256sum"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == keys.expected(str(public))


def test_no_key_is_written_over_and_none_that_others_can_read_is_used(tmp_path: Path) -> None:
    keys.generate(tmp_path / "jo.key")
    with pytest.raises(CamcensusError, match="is there already"):
        keys.generate(tmp_path / "jo.key")
    (tmp_path / "jo.key").chmod(0o644)
    with pytest.raises(CamcensusError, match="is no secret"):
        keys.private_key(tmp_path / "jo.key")


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.key").write_bytes(content)
    (tmp_path / "no.key").chmod(0o600)
    with pytest.raises(CamcensusError, match="cannot be used as a key"):
        keys.expected(str(tmp_path / "no.key"))
    with pytest.raises(CamcensusError, match="cannot be opened"):
        keys.private_key(tmp_path / "no.key")


def test_what_is_no_bundle_is_wrong_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(b"x" * 1000)
    for command in ("verify", "show"):
        result = call(command, tmp_path / "no.zip")
        assert result.exit_code == 1 and "no ZIP archive" in result.stdout
    assert "give one of" in call("stamp", tmp_path / "no.zip").output
