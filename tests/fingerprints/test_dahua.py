"""Dahua's firmware under its own name, under others, and what only looks like it."""

from __future__ import annotations

import pytest

from scanner.model import Protocol
from tests.fingerprints.conftest import Told

SCOPES = (
    "onvif://www.onvif.org/location/country/{country} onvif://www.onvif.org/name/{name} "
    "onvif://www.onvif.org/hardware/{model} onvif://www.onvif.org/Profile/Streaming "
    "onvif://www.onvif.org/type/Network_Video_Transmitter onvif://www.onvif.org/extension/unique_identifier"
)


def dhdiscover(vendor: str, kind: str, model: str, serial: str, version: str) -> tuple[Protocol, str]:
    return "dhdiscover", (
        '{"mac":"3c:ef:8c:00:00:01","method":"client.notifyDevInfo","params":{"deviceInfo":{'
        f'"DeviceClass":"{kind}","DeviceType":"{model}","Manufacturer":"{vendor}","Port":37777,'
        f'"SerialNo":"{serial}","Vendor":"{vendor}","Version":"{version}"}}}}}}'
    )


def test_a_camera_that_answers_dhdiscover_is_confirmed_with_all_that_it_states(told: Told) -> None:
    it = told(dhdiscover("Dahua", "IPC", "IPC-HDW5421S", "1F006E4PAX00001", "2.400.0.8"))
    assert (it.maker, it.brand, it.relabelled, it.confidence) == ("dahua", "Dahua", False, "confirmed")
    assert (it.model, it.serial, it.firmware) == ("IPC-HDW5421S", "1F006E4PAX00001", "2.400.0.8")
    assert it.category == "camera"


def test_a_recorder_sold_as_intelbras_is_named_by_its_maker(told: Told) -> None:
    it = told(dhdiscover("Intelbras", "MHDX", "MHDX 1016", "O9RF250000001", "3.210.IB01.3"))
    assert it.maker == "dahua" and it.brand == "Intelbras" and it.relabelled
    assert it.category == "dvr"


def test_a_brand_that_nobody_wrote_a_file_for_is_shown_as_it_names_itself(told: Told) -> None:
    it = told(dhdiscover("Acme Cameras", "IPC", "AC-100", "6C01E93PAG00001", "2.800.0000000.13.R"))
    assert it.brand == "Acme Cameras" and it.relabelled


@pytest.mark.parametrize("vendor", ["General", "Private"])
def test_a_neutral_build_has_no_brand_and_is_not_called_a_relabel(vendor: str, told: Told) -> None:
    it = told(dhdiscover(vendor, "HCVR", "HCVR", "2K0488CPAG00001", "3.210.1.4"))
    assert it.maker == "dahua" and it.brand is None and it.relabelled is None


def test_a_lorex_recorder_is_unmasked_although_it_names_its_maker(told: Told) -> None:
    it = told(("http", "vendor=Dahua\r\nversion=3.216.00LR035.0,build:2021-07-15\r\nsn=ND021900000001"))
    assert (it.maker, it.brand, it.relabelled) == ("dahua", "Lorex", True)
    assert it.serial == "ND021900000001" and it.firmware == "3.216.00LR035.0"


@pytest.mark.parametrize("spelling", ["CPPLUS", "CP_PLUS", "CP PLUS"])
def test_a_brand_is_the_same_however_it_is_spelt(spelling: str, told: Told) -> None:
    it = told(("ws-discovery", SCOPES.format(country="India", name=spelling, model="CP-UNC-DA21PL3-Y")))
    assert it.maker == "dahua" and it.brand == "CP Plus"


def test_a_name_that_the_owner_gave_is_no_brand(told: Told) -> None:
    it = told(("ws-discovery", SCOPES.format(country="china", name="Garage", model="NVS")))
    assert it.maker == "dahua" and it.brand is None


def test_the_footer_of_the_page_names_the_brand(told: Told) -> None:
    page = (
        '<script src="jsBase/lib/m.js?version=@WebVersion@"></script> <div class="login-bottom">'
        "© 2017 {} Technologies.</div> © 2015 jQuery Foundation"
    )
    assert told(("http", page.format("Amcrest"))).brand == "Amcrest"
    assert told(("http", page.format("Nobody"))).brand is None


def test_a_serial_in_the_realm_is_read_and_a_hash_is_not(told: Told) -> None:
    assert (
        told(("rtsp", 'WWW-Authenticate: Digest realm="Login to 4M0747EPAA00001"')).serial
        == "4M0747EPAA00001"
    )
    assert told(("rtsp", 'WWW-Authenticate: Digest realm="Login to 18038F6DBFE666A3"')).serial is None


