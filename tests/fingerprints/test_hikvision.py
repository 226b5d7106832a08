"""Hikvision's firmware under its own name, under others, and what only looks like it."""

from __future__ import annotations

import pytest

from scanner.model import Protocol
from tests.fingerprints.conftest import Told

NAMES = (
    'xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tst="http://www.onvif.org/ver10/storage/wsdl" '
    'xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
)
BRANDED = (
    f'<env:Envelope {NAMES}xmlns:tnshik="http://www.hikvision.com/2011/event/topics" '
    'xmlns:hikwsd="http://www.onvifext.com/onvif/ext/ver10/wsdl" '
    'xmlns:hikxsd="http://www.onvifext.com/onvif/ext/ver10/schema"><env:Body/></env:Envelope>'
)
NEUTRAL = (
    f'<env:Envelope {NAMES}xmlns:tnsn="http://www.eventextension.com/2011/event/topics" '
    'xmlns:extwsd="http://www.onvifext.com/onvif/ext/ver10/wsdl" '
    'xmlns:extxsd="http://www.onvifext.com/onvif/ext/ver10/schema"><env:Body/></env:Envelope>'
)


def sadp(model: str, serial: str) -> tuple[Protocol, str]:
    return "sadp", (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<ProbeMatch><Uuid>1</Uuid>\r\n<Types>inquiry</Types>\r\n'
        f"<DeviceDescription>{model}</DeviceDescription>\r\n<DeviceSN>{serial}</DeviceSN>\r\n"
        "<MAC>c0-56-e3-00-00-01</MAC>\r\n<SoftwareVersion>V5.5.6build 180326</SoftwareVersion>\r\n</ProbeMatch>"
    )


def test_a_camera_that_answers_sadp_is_confirmed_with_all_that_it_states(told: Told) -> None:
    it = told(sadp("DS-2CD2320D-I", "DS-2CD2320D-I20180919AACHC50000001"))
    assert (it.maker, it.brand, it.relabelled, it.confidence) == (
        "hikvision",
        "Hikvision",
        False,
        "confirmed",
    )
    assert (it.model, it.firmware, it.category) == ("DS-2CD2320D-I", "V5.5.6 build 180326", "camera")
    assert it.serial == "DS-2CD2320D-I20180919AACHC50000001"


def test_a_recorder_sold_as_lts_is_named_by_its_maker(told: Told) -> None:
    it = told(sadp("LTN8916-P16", "LTN8916-P161620190101CCRRC00000001WCVU"))
    assert it.maker == "hikvision"
    assert it.brand == "LTS" and it.relabelled and it.category == "nvr"


def test_an_imitation_of_sadp_without_the_serial_number_is_not_confirmed(told: Told) -> None:
    assert told(sadp("HK-IPCAM-HI", "0123456789")).confidence == "probable"


@pytest.mark.parametrize("envelope", [BRANDED, NEUTRAL])
def test_the_onvif_envelope_betrays_the_platform_with_and_without_the_name(envelope: str, told: Told) -> None:
    it = told(("onvif", envelope))
    assert it.maker == "hikvision" and it.confidence in ("confirmed", "probable")
    assert it.brand is None and it.relabelled is None


def test_a_neutral_relabel_is_unmasked_by_its_serial_number(told: Told) -> None:
    it = told(
        (
            "onvif",
            "<env:Body><tds:GetDeviceInformationResponse><tds:Manufacturer>ONVIF</tds:Manufacturer>"
            "<tds:Model>ENP1A14-IR/25X</tds:Model><tds:FirmwareVersion>V5.5.3 build 180822</tds:FirmwareVersion>"
            "<tds:SerialNumber>ENP1A14-IR/25X20190430AAWRD10000001W</tds:SerialNumber>"
            "<tds:HardwareId>88</tds:HardwareId></tds:GetDeviceInformationResponse></env:Body>",
        )
    )
    assert it.maker == "hikvision" and it.brand is None and it.model == "ENP1A14-IR/25X"


