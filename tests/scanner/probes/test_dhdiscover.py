"""DHDiscover replies: genuine, neutral, relabelled, and written down in other notations."""

from __future__ import annotations

import pytest

from scanner.probes import dahua_search, dhdiscover
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

# A genuine camera of firmware 2.800 that hides its maker; gateway null and IPv6 "/0" as the firmware writes them.
JSON = (
    b'{"mac":"08:ed:ed:00:00:01","method":"client.notifyDevInfo","params":{"deviceInfo":{"AlarmInputChannels":0,'
    b'"DeviceClass":"IPC","DeviceID":"","DeviceType":"IPC-HDW1431T1-S4","Find":"BC","HttpPort":80,"IPv4Address":'
    b'{"DefaultGateway":"192.168.1.1","DhcpEnable":true,"IPAddress":"192.168.1.108","SubnetMask":"255.255.255.0"},'
    b'"IPv6Address":{"DefaultGateway":null,"DhcpEnable":false,"IPAddress":"\\/0","LinkLocalAddress":'
    b'"fe80::0aed:edff:fe00:1\\/64"},"Init":2714,"MachineName":"Entrance","Manufacturer":"Private","Port":37777,'
    b'"RemoteVideoInputChannels":0,"SerialNo":"6C01E93PAG00001","Vendor":"Private","Version":"2.800.0000000.13.R",'
    b'"VideoInputChannels":1}}}'
)
CAMERA = dhdiscover.HEADER.pack(32, b"DHIP", len(JSON), len(JSON)) + JSON + b"\n\0"

SECOND = b"3c:ef:8c:00:00:02DH-NVR"
THIRD = b"Name:Recorder\r\nDevice:NVR\r\nIPv6Addr:fe80::1/64;gateway:fe80::\r\n\r\nSerialNo:123456789\r\n\r\n"
OLD_RECORDER = (
    bytes([0xB3, 0, len(SECOND), 0, 0x58, 0, 0, 0]).ljust(0x10, b"\0")
    + bytes([2, 0, 0, 0, len(THIRD)]).ljust(0x18, b"\0")
    + b"NVR".ljust(16, b"\0")
    + bytes([192, 168, 1, 108, 255, 255, 255, 0, 192, 168, 1, 1]).ljust(0x26, b"\0")
    + bytes.fromhex("5000bb0191930a0090939293").ljust(0x1A, b"\0")
    + SECOND
    + THIRD
)


def test_the_search_is_the_documented_frame_of_ninety_bytes() -> None:
    assert dhdiscover.request() == bytes.fromhex(
        "200000004448495000000000000000003a000000000000003a00000000000000"
    ) + (b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}')
    assert dhdiscover.DATAGRAM.questions("")[0].payload == dhdiscover.request()


@pytest.mark.parametrize("payload", [CAMERA, JSON, JSON + b"\n", CAMERA + b"\xff rubbish", b"\0\0" + JSON])
def test_a_camera_is_read_with_or_without_header_and_tail(payload: bytes) -> None:
    camera = dhdiscover.read(payload)
    assert camera.mac == "08:ed:ed:00:00:01" and camera.address == "192.168.1.108"
    assert (
        camera.model == "IPC-HDW1431T1-S4"
        and camera.serial == "6C01E93PAG00001"
        and camera.vendor == "Private"
    )


def test_the_ipv6_address_is_not_mistaken_for_the_ipv4_address() -> None:
    found = dhdiscover.fields(CAMERA)
    assert found["IPAddress"] == ("192.168.1.108",)
    assert found["IPv6Address"] == ("/0", "fe80::0aed:edff:fe00:1/64")
    assert "DeviceID" not in found  # empty on this unit


@pytest.mark.parametrize(
    "notation",
    [
        b"{u'mac': u'00:1f:54:00:00:03', u'params': {u'deviceInfo': {u'DeviceType': u'W461ASC', u'Port': 35000}}}",
        b'{"mac"=>"00:1f:54:00:00:03", "params"=>{"deviceInfo"=>{"DeviceType"=>"W461ASC", "Port"=>35000}}}',
        b'{ "mac" : "00:1f:54:00:00:03", "DeviceType" : "W461ASC, "Port" : 35000',
        b"mac: 00:1F:54:00:00:03\r\nDeviceType: W461ASC\r\nPort: 35000\r\n",
    ],
    ids=["python", "ruby", "json with a string left open", "lines"],
)
def test_a_reply_in_another_notation_says_the_same(notation: bytes) -> None:
    found = dhdiscover.fields(notation)
    assert found["mac"] == ("00:1f:54:00:00:03",)
    assert found["DeviceType"] == ("W461ASC",) and found["Port"] == ("35000",)


def test_a_reply_cut_short_still_names_the_maker_of_the_interface() -> None:
    found = [dhdiscover.fields(cut) for cut in cuts(CAMERA)]
    assert found[-3]["SerialNo"] == ("6C01E93PAG00001",) and found[len(CAMERA) // 2]["mac"] == (
        "08:ed:ed:00:00:01",
    )


def test_the_echo_of_our_own_question_is_no_device() -> None:
    assert dhdiscover.fields(dhdiscover.request()) == {}
    with pytest.raises(Unreadable):
        dhdiscover.read(dhdiscover.request())


def test_the_older_search_is_one_packet_of_32_bytes() -> None:
    assert len(dahua_search.REQUEST) == 32 and dahua_search.REQUEST.startswith(bytes.fromhex("a3010001"))
    assert dahua_search.DATAGRAM.rounds == (0.0,)


def test_an_old_recorder_answers_in_binary_and_gives_the_same_fields() -> None:
    recorder = dahua_search.read(OLD_RECORDER)
    assert recorder.address == "192.168.1.108" and recorder.port == 37777 and recorder.http_port == 80
    assert dhdiscover.read(OLD_RECORDER).serial == "123456789"
    assert dhdiscover.fields(OLD_RECORDER)["mac"] == ("3c:ef:8c:00:00:02",)
    assert dhdiscover.fields(OLD_RECORDER)["DeviceType"] == ("DH-NVR",)


def test_an_old_reply_cut_short_keeps_what_came() -> None:
    assert all(set(dhdiscover.fields(cut)) <= set(dhdiscover.FIELDS) for cut in cuts(OLD_RECORDER))
    assert dhdiscover.fields(OLD_RECORDER[:0x70])["Port"] == ("37777",)