def test_a_recorder_that_lists_hikvision_cameras_stays_a_dahua(told: Told) -> None:
    entry = "table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_0."
    it = told(
        (
            "http",
            f"{entry}Address=192.0.2.25\r\n{entry}DeviceType=DS-2CD1143G0-I\r\n"
            f"{entry}SerialNo=DS-2CD1143G0-I20211208AAWRJ20000001\r\n{entry}Vendor=Onvif\r\n",
        )
    )
    assert it.maker == "dahua" and it.conflicts == ()
    assert it.model is None and it.serial is None


def test_two_makers_on_one_address_are_a_conflict_for_a_person(told: Told) -> None:
    it = told(
        ("rtsp", "IP Camera(C2183)"), ("https-cert", "issuer: CN=NVR, O=ZheJiang Dahua Technology CO.,LTD.")
    )
    assert it.maker is None
    assert len(it.conflicts) == 1 and "Hikvision" in it.conflicts[0] and "Dahua" in it.conflicts[0]


LOOK_ALIKES: dict[str, tuple[Protocol, str]] = {
    "Reolink, whose server has a similar name": (
        "rtsp",
        "RTSP/1.0 401 Unauthorized\r\nServer: Rtsp Server/2.0\r\nCSeq: 1\r\n"
        'WWW-Authenticate: Digest realm="LIVE555 Streaming Media", nonce="1"\r\n\r\n',
    ),
    "a camera with similar addresses in its stream description": (
        "rtsp",
        "RTSP/1.0 200 OK\r\nServer: Rtsp Server/2.0\r\nCSeq: 1\r\n"
        "Content-Base: rtsp://192.0.2.110:5050/H264?channel=1&subtype=0&unicast=true&proto=Onvif\r\n\r\n"
        'v=0\r\ns=Session streamed by "H264Server"\r\na=appversion:2.0\r\n',
    ),
    "Xiongmai, which offers the same rate header": (
        "rtsp",
        "RTSP/1.0 200 OK\r\nServer: H264DVR 1.0\r\nCseq: 3\r\nx-Accept-Retransmit: our-retransmit\r\n"
        "x-Accept-Dynamic-Rate: 1\r\n\r\n",
    ),
    "Bosch, whose services have similar addresses": (
        "onvif",
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
        "<SOAP-ENV:Body><tt:XAddr>http://192.0.2.201/onvif/media_service</tt:XAddr></SOAP-ENV:Body></SOAP-ENV:Envelope>",
    ),
    "any device with the portable UPnP library": (
        "ssdp",
        "HTTP/1.1 200 OK\r\nX-User-Agent: redsonic\r\nSERVER: Linux/3.14.29, UPnP/1.0, Portable SDK for UPnP devices"
        "\r\nUSN: uuid:160a0200-ac91-4b05-8adf-f5ccc5a5ebaa::upnp:rootdevice\r\n\r\n",
    ),
    "a camera in China of another maker": (
        "ws-discovery",
        "onvif://www.onvif.org/location/country/china onvif://www.onvif.org/Profile/Streaming "
        "onvif://www.onvif.org/Name/IPCAM onvif://www.onvif.org/Model/421FZ",
    ),
    "Uniview, whose models look alike": ("ws-discovery", "onvif://www.onvif.org/hardware/IPC2122LB-SF28K-A"),
    "an ETag of another server": (
        "http",
        'HTTP/1.1 200 OK\r\nServer: lighttpd\r\nETag: "1780651407"\r\nCache-Control: max-age=0\r\n\r\n',
    ),
    "a router that asks to log in": ("http", 'WWW-Authenticate: Basic realm="Login to access the router"'),
    "the page of a reseller": (
        "html",
        "<title>Dahua partner portal</title><body>Amcrest, Lorex, Dahua</body>",
    ),
    "a JSON API with a realm": ("http", 'HTTP/1.1 200 OK\r\n\r\n{"realm":"master","error":{"code":401}}'),
    "a site in PHP with the same privacy policy": (
        "http",
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Powered-By: PHP/5.6\r\nP3P: CP=CAO PSA OUR\r\n\r\n<title>Shop</title>",
    ),
    "a page about web services": ("html", "<title>Web Service</title>"),
}


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_what_only_looks_like_dahua_is_not_accused(look_alike: str, told: Told) -> None:
    assert told(LOOK_ALIKES[look_alike]).maker not in ("hikvision", "dahua")


def test_the_odd_first_line_of_a_description_is_enough(told: Told) -> None:
    it = told(("rtsp", "o=RTSP Session 0 0 IN IP4 0.0.0.0"))
    assert (it.maker, it.confidence) == ("dahua", "probable")


def test_a_sony_with_a_similar_line_is_not_accused(told: Told) -> None:
    assert told(("rtsp", "o=RTSP Session 1 2 IN IP4 0.0.0.0\r\ns=Sony RTSP Server")).maker != "dahua"
