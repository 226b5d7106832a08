"""The ZIP of a bundle: the same bytes each time, and nothing hostile gets in."""

from __future__ import annotations

import io
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.evidence.archive import Reader, Refused, Writer

FILES = {"README.txt": b"read me\n", "runs/a/leaves.txt": b"x" * 100, "empty": b""}


def written(path: Path) -> bytes:
    with Writer(path) as archive:
        for name, content in FILES.items():
            archive.add(name, (content[at : at + 7] for at in range(0, len(content), 7)))
    return path.read_bytes()


def zipped(*files: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for info, content in files:
            archive.writestr(info, content)
    return made.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as found:
        Reader(io.BytesIO(content))
    return str(found.value)


def test_the_same_files_give_the_same_bytes_and_any_unzip_reads_them(tmp_path: Path) -> None:
    first = written(tmp_path / "one.zip")
    assert first == written(tmp_path / "two.zip")
    reader = Reader(io.BytesIO(first))
    assert {name: b"".join(reader.chunks(name)) for name in reader.files} == FILES
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == FILES
    assert (
        subprocess.run(["python3", "-m", "zipfile", "-t", str(tmp_path / "one.zip")], check=False).returncode
        == 0
    )


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "C:\\windows", "a//b", "a/", ".hidden", "ü"]
)
def test_names_that_lead_out_of_the_bundle_are_refused(name: str) -> None:
    assert "may lead out of it" in refusal(zipped((name, b"x")))


def test_bombs_are_refused_before_they_are_opened() -> None:
    assert "is compressed" in refusal(zipped(("bomb", b"0" * 50_000_000), method=zipfile.ZIP_DEFLATED))


def test_a_size_that_is_not_true_is_refused(tmp_path: Path) -> None:
    content = bytearray(written(tmp_path / "one.zip"))
    at = content.rindex(b"PK\x01\x02")
    content[at + 20 : at + 28] = b"\xff" * 8
    assert "hidden" in refusal(bytes(content)) or "overlap" in refusal(bytes(content))


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "is a link" in refusal(zipped((link, b"/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twice", ["A", "a"])
def test_a_file_that_is_in_it_twice_is_refused(twice: str) -> None:
    made = [zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)) for name in ("a", twice)]
    for info in made:
        info.external_attr = (stat.S_IFREG | 0o644) << 16
    assert "is in it twice" in refusal(zipped(*((info, b"x") for info in made)))


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    content = bytearray(written(tmp_path / "one.zip"))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refusal(bytes(content))


def test_files_that_overlap_are_refused(tmp_path: Path) -> None:
    content = bytearray(written(tmp_path / "one.zip"))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[second + 42 : second + 46] = bytes(4)
    assert "overlaps another file" in refusal(bytes(content))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x05\x06", b"no archive at all, but long enough to be one", bytes(400)]
)
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert "no ZIP archive" in refusal(content)


def test_something_behind_the_end_or_in_front_is_refused(tmp_path: Path) -> None:
    content = written(tmp_path / "one.zip")
    assert "more behind its end" in refusal(content + b"x")
    assert refusal(b"x" + content)
    assert refusal(content[:-1])


@given(st.data())
def test_no_byte_of_the_archive_can_be_flipped_unseen(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(written(tmp_path_factory.mktemp("flip") / "one.zip"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        reader = Reader(io.BytesIO(bytes(content)))
        for name in reader.files:
            list(reader.chunks(name))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_politely_refused(noise: bytes) -> None:
    with pytest.raises(Refused):
        Reader(io.BytesIO(noise))
    with pytest.raises(Refused):
        Reader(io.BytesIO(noise + b"PK\x05\x06" + bytes(18) + b"x"))


def test_an_archive_of_very_many_files_is_read_in_no_time(tmp_path: Path) -> None:
    with Writer(tmp_path / "many.zip") as archive:
        for number in range(20_000):
            archive.add(f"attachments/{number}", [b"x"])
    with (tmp_path / "many.zip").open("rb") as file:
        assert len(Reader(file).files) == 20_000


def test_a_file_cannot_be_written_twice_nor_by_a_name_that_leads_elsewhere(tmp_path: Path) -> None:
    with Writer(tmp_path / "one.zip") as archive:
        archive.add("a", [b"x"])
        for name in ("a", "../a", "/a"):
            with pytest.raises(ValueError, match="cannot be a file of a bundle"):
                archive.add(name, [b"y"])