def test_a_lone_realm_is_probable_and_a_realm_with_a_certificate_is_confirmed(told: Told) -> None:
    realm: tuple[Protocol, str] = ("rtsp", "IP Camera(C2183)")
    certificate: tuple[Protocol, str] = (
        "https-cert",
        "subject: CN=www.hikvision.com,OU=DVRNVR,O=HIKVISION,C=CN",
    )
    assert told(realm).confidence == "probable"
    assert told(realm, certificate).confidence == "confirmed"


def test_a_recorder_names_its_firmware_in_its_stream(told: Told) -> None:
    it = told(
        (
            "rtsp",
            "v=0\r\no=- 1109162014219182 0 IN IP4 0.0.0.0\r\ns=HIK Media Server V4.71.410\r\n"
            "i=HIK Media Server Session Description : standard\r\ne=NONE\r\n",
        )
    )
    assert (it.maker, it.confidence, it.firmware) == ("hikvision", "probable", "V4.71.410")


def test_many_headers_of_one_web_server_are_one_witness(told: Told) -> None:
    head = "HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nWWW-Authenticate: Digest {}\r\n\r\n"
    it = told(("http", head.format('realm="IP Camera(12345)", nonce="00", stale="FALSE"')))
    assert it.maker == "hikvision" and it.confidence == "probable"


def test_a_recorder_is_not_taken_for_one_of_the_cameras_it_lists(told: Told) -> None:
    it = told(
        (
            "isapi",
            '<InputProxyChannelList version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema" size="1">'
            "<InputProxyChannel><id>1</id><sourceInputPortDescriptor><proxyProtocol>ONVIF</proxyProtocol>"
            "<model>JVSW-PO300M2</model><serialNumber>0000000000000-0C0F00</serialNumber>"
            "<firmwareVersion>V6.26 build 150513</firmwareVersion></sourceInputPortDescriptor></InputProxyChannel>"
            "</InputProxyChannelList>",
        )
    )
    assert it.maker == "hikvision"
    assert it.model is None and it.serial is None and it.firmware is None


def test_a_camera_behind_a_recorder_is_not_accused_for_the_recorders_dialect(told: Told) -> None:
    channel = (
        '<InputProxyChannel version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><id>3</id>'
        "<sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol><model>IPC</model>"
        "<serialNumber>0000000000000-0C0F000000DD</serialNumber></sourceInputPortDescriptor></InputProxyChannel>"
    )
    assert told(("isapi", channel)).maker is None


