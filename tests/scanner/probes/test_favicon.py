"""Icons by their hashes, checked against the published test vectors of MurmurHash3."""

from __future__ import annotations

import base64
import hashlib

import pytest

from scanner.probes import favicon
from scanner.probes.contract import Unreadable

ICON = b"\0\0\1\0\1\0\x10\x10" + bytes(range(256))
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: image/x-icon\r\nContent-Length: 264\r\n\r\n" + ICON


@pytest.mark.parametrize(
    ("data", "unsigned"),
    [
        (b"", 0),
        (b"test", 0xBA6BD213),
        (b"Hello, world!", 0xC0363E43),
        (b"The quick brown fox jumps over the lazy dog", 0x2E4FF723),
    ],
)
def test_murmur_hash_agrees_with_the_published_vectors(data: bytes, unsigned: int) -> None:
    assert favicon.mmh3(data) % (1 << 32) == unsigned
    assert -(1 << 31) <= favicon.mmh3(data) < 1 << 31


@pytest.mark.parametrize("payload", [ICON, REPLY])
def test_an_icon_is_hashed_with_and_without_its_http_head(payload: bytes) -> None:
    found = favicon.fields(payload)
    assert found["md5"] == (hashlib.md5(ICON).hexdigest(),)
    assert found["mmh3"] == (str(favicon.mmh3(base64.encodebytes(ICON))),)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        (b"md5:89B932FCC47CF4CA3FAADB0CFDEF89CF", "md5", "89b932fcc47cf4ca3faadb0cfdef89cf"),
        (b"mmh3:-808437027", "mmh3", "-808437027"),
        (b"mmh3: 999357577\n", "mmh3", "999357577"),
        (b"-808437027", "mmh3", "-808437027"),
        (b"89b932fcc47cf4ca3faadb0cfdef89cf", "md5", "89b932fcc47cf4ca3faadb0cfdef89cf"),
    ],
)
def test_a_recorded_hash_is_as_good_as_the_icon(text: bytes, field: str, value: str) -> None:
    assert favicon.fields(text)[field] == (value,)


@pytest.mark.parametrize(
    "payload",
    [REPLY[:-1], REPLY.replace(b"200 OK", b"404 No"), b"HTTP/1.1 200 OK\r\n\r\n<html>not found</html>", b""],
)
def test_half_an_icon_or_the_page_of_an_error_has_no_hash(payload: bytes) -> None:
    assert not {"md5", "mmh3"} & favicon.fields(payload).keys()
    with pytest.raises(Unreadable):
        favicon.read(payload)
