"""Whoever changes a bundle is found out: by the tool, and by sha256sum or openssl where they can."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.evidence import keys
from scanner.evidence.archive import Writer
from scanner.evidence.checking import SIGNATURE, SUMS, UNSIGNED, check
from tests.scanner.bundle.stage import PHOTOGRAPHS, Stage, contents, stage
from tests.scanner.bundle.test_making import commands, run, unpack

PER_FILE = 6  # bytes that are flipped in each file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def bundle(made: Stage) -> bytes:
    content = made.bundle().path.read_bytes()
    assert made.check(content).good
    return content


def packed(files: Mapping[str, bytes], path: Path) -> bytes:
    with Writer(path) as archive:
        for name, content in files.items():
            archive.add(name, [content])
    return path.read_bytes()


def signed(files: Mapping[str, bytes], key: Ed25519PrivateKey) -> dict[str, bytes]:
    """The same files with a list and a signature that fit: what somebody does who has a key."""
    rest = {name: content for name, content in files.items() if name not in UNSIGNED}
    rest["public-key.pem"] = keys.public_pem(key.public_key())
    sums = "".join(
        f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(rest.items())
    ).encode()
    return rest | {SUMS: sums, SIGNATURE: key.sign(sums)}


def by_unix(bundle: bytes, folder: Path) -> bool:
    """Whether the commands of the README find anything wrong."""
    unpack(bundle, folder)
    readme = Path(__file__).parents[3] / "scanner" / "bundle" / "README.txt"
    found = commands(readme.read_text())
    return (
        run(found[0], folder).returncode != 0
        or run(found[1], folder).returncode != 0
        or run(found[3], folder).stdout != ""
    )


def test_a_flipped_byte_in_any_file_is_found(made: Stage, bundle: bytes, tmp_path: Path) -> None:
    chance, files = random.Random(7), contents(bundle)
    assert len(files) > 25
    for name, content in files.items():
        for at in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(PER_FILE))}:
            flipped = bytearray(content)
            flipped[at] ^= 1 << chance.randrange(8)
            checked = made.check(packed(files | {name: bytes(flipped)}, tmp_path / "flipped.zip"))
            assert checked.faults, (name, at)


def test_a_flipped_byte_in_any_file_is_found_by_sha256sum_or_openssl(bundle: bytes, tmp_path: Path) -> None:
    chance, files = random.Random(8), contents(bundle)
    for number, (name, content) in enumerate(files.items()):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1
        broken = packed(files | {name: bytes(flipped)}, tmp_path / "flipped.zip")
        assert by_unix(broken, tmp_path / str(number)), name
    assert not by_unix(bundle, tmp_path / "whole")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_byte_of_the_whole_archive_can_be_flipped_unseen(
    made: Stage, bundle: bytes, data: st.DataObject
) -> None:
    content = bytearray(bundle)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert not made.check(bytes(content)).good


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_bundle_that_is_cut_off_is_found(made: Stage, bundle: bytes, data: st.DataObject) -> None:
    assert made.check(bundle[: data.draw(st.integers(0, len(bundle) - 1))]).faults


Files = dict[str, bytes]


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {one: content for one, content in files.items() if one != name}


def swapped(files: Files) -> Files:
    one, other = (f"attachments/{sha256(file.content).hexdigest()}" for file in PHOTOGRAPHS)
    return files | {one: files[other], other: files[one]}


def log_lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], Files]:
    return lambda files: files | {"log.jsonl": b"".join(change(files["log.jsonl"].splitlines(keepends=True)))}


def reworded(file: str, before: bytes, after: bytes) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        assert before in files[file]
        return files | {file: files[file].replace(before, after)}

    return change


def other_reply(files: Files) -> Files:
    name = next(name for name in files if name.endswith("observations.jsonl"))
    return files | {name: files[name].replace(b"200 OK", b"404 OK", 1)}


TAMPERED: dict[str, Callable[[Files], Files]] = {
    "a file is missing": without("verdicts.jsonl"),
    "the signature is missing": without(SIGNATURE),
    "an attachment is missing": without(f"attachments/{sha256(PHOTOGRAPHS[0].content).hexdigest()}"),
    "a file was added": lambda files: files | {"extra.txt": b"x"},
    "two attachments were swapped": swapped,
    "an entry of the log was dropped": log_lines(lambda lines: lines[:3] + lines[4:]),
    "entries of the log were reordered": log_lines(
        lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]]
    ),
    "the log was cut off": log_lines(lambda lines: lines[:-1]),
    "a witness was renamed": reworded("removals.jsonl", b"Lou Otherman", b"Lou Anybody"),
    "a device is another": reworded("devices.jsonl", b'"maker":"hikvision"', b'"maker":"other"'),
    "a serial number is another": reworded("devices.jsonl", b"AAWRE00000003", b"AAWRE00000009"),
    "a reply was changed": other_reply,
    "a leaf was dropped": lambda files: {
        name: content[65:] if name.endswith("leaves.txt") else content for name, content in files.items()
    },
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_found_by_the_tool_and_by_unix(
    made: Stage, bundle: bytes, how: str, tmp_path: Path
) -> None:
    broken = packed(TAMPERED[how](contents(bundle)), tmp_path / "broken.zip")
    assert made.check(broken).faults
    assert by_unix(broken, tmp_path / "unpacked")


PROVED = [how for how in TAMPERED if how not in ("a file was added", "the signature is missing")]
"""What is found although the signature holds."""


@pytest.mark.parametrize("how", PROVED)
def test_even_the_owner_of_the_key_cannot_make_the_parts_contradict_each_other(
    made: Stage, bundle: bytes, how: str, tmp_path: Path
) -> None:
    """Signed anew with the right key, the signature holds; the parts do not."""
    broken = packed(signed(TAMPERED[how](contents(bundle)), made.key), tmp_path / "broken.zip")
    checked = made.check(broken)
    assert checked.faults and not checked.good
    assert {fault.about for fault in checked.faults} <= {
        "files",
        "log",
        "devices",
        "replies",
        "removals",
        "verdicts",
        "archive",
    }


def of_verdicts(change: Callable[[dict[str, Any], Files], None]) -> Callable[[Files], Files]:
    def changed(files: Files) -> Files:
        files = dict(files)
        (line,) = files["verdicts.jsonl"].splitlines()
        change(verdict := json.loads(line), files)
        return files | {"verdicts.jsonl": json.dumps(verdict).encode() + b"\n"}

    return changed


def heard_all_the_same(verdict: dict[str, Any], files: Files) -> None:
    """A run that heard the camera is called a look that missed it."""
    runs = [json.loads(line) for line in files["runs.jsonl"].splitlines()]
    verdict["looks"][0] |= {"run": runs[0]["id"], "started": runs[0]["started"]}


def cut_short(verdict: dict[str, Any], files: Files) -> None:
    look = verdict["looks"][0]["run"]
    lines = [json.loads(line) for line in files["runs.jsonl"].splitlines()]
    told = [run | {"outcome": "interrupted"} if run["id"] == look else run for run in lines]
    files["runs.jsonl"] = b"".join(json.dumps(run).encode() + b"\n" for run in told)


JUDGED_FALSELY: dict[str, tuple[Callable[[dict[str, Any], Files], None], str]] = {
    "heard": (heard_all_the_same, "it was heard in"),
    "cut short": (cut_short, "counts, and was not complete"),
    "too few looks": (lambda verdict, _: verdict.update(looks=verdict["looks"][:1]), "fewer than its rule asks for"),
    "too few controls": (lambda verdict, _: verdict["looks"][0].update(answered=1), "too few of its control devices"),
    "another time": (lambda verdict, _: verdict["looks"][0].update(started="2020-01-01T00:00:00Z"), "at another time"),
    "an easier rule": (lambda verdict, _: verdict["rule"].update(runs=1), "judged by another rule"),
    "nobody recorded it": (lambda verdict, _: verdict.update(removal=None), "nobody recorded its removal"),
    "a record that is none": (lambda verdict, _: verdict.update(removal="r9"), "nothing of the removal r9"),
    "another device": (lambda verdict, _: verdict.update(device="d0"), "no such device"),
    "a run that is none": (lambda verdict, _: verdict["reasons"][0].update(runs=["x"]), "there is no run x"),
    "a verdict of its own": (lambda verdict, _: verdict.update(verdict="not-seen"), "not those that the summary"),
    "something missing": (lambda verdict, _: verdict.update(missing=["a look"]), "missing all the same"),
}  # fmt: skip


@pytest.mark.parametrize("how", JUDGED_FALSELY)
def test_a_verdict_against_which_the_bundle_itself_speaks_is_found_though_it_is_signed(
    made: Stage, bundle: bytes, how: str, tmp_path: Path
) -> None:
    change, what = JUDGED_FALSELY[how]
    broken = packed(signed(of_verdicts(change)(contents(bundle)), made.key), tmp_path / "broken.zip")
    faults = made.check(broken).faults
    assert any(fault.about == "verdicts" and what in fault.what for fault in faults), faults


PARTS = ("summary.json", "log.jsonl", "devices.jsonl", "removals.jsonl", "verdicts.jsonl")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(["id", "seq", "fields", "open"]), some)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_parts_that_a_stranger_made_by_hand_and_signed_are_faults_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, made: Stage, bundle: bytes, data: st.DataObject
) -> None:
    files = contents(bundle)
    replies = [name for name in files if name.startswith("runs/")]
    name = data.draw(st.sampled_from([*PARTS, *replies]))
    lines = files[name].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    shape: object = data.draw(VALUES)
    if data.draw(st.booleans()) and lines[at].startswith(b"{") and lines[at].endswith(b"}"):
        known = json.loads(lines[at])
        shape = known | {data.draw(st.sampled_from(sorted(known))): shape}
    lines[at] = json.dumps(shape).encode()
    forged = signed(files | {name: b"\n".join(lines) + b"\n"}, Ed25519PrivateKey.generate())
    checked = made.check(packed(forged, tmp_path_factory.mktemp("forged") / "forged.zip"))
    assert not checked.good


def test_json_without_end_is_a_fault(made: Stage, bundle: bytes, tmp_path: Path) -> None:
    for name in ("summary.json", "log.jsonl", "removals.jsonl"):
        files = contents(bundle) | {name: b"[" * 100_000 + b"]" * 100_000 + b"\n"}
        assert made.check(packed(signed(files, made.key), tmp_path / "deep.zip")).faults


def test_a_bundle_signed_anew_with_another_key_is_not_trusted(
    made: Stage, bundle: bytes, tmp_path: Path
) -> None:
    other = Ed25519PrivateKey.generate()
    forged = packed(signed(contents(bundle), other), tmp_path / "forged.zip")
    checked = made.check(forged)
    assert checked.faults == () and checked.trusted is False and not checked.good
    assert checked.signed_by == keys.fingerprint(other.public_key())
    unsure = check(io.BytesIO(forged))
    assert unsure.trusted is None and not unsure.good


def test_the_public_key_alone_cannot_be_exchanged(made: Stage, bundle: bytes, tmp_path: Path) -> None:
    other = keys.public_pem(Ed25519PrivateKey.generate().public_key())
    broken = packed(contents(bundle) | {"public-key.pem": other}, tmp_path / "broken.zip")
    assert [fault.about for fault in made.check(broken).faults] == ["signature"]


def test_a_list_with_a_file_twice_or_another_format_is_refused(
    made: Stage, bundle: bytes, tmp_path: Path
) -> None:
    files = contents(bundle)
    sums = files[SUMS] + files[SUMS].splitlines(keepends=True)[0]
    broken = packed(files | {SUMS: sums, SIGNATURE: made.key.sign(sums)}, tmp_path / "twice.zip")
    assert "cannot have" in str(made.check(broken).faults[0])
    summary = json.loads(files["summary.json"]) | {"format": "camcensus-evidence-2"}
    later = packed(
        signed(files | {"summary.json": json.dumps(summary).encode()}, made.key), tmp_path / "later.zip"
    )
    assert "its format is" in str(made.check(later).faults[0])
