"""The ZIP of a bundle: written so that the same files give the same bytes, read so that nothing can hide in it.

Nothing is compressed. So bytes do not depend on a version of zlib, and there are no bombs: a file is as large as the
archive says, or the archive is refused. Every byte of it is either content or has one value that it may have: headers
are compared with those that we would have written ourselves. Files lie one behind the other, without gaps.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,4}")
MOST_FILES = 60_000  # more want the ZIP64 format
LARGEST = (1 << 32) - 1  # bytes, likewise; also of the whole
LOCAL, CENTRAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
VERSION, UNIX, LONG_AGO = 20, 3, (0, 33)  # 1980-01-01: the first day that a ZIP knows
ATTRIBUTES = (stat.S_IFREG | 0o644) << 16
ENCRYPTED = 0x1
CHUNK = 1 << 20


class Refused(ValueError):
    """An archive that no bundle of ours can be."""


class File(NamedTuple):
    """One file of an archive: where its content begins, and how long it is."""

    name: str
    start: int
    size: int
    crc: int
    offset: int  # of its header


class Writer:
    """Writes the files of an archive one after the other, and keeps their SHA-256."""

    def __init__(self, path: Path) -> None:
        self.sums: dict[str, str] = {}
        self._files: list[File] = []
        self._file: BinaryIO = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._file.close()

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file, chunk by chunk. Raises ValueError when the archive would become too large."""
        if not NAME.fullmatch(name) or name in self.sums:
            raise ValueError(f"{name!r} cannot be a file of a bundle")
        offset, size, crc, digest = self._file.tell(), 0, 0, sha256()
        self._file.write(local_header(name, 0, 0))
        start = self._file.tell()
        for chunk in chunks:
            self._file.write(chunk)
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            if start + size > LARGEST:
                raise ValueError("it would have more than 4 GB")
        end = self._file.tell()
        self._file.seek(offset)
        self._file.write(local_header(name, size, crc))
        self._file.seek(end)
        self._files.append(File(name, start, size, crc, offset))
        self.sums[name] = digest.hexdigest()
        if len(self._files) > MOST_FILES:
            raise ValueError(f"it would have more than {MOST_FILES:,} files")

    def _finish(self) -> None:
        directory = self._file.tell()
        for one in self._files:
            self._file.write(central_header(one))
        size = self._file.tell() - directory
        if directory + size > LARGEST:
            raise ValueError("it would have more than 4 GB")
        self._file.write(end_of_directory(len(self._files), size, directory))


class Reader:
    """Reads an archive that may be hostile. Raises Refused, naming what is wrong, before any content is looked at."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.files: dict[str, File] = {one.name: one for one in self._directory()}

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file. Raises Refused at its end when its checksum is another."""
        one, crc = self.files[name], 0
        self._file.seek(one.start)
        at = one.start
        while left := one.start + one.size - at:
            self._file.seek(at)
            chunk = self._file.read(min(CHUNK, left))
            if not chunk:
                raise Refused(f"{name} is cut off")
            at += len(chunk)
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if crc != one.crc:
            raise Refused(f"{name} has another checksum than the archive says")

    def content(self, name: str, most: int) -> bytes:
        """A whole small file. Raises Refused when it is larger than anything of its kind."""
        if self.files[name].size > most:
            raise Refused(f"{name} has more than {most:,} bytes")
        return b"".join(self.chunks(name))

    def lines(self, name: str, longest: int) -> Iterator[bytes]:
        """The lines of a file, one at a time."""
        rest = b""
        for chunk in self.chunks(name):
            rest += chunk
            *whole, rest = rest.split(b"\n")
            yield from whole
            if len(rest) > longest:
                raise Refused(f"{name} has a line of more than {longest:,} bytes")
        if rest:
            raise Refused(f"{name} ends in the middle of a line")

    def _directory(self) -> list[File]:
        length = self._file.seek(0, 2)
        if length < END.size:
            raise Refused("it is no ZIP archive")
        self._file.seek(length - END.size)
        end = self._file.read(END.size)
        mark, _, _, _, count, size, start, _ = END.unpack(end)
        if (
            mark != b"PK\x05\x06"
            or end != end_of_directory(count, size, start)
            or start + size + END.size != length
        ):
            raise Refused("it is no ZIP archive, was cut off, or has more behind its end")
        if count > MOST_FILES:
            raise Refused(f"it has more than {MOST_FILES:,} files")
        self._file.seek(start)
        directory, files, names, at, here = self._file.read(size), [], set[str](), 0, 0
        view = memoryview(directory)  # no copy of the rest for each file
        for _ in range(count):
            one, taken = self._entry(view[at:])
            folded = one.name.casefold()
            if folded in names:
                raise Refused(f"{one.name} is in it twice")
            names.add(folded)
            if one.offset != here:
                raise Refused(f"{one.name} overlaps another file, or hides something in front of it")
            here = one.start + one.size
            at += taken
            files.append(one)
        if at != len(directory) or here != start:
            raise Refused("something is hidden between its files and its directory")
        for one in files:
            self._file.seek(one.offset)
            if self._file.read(one.start - one.offset) != local_header(one.name, one.size, one.crc):
                raise Refused(f"{one.name} is called or described otherwise at its own place")
        return files

    def _entry(self, raw: memoryview) -> tuple[File, int]:
        """A file, and how much of the directory it took."""
        if len(raw) < CENTRAL.size:
            raise Refused("its directory is cut off")
        (mark, _, _, flags, method, _, _, crc, packed, size, name_length, extra, comment, _, _, attributes,
         offset) = CENTRAL.unpack(raw[: CENTRAL.size])  # fmt: skip
        taken = CENTRAL.size + name_length
        name = bytes(raw[CENTRAL.size : taken]).decode("latin-1")
        if mark != b"PK\x01\x02":
            raise Refused("its directory is damaged")
        if not NAME.fullmatch(name):
            raise Refused(f"{name[:80]!r} is no name for a file of a bundle: it may lead out of it")
        if stat.S_ISLNK(attributes >> 16):
            raise Refused(f"{name} is a link")
        if flags & ENCRYPTED:
            raise Refused(f"{name} is encrypted")
        if method or packed != size:
            raise Refused(f"{name} is compressed, which a bundle never is: it may be a bomb")
        one = File(name, offset + LOCAL.size + name_length, size, crc, offset)
        if extra or comment or raw[:taken] != central_header(one):
            raise Refused(f"{name} has properties that no file of a bundle has")
        return one, taken


def local_header(name: str, size: int, crc: int) -> bytes:
    text = name.encode("ascii")
    return LOCAL.pack(b"PK\x03\x04", VERSION, 0, 0, *LONG_AGO, crc, size, size, len(text), 0) + text


def central_header(one: File) -> bytes:
    text = one.name.encode("ascii")
    return CENTRAL.pack(
        b"PK\x01\x02", UNIX << 8 | VERSION, VERSION, 0, 0, *LONG_AGO, one.crc, one.size, one.size, len(text),
        0, 0, 0, 0, ATTRIBUTES, one.offset,
    ) + text  # fmt: skip


def end_of_directory(count: int, size: int, start: int) -> bytes:
    try:
        return END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    except struct.error:
        return b""
