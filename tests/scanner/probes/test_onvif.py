"""ONVIF answers: the dialect of the envelope, and what stands in it."""

from __future__ import annotations

import pytest

from scanner.model import Observation
from scanner.probes import onvif, read_fields
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import XML_BOMB, cuts

ROOT = (
    '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tnsn="http://www.eventextension.com/2011/event/topics">'
)
HOSTNAME = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    + ROOT
    + "<env:Body><tds:GetHostnameResponse><tds:HostnameInformation>"
    "<tt:FromDHCP>false</tt:FromDHCP><tt:Name>localhost</tt:Name></tds:HostnameInformation>"
    "</tds:GetHostnameResponse></env:Body></env:Envelope>"
).encode()
TIME = HOSTNAME.replace(b"GetHostname", b"GetSystemDateAndTime").replace(
    b"<tt:FromDHCP>false</tt:FromDHCP>", b"<tt:TimeZone><tt:TZ>CST-8:00:00</tt:TZ></tt:TimeZone>"
)
DEVICE = (
    b"<tds:GetDeviceInformationResponse><tds:Manufacturer>Amcrest</tds:Manufacturer><tds:Model>IP5M</tds:Model>"
    b"<tds:FirmwareVersion>V2.800</tds:FirmwareVersion><tds:SerialNumber>AMC0</tds:SerialNumber>"
    b"<tds:HardwareId>1.00</tds:HardwareId></tds:GetDeviceInformationResponse>"
)
FAULT = (
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="Login to 0123456789abcdef0123456789abcdef",'
    b'nonce="b252aWYtZGlnZXN0OjQz"\r\n\r\n'
    + ROOT.encode()
    + b"<env:Body><env:Fault><env:Detail><env:Text>NULL</env:Text>"
    b"</env:Detail></env:Fault></env:Body></env:Envelope>"
)


def test_a_question_carries_no_security_header_and_the_right_path() -> None:
    question = onvif.question("GetCapabilities", "10.0.0.1", 80)
    assert question.payload.startswith(b"POST /onvif/device_service HTTP/1.1\r\nHost: 10.0.0.1\r\n")
    assert b"<Category>All</Category>" in question.payload and b"Security" not in question.payload
    assert onvif.question("GetCapabilities", "10.0.0.1:2020", 2020).payload.startswith(
        b"POST /onvif/service "
    )


def test_the_root_tag_is_kept_as_it_was_sent() -> None:
    found = onvif.fields(HOSTNAME)
    assert found["root"] == (ROOT,) and found["prefix"] == ("env",)
    assert found["hostname"] == ("localhost",) and found["operation"] == ("GetHostname",)
    assert onvif.read(HOSTNAME).operation == "GetHostname"


def test_the_time_zone_is_kept_in_the_platforms_own_notation() -> None:
    assert onvif.fields(TIME)["timezone"] == ("CST-8:00:00",)


def test_a_fragment_without_its_envelope_is_read() -> None:
    found = onvif.fields(DEVICE)
    assert found["Manufacturer"] == ("Amcrest",) and found["SerialNumber"] == ("AMC0",)
    with pytest.raises(Unreadable):
        onvif.read(DEVICE)


@pytest.mark.parametrize(
    ("printed", "field", "value"),
    [
        (
            b"{'Model': DS-2DF7286-A, 'FirmwareVersion': V5.1.8 build 140616}",
            "FirmwareVersion",
            "V5.1.8 build 140616",
        ),
        (
            b"DeviceInfo(manufacturer='EYEPLUS', model='EYEPLUS_DEV', fw_version='5.6.1'",
            "FirmwareVersion",
            "5.6.1",
        ),
    ],
)
def test_what_a_tool_printed_is_read(printed: bytes, field: str, value: str) -> None:
    assert onvif.fields(printed)[field] == (value,)


def test_a_fault_is_as_good_as_an_answer() -> None:
    found = onvif.fields(FAULT)
    assert found["root"] == (ROOT,) and found["fault"] == ("NULL",) and found["status"] == ("401",)
    assert found["nonce"] == ("b252aWYtZGlnZXN0OjQz",) and found["realm"][0].startswith("Login to ")


def test_addresses_and_scopes_are_single_values() -> None:
    found = onvif.fields(
        b"<e:Envelope><tt:XAddr>http://1.2.3.4/onvif/Media http://1.2.3.4/onvif/PTZ</tt:XAddr>"
        b"<tt:ScopeItem>onvif://www.onvif.org/name/HIKVISION%20DS-2CD</tt:ScopeItem></e:Envelope>"
    )
    assert found["xaddr"] == ("http://1.2.3.4/onvif/Media", "http://1.2.3.4/onvif/PTZ")
    assert found["scope"] == ("onvif://www.onvif.org/name/HIKVISION DS-2CD",)


def test_no_element_can_pose_as_a_header() -> None:
    assert "server" not in onvif.fields(b"<e:Envelope><server>App-webs/</server></e:Envelope>")


def test_an_answer_cut_short_never_gives_half_a_serial() -> None:
    serials = {serial for cut in cuts(DEVICE) for serial in onvif.fields(cut).get("SerialNumber", ())}
    assert serials == {"AMC0"}


def test_a_bomb_stays_a_bomb() -> None:
    assert all(len(value) < 5_000 for values in onvif.fields(XML_BOMB).values() for value in values)


def test_what_scopes_state_has_the_names_that_discovery_gives_it() -> None:
    scopes = "".join(
        f"<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/{end}</tt:ScopeItem></tds:Scopes>"
        for end in (
            "name/AXIS%20P3245-LV",
            "hardware/P3245-LV",
            "Profile/Streaming",
            "avigilon/firmware/version/2.6",
        )
    )
    reply = (
        f"<s:Envelope><s:Body><tds:GetScopesResponse>{scopes}</tds:GetScopesResponse></s:Body></s:Envelope>"
    )
    found = read_fields(Observation(protocol="onvif", payload=reply.encode())).fields
    assert found["ws-discovery.name"] == ("AXIS P3245-LV",)
    assert found["ws-discovery.hardware"] == ("P3245-LV",)
    assert found["ws-discovery.profile"] == ("Streaming",)
    assert found["ws-discovery.firmware"] == ("2.6",)
    assert found["onvif.scope"][0] == "onvif://www.onvif.org/name/AXIS P3245-LV"
