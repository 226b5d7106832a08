"""What a hostile or broken device may send, for the tests of every probe."""

from __future__ import annotations

from collections.abc import Iterator

XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10))
    + b"]><ProbeMatch><MAC>44-47-cc-00-00-01</MAC><DeviceDescription>&k;</DeviceDescription></ProbeMatch>"
)
STEALING_XML = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><root><modelName>&x;</modelName></root>'
HOSTILE = {
    "nothing": b"",
    "one zero": b"\0",
    "ten megabytes of zeros": bytes(10_000_000),
    "ten megabytes of brackets": b"<" * 10_000_000,
    "ten megabytes of an open name": b"<" + b"a" * 10_000_000,
    "a tower of elements": b"<a>" * 100_000,
    "a tower of lists": b'{"a":' + b"[" * 200_000,
    "a million siblings": b"<r>" + b"<a>b</a>" * 1_000_000 + b"</r>",
    "quotes without an end": b"{" + b"\"'" * 500_000,
    "blanks without an end": b"a" + b" " * 1_000_000 + b"b",
    "colons without an end": b"a:" * 500_000,
    "hex digits without an end": b"4c" * 500_000,
    "lines without an end": b"\n" * 1_000_000,
    "a bomb of entities": XML_BOMB,
    "an entity that reads a file": STEALING_XML,
    "an encoding that does not exist": b'<?xml version="1.0" encoding="klingon"?><a>b</a>',
    "text in UTF-16": '<?xml version="1.0" encoding="UTF-16"?><a>b</a>'.encode("utf-16"),
}


def cuts(payload: bytes) -> Iterator[bytes]:
    """The payload after each byte of it, as it looks when the connection breaks there."""
    return (payload[:end] for end in range(len(payload)))
