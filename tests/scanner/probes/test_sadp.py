"""SADP replies as Hikvision's firmware writes them: complete, misspelt, and with things to keep out."""

from __future__ import annotations

import pytest

from scanner.probes import sadp
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import XML_BOMB, cuts

# The order and spelling of firmware 5.6.2, with `<Uuid>` on the line of the root as 5.5.6 has it.
CAMERA = b"""<?xml version="1.0" encoding="UTF-8"?>
<ProbeMatch><Uuid>F93CF8DC-DF53-424B-98A7-9FC0536E1083</Uuid>
<Types>inquiry</Types>
<DeviceType>141945</DeviceType>
<DeviceDescription>DS-2CD2385G1-I</DeviceDescription>
<DeviceSN>DS-2CD2385G1-I20200414AAWRE00000001</DeviceSN>
<CommandPort>8000</CommandPort>
<HttpPort>80</HttpPort>
<MAC>58-50-ED-00-00-01</MAC>
<IPv4Address>192.168.1.64</IPv4Address>
<IPv4SubnetMask>255.255.255.0</IPv4SubnetMask>
<IPv4Gateway>192.168.1.1</IPv4Gateway>
<IPv6Address>::</IPv6Address>
<DHCP>true</DHCP>
<AnalogChannelNum>0</AnalogChannelNum>
<DigitalChannelNum>1</DigitalChannelNum>
<SoftwareVersion>V5.6.2build 190701</SoftwareVersion>
<DSPVersion>V7.3 build 190626</DSPVersion>
<BootTime>1970-01-15 02:44:11</BootTime>
<DiskNumber>0</DiskNumber>
<Activated>true</Activated>
<DetailOEMCode>1</DetailOEMCode>
<HCPlatformEnable>flase</HCPlatformEnable>
<Salt>d8eebc00000000000000000000003f91</Salt>
<DeviceLock>flase</DeviceLock>
<SDKOverTLSPort>8443</SDKOverTLSPort>
</ProbeMatch>
"""
# All that an intercom of firmware 1.5.0 states; most elements are optional.
INTERCOM = (
    b"<ProbeMatch><Types>inquiry</Types><DeviceDescription>DS-KH6210-L</DeviceDescription>"
    b"<MAC>aa-bb-cc-00-00-02</MAC><IPv4Address>192.0.0.65</IPv4Address><OEMInfo>N/A</OEMInfo></ProbeMatch>"
)
TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"


def test_the_inquiry_is_the_one_of_the_makers_own_app() -> None:
    assert sadp.request(TOKEN) == (
        b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>B6F61EFB-2B77-4C54-9C32-8E0B4104922F</Uuid>'
        b"<Types>inquiry</Types></Probe>"
    )
    assert [question.name for question in sadp.DATAGRAM.questions(TOKEN)] == ["inquiry", "inquiry_v32"]


def test_a_camera_states_its_model_its_serial_and_its_firmware() -> None:
    camera = sadp.read(CAMERA)
    assert camera.model == "DS-2CD2385G1-I" and camera.serial == "DS-2CD2385G1-I20200414AAWRE00000001"
    assert camera.firmware == "V5.6.2build 190701" and camera.mac == "58:50:ed:00:00:01"
    assert camera.address == "192.168.1.64" and camera.activated is True


def test_an_intercom_that_states_little_is_read_too() -> None:
    assert sadp.read(INTERCOM).model == "DS-KH6210-L"
    assert sadp.fields(INTERCOM)["OEMInfo"] == ("N/A",)


def test_the_misspelt_false_of_real_firmware_is_false() -> None:
    assert "HCPlatformEnable=false" in sadp.fields(CAMERA)["pair"]
    assert sadp.read(CAMERA.replace(b"<Activated>true", b"<Activated>flase")).activated is False


def test_the_salt_of_the_password_functions_reaches_no_field() -> None:
    assert "d8eebc" not in repr(sadp.fields(CAMERA)) + repr(sadp.read(CAMERA))
    assert all("d8eebc" not in repr(sadp.fields(cut)) for cut in cuts(CAMERA))
    assert "d8eebc" not in repr(sadp.fields(b"DeviceDescription: DS-1\nSalt: d8eebc\n"))
    assert "d8eebc" not in repr(sadp.fields(b'{"DeviceDescription": "DS-1", "Salt" : "d8eebc"}'))


def test_an_unescaped_ampersand_hides_no_camera() -> None:
    broken = CAMERA.replace(b"DS-2CD2385G1-I</DeviceDesc", b"DOOR & GATE</DeviceDesc")
    assert sadp.read(broken).model == "DOOR & GATE" and sadp.read(broken).mac == "58:50:ed:00:00:01"


def test_a_reply_cut_short_never_yields_half_a_model() -> None:
    models = {model for cut in cuts(CAMERA) for model in sadp.fields(cut).get("DeviceDescription", ())}
    assert models == {"DS-2CD2385G1-I"}


@pytest.mark.parametrize("rubbish", [b"\0\0\0", b"\xff\xfe", b"<Probe>", b"HTTP/1.1 200 OK"])
def test_rubbish_after_a_reply_changes_nothing(rubbish: bytes) -> None:
    assert sadp.read(CAMERA + rubbish).elements == sadp.read(CAMERA).elements


def test_the_echo_of_our_own_question_is_no_device() -> None:
    echo = sadp.request(TOKEN)
    assert sadp.fields(echo) == {}
    with pytest.raises(Unreadable):
        sadp.read(echo)


def test_a_reply_written_down_by_hand_is_read_as_well() -> None:
    assert sadp.fields(b"DeviceDescription=DS-2CD2032-I\nSoftwareVersion=V5.3.0\n")["SoftwareVersion"] == (
        "V5.3.0",
    )


def test_a_bomb_of_entities_stays_small() -> None:
    assert len(repr(sadp.fields(XML_BOMB))) < 5_000


# Built from the documented layout, since no genuine recording is public.
FRAME = (
    bytes.fromhex("ffffffffffff 44190b000001 8033")
    + bytes.fromhex("210201a8 00000001 0604 0400 0000 44190b000001 c0a80140 ffffffffffff ffffffff ffffff00")
    + b"DS-7608NI-SE0820130705AARR000000001WCVU".ljust(48, b"\0")
    + bytes.fromhex("0000a012 00001f40 00000008 00000001")
    + b"V2.2.10build 130704".ljust(48, b"\0")
    + b"V5.0build 130701".ljust(48, b"\0")
    + b"2013-07-05 08:00:00".ljust(48, b"\0")
)


@pytest.mark.parametrize("frame", [FRAME, FRAME[14:], FRAME + b"what newer firmware appends"])
def test_a_recorder_heard_below_ip_states_the_same(frame: bytes) -> None:
    recorder = sadp.read(frame)
    assert recorder.mac == "44:19:0b:00:00:01" and recorder.address == "192.168.1.64"
    assert recorder.firmware == "V2.2.10build 130704" and sadp.fields(frame)["CommandPort"] == ("8000",)


def test_frames_that_are_cut_or_no_replies_say_nothing() -> None:
    assert all(sadp.fields(cut) == {} for cut in cuts(FRAME) if len(cut) >= 16)
    inquiry = FRAME.replace(b"\x06\x04\x04\0", b"\x06\x04\x03\0")
    assert sadp.fields(inquiry) == {}
    with pytest.raises(Unreadable):
        sadp.read(inquiry)