LOOK_ALIKES: dict[str, tuple[Protocol, str]] = {
    "a clone that declares its names in an envelope of gSOAP": (
        "onvif",
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:tst="http://www.onvif.org/ver10/storage/wsdl" '
        'xmlns:tnshik="http://www.hikvision.com/2011/event/topics" '
        'xmlns:hikxsd="http://www.onvifext.com/onvif/ext/ver10/schema"><SOAP-ENV:Body>'
        "<hikxsd:hikCapabilities><hikxsd:XAddr>http://127.0.0.1:1981/onvif/hik_ext</hikxsd:XAddr>"
        "</hikxsd:hikCapabilities></SOAP-ENV:Body></SOAP-ENV:Envelope>",
    ),
    "a clone that copies the whole envelope and several makers' extensions": (
        "onvif",
        BRANDED.replace("<env:Body/>", "<env:Body><XAddr>http://192.0.2.1/onvif/hbgk_ext</XAddr></env:Body>"),
    ),
    "a clone with an extension of its own in the list": (
        "onvif",
        NEUTRAL.replace("xmlns:tnsn", 'xmlns:gte="http://www.onvif.org/ver10/gtextension/wsdl" xmlns:tnsn'),
    ),
    "Xiongmai's gSOAP with the neutral topic name": (
        "onvif",
        '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:trt2="http://www.onvif.org/ver20/media/wsdl" '
        'xmlns:tnsn="http://www.eventextension.com/2011/event/topics"><SOAP-ENV:Body/></SOAP-ENV:Envelope>',
    ),
    "a stream description with the copied media header": (
        "rtsp",
        "v=0\r\no=- 38990265062388 38990265062388 IN IP4 192.0.2.67\r\ns=RTSP Session\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 96\r\na=x-dimensions: 704, 576\r\n"
        "a=Media_header:MEDIAINFO=494D4B480101000004000100;\r\na=appversion:1.0\r\n",
    ),
    "Axis, which names its session likewise": (
        "rtsp",
        "v=0\r\no=- 1 1 IN IP4 192.0.2.8\r\ns=Media Presentation\r\ne=NONE\r\nc=IN IP4 0.0.0.0\r\nb=AS:50000\r\n"
        "t=0 0\r\na=control:*\r\na=range:npt=0.000000-\r\nm=video 0 RTP/AVP 96\r\n",
    ),
    "a description of TVT's kind of device": (
        "upnp-xml",
        '<root xmlns="urn:schemas-upnp-org:device-1-0"><device>'
        "<deviceType>urn:schemas-upnp-org:device:EmbeddedNetDevice:1</deviceType>"
        "<friendlyName>SWANN 192.0.2.20</friendlyName><manufacturer>SWANN</manufacturer>"
        "<modelName>DVR8-1550</modelName></device></root>",
    ),
    "the page of a reseller": (
        "http",
        "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<html><title>Hikvision cameras at the best price</title>"
        "<body>We install Hikvision DS-2CD2385G1-I and Dahua cameras.</body></html>",
    ),
    "video software that lists whom it supports": (
        "html",
        "<html><title>Video Server</title><body><option>HIKVISION</option><option>Dahua</option>"
        '<script>var ns = "http://www.hikvision.com/ver20/XMLSchema";</script></body></html>',
    ),
    "Uniview, which writes its challenge without the blank": (
        "rtsp",
        "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n"
        'WWW-Authenticate: Digest realm="c47905000001",nonce="d809bdf662f8362492f0e04dfeee1751", stale="FALSE"\r\n',
    ),
    "a server that describes whatever path it is asked for": (
        "rtsp",
        "RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Base: rtsp://192.0.2.8:554/Streaming/Channels/101/\r\n"
        "Content-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Video Server Session\r\n",
    ),
    "the portal of a building that links a recorder": (
        "http",
        "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n<html><title>Cameras</title>"
        '<form action="http://192.0.2.54/doc/page/login.asp?page=preview" target="_blank"></form></html>',
    ),
    "a web server that is merely called Webs": ("http", "Server: Webs"),
    "an error page of GoAhead": (
        "http",
        "HTTP/1.1 401 Unauthorized\r\nServer: GoAhead-Webs\r\n\r\n<html><head>"
        "<title>Document Error: Unauthorized</title></head></html>",
    ),
    "a login name that only resembles": ("http", 'WWW-Authenticate: Basic realm="IP Camera"'),
    "VStarcam, which counts on from a copied UUID": (
        "ws-discovery",
        "<d:Address>urn:uuid:813b12f5-49a5-11b5-8414-28ad3b000001</d:Address>"
        "<d:Scopes>onvif://www.onvif.org/type/Network_Transmitter onvif://www.onvif.org/type/video_encoder "
        "onvif://www.onvif.org/type/ptz onvif://www.onvif.org/name/IP-camera</d:Scopes>",
    ),
    "a lidar that speaks PSIA": (
        "isapi",
        '<DeviceInfo xmlns="urn:psialliance-org" version="1.0"><deviceName>Quanergy Systems LiDAR</deviceName>'
        "<model>M8</model><firmwareVersion>6.02</firmwareVersion></DeviceInfo>",
    ),
    "the certificate of a reseller": (
        "https-cert",
        "subject: CN=nvr.example.com, O=Hikvision Reseller Ltd, OU=Sales",
    ),
}


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_what_only_looks_like_hikvision_is_not_accused(look_alike: str, told: Told) -> None:
    assert told(LOOK_ALIKES[look_alike]).maker not in ("hikvision", "dahua")
