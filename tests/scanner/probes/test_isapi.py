"""Hikvision's own dialect, under its own and under neutral names."""

from __future__ import annotations

import pytest

from scanner.probes import isapi
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

DEVICE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<DeviceInfo version="2.0" xmlns="http://www.std-cgi.com/ver20/XMLSchema">\n'
    b"<deviceName>IP CAMERA</deviceName>\n<model>LTCMIP7352W</model>\n"
    b"<serialNumber>LTCMIP7352W20170428AAWR700000001</serialNumber>\n<macAddress>c0:56:e3:00:00:01</macAddress>\n"
    b"<firmwareVersion>V5.6.2</firmwareVersion>\n<firmwareReleasedDate>build 190701</firmwareReleasedDate>\n"
    b"<OEMCode>1</OEMCode>\n<salt>0123</salt></DeviceInfo>\n"
)
HEAD = b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Type: application/xml\r\n\r\n"


def test_a_question_is_a_plain_get() -> None:
    question = isapi.question(isapi.DEVICE_INFO, "10.0.0.1")
    assert question.name == "GET /ISAPI/System/deviceInfo"
    assert question.payload.startswith(b"GET /ISAPI/System/deviceInfo HTTP/1.1\r\nHost: 10.0.0.1\r\n")


@pytest.mark.parametrize("head", [b"", HEAD])
def test_a_document_is_read_with_and_without_its_http_head(head: bytes) -> None:
    found = isapi.fields(head + DEVICE)
    assert found["root"] == ("DeviceInfo",) and found["namespace"] == (
        "http://www.std-cgi.com/ver20/XMLSchema",
    )
    assert found["model"] == ("LTCMIP7352W",) and found["firmwareReleasedDate"] == ("build 190701",)
    assert ("server" in found) is bool(head)
    assert isapi.read(head + DEVICE).root == "DeviceInfo"


def test_an_element_that_nobody_asked_for_is_no_field() -> None:
    assert "salt" not in isapi.fields(DEVICE)


@pytest.mark.parametrize(
    "kept",
    [
        "Model: DS-I114W, Serial: DS-I114W20171106AAWR100000001, Firmware: V5.4.81",
        "model=DS-I114W\nserialNumber=DS-I114W20171106AAWR100000001\nfirmwareVersion=V5.4.81\n",
        '{"model": "DS-I114W", "serialNumber": "DS-I114W20171106AAWR100000001", "firmwareVersion": "V5.4.81"}',
        "{'model': 'DS-I114W', 'serialNumber': 'DS-I114W20171106AAWR100000001', 'firmwareVersion': 'V5.4.81'}",
    ],
)
def test_what_other_tools_keep_of_a_document_is_read(kept: str) -> None:
    found = isapi.fields(kept.encode())
    assert found["model"] == ("DS-I114W",) and found["firmwareVersion"] == ("V5.4.81",)
    assert found["serialNumber"] == ("DS-I114W20171106AAWR100000001",)


def test_a_challenge_gives_its_realm() -> None:
    reply = (
        b'HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nWWW-Authenticate: Digest realm="DS-7208"\r\n\r\n'
    )
    assert isapi.fields(reply)["realm"] == ("DS-7208",) and isapi.fields(reply)["status"] == ("401",)


@pytest.mark.parametrize("payload", [b"", b"<!doctype html><html></html>", b"<html>", HEAD + b"Not found"])
def test_a_page_is_no_document(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        isapi.read(payload)


def test_a_document_cut_short_never_gives_half_a_serial() -> None:
    serials = {serial for cut in cuts(DEVICE) for serial in isapi.fields(cut).get("serialNumber", ())}
    assert serials == {"LTCMIP7352W20170428AAWR700000001"}
