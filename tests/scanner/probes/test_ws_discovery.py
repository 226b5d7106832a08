"""WS-Discovery replies: the dialects that tell firmware apart, and the sloppiness that must not lose a camera."""

from __future__ import annotations

import pytest

from scanner.probes import ws_discovery
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

ENVELOPE = (
    b'<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    b' xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    b' xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    b' xmlns:tnshik="http://www.hikvision.com/2011/event/topics">'
)
SCOPES = (
    b"onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming"
    b" onvif://www.onvif.org/MAC/28:57:be:00:00:01 onvif://www.onvif.org/hardware/DS-2CD2T32-I3"
    b" onvif://www.onvif.org/name/HIKVISION%20DS-2CD2T32-I3 onvif://www.onvif.org/location/city/hangzhou"
)
CAMERA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n' + ENVELOPE + b"<env:Header>"
    b"<wsadis:RelatesTo>urn:uuid:ce04dad0-5d2c-4026-9146-1aabfc1e4111</wsadis:RelatesTo>"
    b"<wsadis:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsadis:To>"
    b"<wsadis:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsadis:Action>"
    b'<d:AppSequence InstanceId="1592239476" MessageNumber="28429" /></env:Header>'
    b"<env:Body><d:ProbeMatches><d:ProbeMatch><wsadis:EndpointReference>"
    b"<wsadis:Address>urn:uuid:ec4914fd-936b-11b5-8467-2857be000001</wsadis:Address></wsadis:EndpointReference>"
    b"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>" + SCOPES + b"</d:Scopes>"
    b"<d:XAddrs>http://192.168.1.64/onvif/device_service http://[fe80::2a57:beff:fe00:1]/onvif/device_service</d:XAddrs>"
    b"<d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
)
# A Dahua platform sold as Amcrest: RelatesTo repeats the question's type, and the declaration has a blank.
RELABEL = (
    b'<?xml version="1.0" encoding="utf-8" standalone="yes" ?><s:Envelope'
    b' xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    b' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>'
    b"<a:RelatesTo>uuid:Device</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
    b"<a:EndpointReference><a:Address>uuid:8eceb0ca-564e-4436-bec5-e63e00000001</a:Address></a:EndpointReference>"
    b"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/location/country/china"
    b" onvif://www.onvif.org/name/Amcrest onvif://www.onvif.org/hardware/IP2M-841B</d:Scopes>"
    b"<d:XAddrs>http://192.168.1.108/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
)
TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"


def test_every_wording_has_a_message_id_of_its_own() -> None:
    asked = ws_discovery.DATAGRAM.questions(TOKEN)
    ids = {question.payload.partition(b"MessageID>uuid:")[2][:36] for question in asked}
    assert len(ids) == len(asked) == 4
    assert ids.isdisjoint(
        q.payload.partition(b"MessageID>uuid:")[2][:36] for q in ws_discovery.questions(TOKEN[::-1])
    )


def test_a_camera_states_its_dialect_its_model_and_its_service() -> None:
    found = ws_discovery.fields(CAMERA)
    assert found["root"] == (ENVELOPE.decode(),) and found["prefix"] == ("env",)
    assert found["hardware"] == ("DS-2CD2T32-I3",) and found["name"] == ("HIKVISION DS-2CD2T32-I3",)
    assert found["address"] == ("192.168.1.64", "fe80::2a57:beff:fe00:1")
    assert found["mac"] == found["endpoint-node"] == ("28:57:be:00:00:01",)
    assert ws_discovery.read(CAMERA).types == ("dn:NetworkVideoTransmitter", "tds:Device")


def test_a_reply_to_a_garbled_question_is_kept() -> None:
    found = ws_discovery.fields(RELABEL)
    assert found["relates-to"] == ("uuid:Device",) and found["name"] == ("Amcrest",)
    assert found["declaration"] == ('<?xml version="1.0" encoding="utf-8" standalone="yes" ?>',)


def test_a_random_endpoint_is_not_taken_for_a_mac_address() -> None:
    assert "endpoint-node" not in ws_discovery.fields(RELABEL)


@pytest.mark.parametrize(
    "part",
    [
        SCOPES,
        b"Scopes: " + SCOPES,
        CAMERA[CAMERA.index(b"<env:Body>") :],
        CAMERA.replace(b"</env:Envelope>", b"&<"),
    ],
    ids=["scopes alone", "a line of scopes", "a body alone", "broken xml"],
)
def test_a_part_of_a_reply_says_what_it_can(part: bytes) -> None:
    assert ws_discovery.fields(part)["hardware"] == ("DS-2CD2T32-I3",)
    assert ws_discovery.read(part).scopes[-1] == "onvif://www.onvif.org/location/city/hangzhou"


def test_scopes_below_a_makers_own_name_are_understood_whatever_their_case() -> None:
    found = ws_discovery.fields(
        b"onvif://www.onvif.org/avigilon/mac/00-18-85-00-00-01 onvif://www.onvif.org/Name/IPCAM"
        b" onvif://www.onvif.org/avigilon/firmware/version/2.6.0.150(15529) onvif://www.onvif.org/acc/mfr/FLIR%20Systems"
    )
    assert found["mac"] == ("00:18:85:00:00:01",) and found["name"] == ("IPCAM",)
    assert found["firmware"] == ("2.6.0.150(15529)",) and found["manufacturer"] == ("FLIR Systems",)


def test_an_endpoint_alone_is_evidence() -> None:
    found = ws_discovery.fields(b"urn:uuid:b3464000-5074-11b4-82cc-142ffd000001")
    assert found["endpoint-node"] == ("14:2f:fd:00:00:01",)


def test_the_newer_namespace_is_read_alike() -> None:
    newer = CAMERA.replace(
        b"schemas.xmlsoap.org/ws/2005/04/discovery", b"docs.oasis-open.org/ws-dd/ns/discovery/2009/01"
    )
    assert ws_discovery.read(newer).scopes == ws_discovery.read(CAMERA).scopes


def test_a_hello_counts_as_a_reply() -> None:
    assert ws_discovery.fields(CAMERA.replace(b"ProbeMatches", b"Hello"))["action"] == ("Hello",)


def test_questions_of_others_and_our_own_are_no_devices() -> None:
    for question in ws_discovery.questions(TOKEN):
        assert ws_discovery.fields(question.payload) == {}
        with pytest.raises(Unreadable):
            ws_discovery.read(question.payload)


def test_a_reply_cut_short_keeps_the_dialect() -> None:
    for cut in cuts(CAMERA):
        assert ws_discovery.fields(cut).get("hardware", ("DS-2CD2T32-I3",)) == ("DS-2CD2T32-I3",)
    assert ws_discovery.fields(CAMERA[:1000])["prefix"] == ("env",)
