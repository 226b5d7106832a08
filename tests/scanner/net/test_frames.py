"""The frames of a fast sweep, byte by byte, and answers that are none."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.net.sweep.frames import (
    ACK,
    ARP_TARGET,
    RST,
    SYN,
    Cookie,
    Heard,
    Syn,
    arp_reply,
    arp_request,
    read_answer,
    words,
)
from scanner.net.sweep.packets import assemble
from scanner.net.sweep.plan import number

ME, ROUTER = bytes.fromhex("02aabbccdd01"), bytes.fromhex("02aabbccdd02")
SOURCE, PORT = number("10.20.0.5"), 61_000
KEY = Cookie(bytes(range(16)))

addresses = st.integers(1, 0xFFFFFFFE)
ports = st.integers(1, 0xFFFF)


def folded(data: bytes) -> int:
    """The checksum of RFC 1071, as a receiver takes it: 0xFFFF when nothing was damaged."""
    total = words(data)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def aimed(targets: list[int], port: int, source: int = SOURCE) -> list[bytes]:
    """SYN frames as they leave."""
    syn = Syn(source, PORT, KEY)
    buffer = bytearray(syn.frame(ME, ROUTER).ljust(64, b"\0") * len(targets))
    syn.patch(buffer, range(0, 64 * len(targets), 64), targets, port)
    return [bytes(buffer[at : at + 58]) for at in range(0, 64 * len(targets), 64)]


def reply(address: int, port: int, flags: int, acknowledged: int, options: bytes = b"") -> bytes:
    """What a device answers; `options` lengthen its IP header."""
    length = 0x45 + len(options) // 4
    ip = struct.pack("!BBHHHBBHII", length, 0, 40 + len(options), 0, 0, 64, 6, 0, address, SOURCE) + options
    tcp = struct.pack("!HHIIHHHH", port, PORT, 7, acknowledged & 0xFFFFFFFF, 5 << 12 | flags, 1024, 0, 0)
    return ME + ROUTER + b"\x08\x00" + ip + tcp + bytes(6)


@given(st.lists(addresses, min_size=1, max_size=5), ports, addresses)
def test_every_syn_carries_checksums_that_a_device_accepts(
    targets: list[int], port: int, source: int
) -> None:
    for target, frame in zip(targets, aimed(targets, port, source), strict=True):
        ip, tcp = frame[14:34], frame[34:]
        pseudo = struct.pack("!IIHH", source, target, 6, len(tcp))
        assert folded(ip) == 0xFFFF and folded(pseudo + tcp) == 0xFFFF
        assert ip[12:20] == struct.pack("!II", source, target)
        assert tcp[:4] == struct.pack("!HH", PORT, port) and tcp[13] == SYN


def test_a_syn_looks_like_one_of_an_ordinary_stack() -> None:
    [frame] = aimed([number("10.77.0.9")], 554)
    assert frame[:14] == ROUTER + ME + b"\x08\x00"
    assert frame[14:24] == bytes.fromhex("4500002c000040004006")
    assert frame[42:50] == bytes.fromhex("0000000060020400") and frame[-4:] == bytes.fromhex("020405b4")


@given(addresses, ports, st.binary(max_size=40).map(lambda options: options[: len(options) // 4 * 4]))
def test_an_answer_to_its_own_cookie_is_heard(address: int, port: int, options: bytes) -> None:
    cookie = KEY.of(address, port) + 1
    assert read_answer(reply(address, port, SYN | ACK, cookie, options), KEY) == Heard(address, port, False)
    assert read_answer(reply(address, port, RST | ACK, cookie, options), KEY) == Heard(address, port, True)


@pytest.mark.parametrize(
    ("flags", "off"), [(SYN | ACK, 0), (SYN | ACK, 2), (RST, 1), (ACK, 1), (SYN, 1), (RST | ACK, -5)]
)
def test_an_answer_to_nothing_we_asked_is_not_heard(flags: int, off: int) -> None:
    address = number("10.77.0.9")
    assert read_answer(reply(address, 80, flags, KEY.of(address, 80) + off), KEY) is None


def test_an_answer_cannot_be_passed_off_as_another_device_or_port() -> None:
    address, other = number("10.77.0.9"), number("10.77.0.10")
    cookie = KEY.of(address, 80) + 1
    assert read_answer(reply(other, 80, SYN | ACK, cookie), KEY) is None
    assert read_answer(reply(address, 554, SYN | ACK, cookie), KEY) is None
    assert read_answer(reply(address, 80, SYN | ACK, cookie), Cookie(b"another sweep")) is None


@given(st.binary(max_size=120))
def test_any_frame_is_read_or_passed_over(noise: bytes) -> None:
    for frame in (noise, ME + ROUTER + b"\x08\x00" + noise, ME + ROUTER + b"\x08\x06" + noise):
        assert read_answer(frame, KEY) is None
        arp_reply(frame)


@given(st.integers(0, 60))
def test_an_answer_that_is_cut_short_is_passed_over(length: int) -> None:
    whole = reply(number("10.77.0.9"), 80, SYN | ACK, KEY.of(number("10.77.0.9"), 80) + 1, b"\1" * 4)
    assert read_answer(whole[:length], KEY) == (read_answer(whole, KEY) if length >= 58 else None)


def test_who_has_asks_everybody_for_one_address() -> None:
    frame = bytearray(arp_request(ME, SOURCE))
    struct.pack_into("!I", frame, ARP_TARGET, number("10.20.0.9"))
    assert bytes(frame) == bytes.fromhex(
        "ffffffffffff 02aabbccdd01 0806 0001 0800 06 04 0001 02aabbccdd01 0a140005 000000000000 0a140009"
    )


def test_a_reply_tells_the_mac_address_and_a_request_does_not() -> None:
    told = "02aabbccdd01 4419b6000001 0806 0001 0800 06 04 {} 4419b6000001 0a140009 02aabbccdd01 0a140005"
    assert arp_reply(bytes.fromhex(told.format("0002"))) == (
        number("10.20.0.9"),
        bytes.fromhex("4419b6000001"),
    )
    assert arp_reply(bytes.fromhex(told.format("0001"))) is None


def test_a_filter_is_what_the_kernel_expects() -> None:
    program = assemble([(0x28, 12, None), (0x15, 0x0800, True), (0x45, 0x1FFF, False)])
    assert list(struct.iter_unpack("=HBBI", program)) == [
        (0x28, 0, 0, 12),
        (0x15, 0, 2, 0x0800),  # else to the last line: two further on
        (0x45, 1, 0, 0x1FFF),
        (0x06, 0, 0, 2048),
        (0x06, 0, 0, 0),
    ]
