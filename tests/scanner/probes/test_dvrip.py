"""The challenge of Dahua's own protocol, and dictionaries that tools printed."""

from __future__ import annotations

import pytest

from scanner.probes import dvrip
from scanner.probes.contract import Unreadable


def challenge(realm: bytes) -> bytes:
    text = b"Realm:" + realm + b"\r\nRandom:166042717d\r\n\r\n"
    return b"\xb0\0\0\0" + len(text).to_bytes(4, "little") + bytes(24) + text


OLD = challenge(b"Login to 5L04507PAJ00001")
NEW = challenge(b"Login to 18038F6DBFE666A3")


def test_the_question_names_no_user() -> None:
    assert dvrip.REALM_REQUEST.payload.hex() == "a001" + "00" * 22 + "050201010000a1aa"


def test_an_old_unit_states_its_serial() -> None:
    assert dvrip.read(OLD).realm == "Login to 5L04507PAJ00001" and dvrip.read(OLD).random == "166042717d"
    assert dvrip.fields(OLD)["serial"] == ("5L04507PAJ00001",)


def test_a_hash_is_no_serial() -> None:
    assert dvrip.fields(NEW)["realm"] == ("Login to 18038F6DBFE666A3",) and "serial" not in dvrip.fields(NEW)


@pytest.mark.parametrize("reply", [OLD, NEW])
def test_a_frame_byte_by_byte_ends_with_its_last_byte(reply: bytes) -> None:
    frame, wholes = dvrip.Frame(dvrip.REPLY_LIMIT), []
    for at in range(len(reply)):
        frame.feed(reply[at : at + 1])
        wholes.append(frame.whole)
    assert wholes == [False] * (len(reply) - 1) + [True]


def test_a_frame_that_states_four_gigabytes_is_bounded() -> None:
    frame = dvrip.Frame(dvrip.REPLY_LIMIT)
    frame.feed(b"\xb0\0\0\0\xff\xff\xff\xff" + bytes(10_000))
    assert frame.whole and len(frame.received) == dvrip.REPLY_LIMIT


@pytest.mark.parametrize(
    "payload", [b"", OLD[:-1], b"HTTP/1.1 400 Bad\r\n\r\n" + bytes(40), b"\xb0" + bytes(31)]
)
def test_anything_else_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        dvrip.read(payload)


@pytest.mark.parametrize(
    ("printed", "field", "value"),
    [
        (
            b"{u'session': u'5', u'params': {u'type': u'IPC-D2B20-ZS'}, u'result': True}",
            "type",
            "IPC-D2B20-ZS",
        ),
        (b"{u'params': {u'Vendor': u'EZIP'}, u'id': 8}", "Vendor", "EZIP"),
        (b'{"Mac":"08:ed:ed:00:00:01","Vendor":"Private"}', "Mac", "08:ed:ed:00:00:01"),
        (b"Realm:Login to 5L04507PAJ00001\r\nRandom:1\r\n", "serial", "5L04507PAJ00001"),
    ],
)
def test_what_a_tool_printed_is_read(printed: bytes, field: str, value: str) -> None:
    assert dvrip.fields(printed)[field] == (value,)
