"""SSDP replies and the device descriptions they lead to, which only the sender itself may give."""

from __future__ import annotations

import pytest

from scanner.probes import ssdp, upnp_xml
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import STEALING_XML, cuts

# The neutral build of Dahua's stack.
REPLY = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nX-User-Agent: redsonic\r\n"
    b"LOCATION: http://192.168.1.108:80/upnp_device_desc.xml\r\nSERVER: Linux, UPnP/1.0, Private Upnp SDK\r\n"
    b"ST: upnp:rootdevice\r\nUSN: uuid:device_3_0-AMC000000000000001::upnp:rootdevice\r\n\r\n"
)
DESCRIPTION = (
    b'<?xml version="1.0"?>\r\n<root xmlns="urn:schemas-upnp-org:device-1-0"><device>'
    b"<deviceType>urn:schemas-upnp-org:device:EmbeddedNetDevice:1</deviceType><friendlyName>IPCAM</friendlyName>"
    b"<manufacturer>LTS</manufacturer><modelName>CMIP1142</modelName><serialNumber>C12345678</serialNumber>"
    b"<modelURL /><deviceList><device><manufacturer>Nobody</manufacturer></device></deviceList></device></root>\r\n\r\n"
)


def test_the_search_is_the_one_of_the_standard() -> None:
    assert ssdp.SEARCH == (
        b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\n'
        b"ST: upnp:rootdevice\r\n\r\n"
    )


def test_a_reply_names_its_stack_and_its_serial() -> None:
    found = ssdp.fields(REPLY)
    assert found["server"] == ("Linux, UPnP/1.0, Private Upnp SDK",) and found["x-user-agent"] == (
        "redsonic",
    )
    assert found["usn"] == ("uuid:device_3_0-AMC000000000000001::upnp:rootdevice",)
    assert "X-User-Agent: redsonic" in found["header"]


def test_one_header_line_is_enough() -> None:
    assert ssdp.fields(b"Server: Linux, UPnP/1.0, X")["server"] == ("Linux, UPnP/1.0, X",)
    assert ssdp.fields(b"DEVICE-INFO: Beward/N100")["header"] == ("DEVICE-INFO: Beward/N100",)


def test_an_announcement_is_read_like_a_reply() -> None:
    notify = b"NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\nServer: X\r\n\r\n"
    assert ssdp.read(notify).header("SERVER") == "X" and ssdp.fields(notify)["st"] == ("upnp:rootdevice",)


def test_a_question_is_no_device() -> None:
    assert ssdp.fields(ssdp.SEARCH) == {}
    with pytest.raises(Unreadable):
        ssdp.read(ssdp.SEARCH)


def test_the_description_is_fetched_from_the_sender_only() -> None:
    assert (
        ssdp.description_url(ssdp.read(REPLY), "192.168.1.108")
        == "http://192.168.1.108:80/upnp_device_desc.xml"
    )
    assert ssdp.description_url(ssdp.read(REPLY), "192.168.1.109") is None


@pytest.mark.parametrize(
    "location",
    [
        b"http://evil.example/x",
        b"https://10.0.0.1/x",
        b"http://user@10.0.0.1/x",
        b"http://10.0.0.1@evil.example/",
        b"http://10.0.0.1.evil.example/",
        b"http://10.0.0.1:99999/",
        b"http://10.0.0.1/\x1b[2J",
        b"http://10.0.0.1/a b",
        b"http://[10.0.0.1/",
        b"file:///etc/passwd",
        b"/upnp.xml",
        b"",
    ],
)
def test_a_location_that_is_not_plainly_the_senders_is_left_alone(location: bytes) -> None:
    reply = ssdp.read(b"HTTP/1.1 200 OK\r\nLOCATION: %s\r\n\r\n" % location)
    assert ssdp.description_url(reply, "10.0.0.1") is None


def test_an_ipv6_sender_is_recognised_without_its_zone() -> None:
    reply = ssdp.read(b"HTTP/1.1 200 OK\r\nLocation: http://[fe80::1]:49152/d.xml\r\n\r\n")
    assert ssdp.description_url(reply, "fe80::1%eth0") == "http://[fe80::1]:49152/d.xml"


def test_a_description_names_maker_model_and_serial_of_the_root_device() -> None:
    description = upnp_xml.read(DESCRIPTION)
    assert description.manufacturer == "LTS" and description.model == "CMIP1142"
    assert description.serial == "C12345678" and upnp_xml.fields(DESCRIPTION)["manufacturer"] == (
        "LTS",
        "Nobody",
    )


def test_a_description_cut_short_never_yields_half_a_model() -> None:
    models = {model for cut in cuts(DESCRIPTION) for model in upnp_xml.fields(cut).get("modelName", ())}
    assert models == {"CMIP1142"}


def test_a_description_written_down_as_lines_is_read() -> None:
    assert upnp_xml.fields(b"manufacturer: Hikvision\nmodelName: DS-2CD2032-I")["modelName"] == (
        "DS-2CD2032-I",
    )


def test_a_description_opens_no_file() -> None:
    assert upnp_xml.fields(STEALING_XML)["modelName"] == ("&x;",)
    with pytest.raises(Unreadable):
        upnp_xml.read(b"<html><title>Not found</title></html>")
