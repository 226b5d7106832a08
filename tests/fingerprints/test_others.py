"""Cameras and recorders of other makers: named with what they state, and never taken for Hikvision or Dahua."""

from __future__ import annotations

import pytest

from scanner.model import Category, Identification, Protocol
from tests.fingerprints.conftest import Told

SOAP = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'


def device_information(maker: str, model: str, firmware: str, serial: str) -> tuple[Protocol, str]:
    return "onvif", (
        f"{SOAP}<s:Body><tds:GetDeviceInformationResponse><tds:Manufacturer>{maker}</tds:Manufacturer>"
        f"<tds:Model>{model}</tds:Model><tds:FirmwareVersion>{firmware}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{serial}</tds:SerialNumber></tds:GetDeviceInformationResponse></s:Body></s:Envelope>"
    )


def scopes(*ends: str) -> tuple[Protocol, str]:
    return "ws-discovery", " ".join(f"onvif://www.onvif.org/{end}" for end in ends)


def page(title: str, server: str = "Web Server") -> tuple[Protocol, str]:
    return (
        "http",
        f"HTTP/1.1 200 OK\r\nServer: {server}\r\nContent-Type: text/html\r\n\r\n<title>{title}</title>",
    )


def stated(it: Identification) -> tuple[str | None, str | None, Category | None, str | None]:
    """Maker, brand, category and model, after a look that nobody is accused."""
    assert it.maker == "other" and it.covered == () and it.conflicts == ()
    return it.maker_name, it.brand, it.category, it.model


def test_an_axis_camera_says_everything_in_its_parameters(told: Told) -> None:
    it = told(
        ("rtsp", 'WWW-Authenticate: Digest realm="AXIS_ACCC8E000000", nonce="0005"'),
        (
            "http",
            "root.Brand.Brand=AXIS\nroot.Brand.ProdNbr=M1065-LW\nroot.Properties.Firmware.Version=9.80.3.1\n"
            "root.Properties.System.SerialNumber=ACCC8E000000",
        ),
    )
    assert stated(it) == ("Axis", "Axis", "camera", "M1065-LW")
    assert (it.firmware, it.serial, it.confidence) == ("9.80.3.1", "ACCC8E000000", "confirmed")


def test_an_axis_camera_that_answers_in_json_is_read_too(told: Told) -> None:
    body = '{"Brand": {"Brand": "AXIS", "ProdType": "Network Camera", "ProdNbr": "P1455-LE"}}'
    it = told(("http", f"HTTP/1.1 200 OK\r\nServer: Apache/2.4.52 (Unix)\r\n\r\n{body}"))
    assert stated(it) == ("Axis", "Axis", "camera", "P1455-LE")


@pytest.mark.parametrize(
    ("reply", "category", "model"),
    [
        (("dhcp", "option 60: AXIS,Network Video Encoder,M7011,5.90.1"), "encoder", "M7011"),
        (page("AXIS A8004-VE Network Video Door Station"), "doorbell", "A8004-VE"),
        (("snmp", "sysDescr: ; AXIS P8221; Network IO Audio Module; 5.10.3; Jan 29 2016"), "other", "P8221"),
        (("snmp", "sysDescr: ; AXIS Q6055-E; PTZ Dome Network Camera; 7.40.1;"), "camera", "Q6055-E"),
    ],
)
def test_not_everything_of_axis_is_a_camera(
    reply: tuple[Protocol, str], category: Category, model: str, told: Told
) -> None:
    assert stated(told(reply)) == ("Axis", "Axis", category, model)


def test_an_avigilon_camera_names_model_and_serial_in_its_certificate(told: Told) -> None:
    it = told(
        ("https-cert", "subject: CN=AVIGILON-CAMERA-5.0-H3-DP1-1200000,O=Avigilon Corporation,C=CA"),
        scopes("hardware/5.0-H3-DP1", "avigilon/firmware/version/2.6.0.150(15529)"),
    )
    assert stated(it) == ("Avigilon", "Avigilon", "camera", "5.0-H3-DP1")
    assert it.serial == "1200000" and it.firmware == "2.6.0.150(15529)"


def test_an_avigilon_camera_of_videoiq_shows_it_only_in_a_redirect(told: Told) -> None:
    there = "http://192.0.2.1:80/?wicket:bookmarkablePage=:com.videoiq.fusion.camerawebapi.ui.pages.LoginPage"
    it = told(("http", f"HTTP/1.1 302\r\nServer: nginx/1.8.0\r\nLocation: {there}\r\n\r\n"))
    assert stated(it) == ("Avigilon", "Avigilon", "camera", None)


def test_a_bosch_camera_is_bosch_and_not_one_of_the_recorders_dahua_built(told: Told) -> None:
    it = told(device_information("Bosch", "FLEXIDOME indoor 5100i IR", "8.71.0066", "404754734000000001"))
    assert stated(it) == ("Bosch", "Bosch", "camera", "FLEXIDOME indoor 5100i IR")
    assert it.firmware == "8.71.0066" and it.serial == "404754734000000001"


def test_a_bosch_recorder_is_left_to_other_evidence(told: Told) -> None:
    assert told(device_information("Bosch", "DIVAR AN 3000", "3.0", "1")).maker is None


@pytest.mark.parametrize(
    "title", ["Network Camera", "Netzwerk-Kamera", "Caméra réseau", "ネットワークカメラ"]
)
def test_a_panasonic_page_is_read_in_any_language(title: str, told: Told) -> None:
    assert stated(told(page(f"WV-SPW631L {title}"))) == ("i-PRO", "Panasonic", "camera", "WV-SPW631L")


def test_an_i_pro_camera_of_today_is_sold_under_its_makers_name(told: Told) -> None:
    it = told(scopes("hardware/WV-X1571LN", "name/i-PRO%20WV-X1571LN"))
    assert stated(it) == ("i-PRO", "i-PRO", "camera", "WV-X1571LN")


def test_a_sony_camera_tells_model_and_firmware_in_a_script(told: Told) -> None:
    it = told(("http", 'var ModelName="SNC-DF40N"\nvar SoftVersion="1.18"\nvar TitleBar="Sony SNC-DF40"'))
    assert stated(it) == ("Sony", "Sony", "camera", "SNC-DF40N")
    assert it.firmware == "1.18"


def test_a_hanwha_camera_and_its_predecessor_under_samsungs_name(told: Told) -> None:
    it = told(device_information("Hanwha Techwin", "XNV-6080R", "1.41.01", "ZNM1000000000AB"))
    assert stated(it) == ("Hanwha", "Hanwha", "camera", "XNV-6080R")
    assert stated(told(page("SNB-5004P"))) == ("Hanwha", "Samsung", "camera", "SNB-5004P")
    assert stated(told(page("Web Viewer for Samsung DVR", "lighttpd/1.4.35")))[2] == "dvr"


def test_an_iqinvision_camera_names_model_and_serial_in_its_title(told: Told) -> None:
    it = told(page("IQA22N IQEYE1A0000: Live Images"))
    assert stated(it) == ("IQinVision", "IQinVision", "camera", "IQA22N") and it.serial == "IQEYE1A0000"


@pytest.mark.parametrize(
    ("brand", "model", "maker"),
    [
        ("ZAVIO", "D6210", "Zavio"),
        ("Beward R&D Co., Ltd. ", "N100", "Beward"),
        ("TP-LINK ", "TL-SC3171", "TP-Link"),
    ],
)
def test_one_firmware_of_three_names_is_named_by_the_brand_it_states(
    brand: str, model: str, maker: str, told: Told
) -> None:
    it = told(("http", f'var initProdNbr="{model}";\nvar BrandCopyright="{brand}";'))
    assert stated(it) == (maker, maker, "camera", model)


def test_d_link_builds_cameras_routers_and_switches(told: Told) -> None:
    camera = told(("http", 'WWW-Authenticate: Basic realm="DCS-2530L"'))
    router = told(("http", "Server: Linux, STUNNEL/1.0, DIR-850L Ver 1.09"))
    switch = told(("snmp", "sysDescr: DGS-1250-28X Gigabit Ethernet Smart Managed Switch"))
    assert stated(camera) == ("D-Link", "D-Link", "camera", "DCS-2530L")
    assert stated(router) == ("D-Link", "D-Link", "other", "DIR-850L") and router.firmware == "1.09"
    assert stated(switch) == ("D-Link", "D-Link", "switch", "DGS-1250-28X")


def test_a_switch_of_arista_is_no_camera_of_d_link_though_both_are_called_dcs(told: Told) -> None:
    it = told(
        (
            "snmp",
            "sysDescr: Arista Networks EOS version 4.15.3F running on an Arista Networks DCS-7504\n"
            "sysObjectID: 1.3.6.1.4.1.30065.1.3011.7504",
        )
    )
    assert it.maker_name == "Arista" and it.category != "camera" and it.conflicts == ()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (device_information("UNIVIEW", "IPC2122LB-SF28K-A", "1.2", "2"), "Uniview"),
        (scopes("hardware/TC-C32TS%20SPEC%3AI8%2FA%2FE", "location/city/tianjin"), "Tiandy"),
        (scopes("hardware/GV-UNP2500", "name/Geovision"), "GeoVision"),
        (device_information("VIVOTEK INC.", "FD8136", "0301a", "0002D1000000"), "Vivotek"),
        (scopes("hardware/2.0-H3M-DO1"), "Avigilon"),
        (page("Redirect to userimage: /control/userimage.html"), "Mobotix"),
        (("http", 'WWW-Authenticate: Basic realm="Merit LILIN Ent. Co., Ltd."'), "Merit LILIN"),
        (page("Network Video Recorder Login"), "NUUO"),
        (page("airVision: [NVR] - Software Portal"), "Ubiquiti"),
        (device_information("EYEPLUS", "EYEPLUS_DEV", "5.6.1.1127", "12345679890"), "EYEPLUS"),
        (page("NETSurveillance WEB", "uc-httpd 1.0.0"), "Xiongmai"),
        (page("DVR Components Download", "Cross Web Server"), "TVT"),
        (("rtsp", "RTSP/1.0 200 OK\r\nServer: Hipcam RealServer/V1.0\r\n\r\n"), "Hichip"),
        (("http", "Server: HeiTel GmbH Web Server [V1.15/V1.14/V1.3]"), "HeiTel"),
        (("http", "Server: JAWS/1.0 Aug 21 2013"), "Juanvision"),
        (("favicon", "mmh3:512590457"), "TRENDnet"),
    ],
)
def test_a_single_reply_names_the_maker(reply: tuple[Protocol, str], expected: str, told: Told) -> None:
    assert stated(told(reply))[0] == expected


@pytest.mark.parametrize("firmware", ["xiongmai", "tvt"])
def test_a_neutral_build_gets_no_brand(firmware: str, told: Told) -> None:
    server = {"xiongmai": "uc-httpd 1.0.0", "tvt": "Cross Web Server"}[firmware]
    it = told(("http", f"HTTP/1.1 200 OK\r\nServer: {server}\r\n\r\n"))
    assert it.maker == "other" and it.brand is None and it.relabelled is None


@pytest.mark.parametrize(
    "reply",
    [
        page("The axis of a wheel"),
        page("CCTV shop: Bosch or Uniview? We compare WV and DCS cameras"),
        page("Media server JAWS", "JAWS/1.0prebeta"),
        page("TC-Group annual report"),
        ("dhcp", "option 12: us-10-printer"),
        ("http", "Server: Boa/0.94.14rc21"),
        ("rtsp", 'WWW-Authenticate: Digest realm="IP Camera(12345)", nonce="1"'),
    ],
)
def test_words_that_only_resemble_a_product_prove_no_other_maker(
    reply: tuple[Protocol, str], told: Told
) -> None:
    it = told(reply)
    assert it.maker in (None, "hikvision") or it.confidence == "possible"


@pytest.mark.parametrize(
    ("model", "maker"),
    [("DS-2CD2042WD-I", "hikvision"), ("IPC-HDW5421S", "dahua"), ("NVR5216-16P-4KS2E", "dahua")],
)
def test_no_product_line_of_others_takes_a_hikvision_or_dahua_model(
    model: str, maker: str, told: Told
) -> None:
    others = [
        claim
        for claim in told(scopes(f"hardware/{model}", f"name/{model}")).evidence
        if claim.attribute == "maker"
    ]
    assert {claim.value for claim in others} <= {maker}


PATHS = {
    "Axis": "axis-media/media.amp",
    "Hanwha": "profile1/media.smp",
    "Reolink": "h264Preview_01_main",
    "Uniview": "unicast/c1/s0/live",
    "Xiongmai": "user=admin_password=_channel=1_stream=0.sdp",
}


@pytest.mark.parametrize("maker", PATHS)
def test_the_path_of_its_stream_names_another_maker(maker: str, told: Told) -> None:
    it = told(("rtsp", f"RTSP/1.0 200 OK\r\nContent-Base: rtsp://192.0.2.7:554/{PATHS[maker]}/\r\n\r\n"))
    assert (it.maker, it.maker_name) == ("other", maker)


def test_a_player_whose_maker_nobody_wrote_a_rule_for_is_no_camera(told: Told) -> None:
    it = told(
        (
            "upnp-xml",
            "<root><device><deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>"
            "<manufacturer>Acme Audio</manufacturer><modelName>AA-5</modelName></device></root>",
        )
    )
    assert (it.maker, it.brand, it.model, it.category) == ("other", "Acme Audio", "AA-5", "other")


def test_a_camera_that_states_an_unknown_manufacturer_may_be_anybodys(told: Told) -> None:
    it = told(("onvif", "<tds:Manufacturer>Acme Vision</tds:Manufacturer><tds:Model>AV-1000</tds:Model>"))
    assert (it.maker, it.model) == (None, "AV-1000")


@pytest.mark.parametrize(
    ("model", "maker", "category"),
    [
        ("PNM-C34404RQPZ", "Hanwha", "camera"),
        ("TID-600R", "Hanwha", "doorbell"),
        ("MIC-9502-Z30BQS", "Bosch", "camera"),
        ("IPC2B14SE-ADF28K-WP-I1", "Uniview", "camera"),
        ("NVR824-256R", "Uniview", "nvr"),
        ("XVR301-16G3", "Uniview", "dvr"),
        ("WV-S25500-V3LN1", "i-PRO", "camera"),
        ("ND9441P", "Vivotek", "nvr"),
        ("GV-VS2400", "GeoVision", "encoder"),
        ("TCD-2100", "ACTi", "encoder"),
        ("DC-D4212WRX", "IDIS", "camera"),
        ("GSC3615", "Grandstream", "camera"),
        ("H6SL-D1-IR", "Avigilon", "camera"),
    ],
)
def test_the_number_of_a_product_line_tells_maker_and_kind(
    model: str, maker: str, category: Category, told: Told
) -> None:
    for reply in (
        scopes(f"hardware/{model}", "location/hall"),
        page(model),
        ("http", f'WWW-Authenticate: Basic realm="{model}"'),
    ):
        assert stated(told(reply)) == (maker, maker, category, model)


def test_a_camera_of_reference_firmware_is_known_by_the_form_of_its_version(told: Told) -> None:
    it = told(device_information("H264", "50H20L_18EV200", "V4.02.R12.00006531.10010.1307.ONVIF 2.41", ""))
    assert (it.maker, it.maker_name, it.brand) == ("other", "Xiongmai", None)
    assert it.firmware == "V4.02.R12.00006531.10010.1307.ONVIF 2.41"


@pytest.mark.parametrize(
    ("session", "maker"),
    [
        ("s=streamed by the VSTARCAM RTSP server", "VStarcam"),
        ("s=streamed by the macro-video rtsp server", "V380"),
        (
            "s=RTSP/RTP stream from anjvision ipcamera\r\na=Media_header:MEDIAINFO=494D4B48010100000400;",
            "Anjvision",
        ),
        ("s=VCP IPC Realtime stream\r\na=control:rtsp://192.0.2.7/media/video1/video", "Uniview"),
    ],
)
def test_a_stream_names_whose_firmware_sends_it(session: str, maker: str, told: Told) -> None:
    it = told(
        ("rtsp", f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n{session}\r\n")
    )
    assert (it.maker, it.maker_name) == ("other", maker)


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("IP Camera", "camera"),
        ("NVR Login", "nvr"),
        ("Network Video Recorder", "nvr"),
        ("DVR Login", "dvr"),
        ("Video Server", "encoder"),
        ("IP Intercom", "doorbell"),
        ("IP Camera Viewer", None),
        ("Dashboard", None),
    ],
)
def test_a_title_without_a_name_still_tells_the_kind(
    title: str, category: Category | None, told: Told
) -> None:
    it = told(page(title))
    assert (it.maker, it.category) == (None, category)


def test_a_door_station_that_announces_itself_as_axis_does_is_doorbirds(told: Told) -> None:
    it = told(("mdns", "Doorstation - 1CCAE3000000._axis-video._tcp.local"))
    assert (it.maker_name, it.category) == ("DoorBird", "doorbell")


def test_an_axis_camera_has_its_address_for_a_serial_number(told: Told) -> None:
    assert told(("mdns", "AXIS M1065-LW - ACCC8E000000._axis-video._tcp.local")).serial == "ACCC8E000000"
    assert told(("dhcp", "option 12: axis-accc8e000000")).serial == "accc8e000000"


@pytest.mark.parametrize(
    ("reply", "maker", "category"),
    [
        (("http", 'WWW-Authenticate: Basic realm="netcam"'), "TRENDnet", "camera"),
        (("http", "Server: WebServer(IPCamera_Logo)"), "MayGion", "camera"),
        (("http", 'WWW-Authenticate: Basic realm="PLANET IP CAM"'), "PLANET", "camera"),
        (("html", "<body><a href='/cgi-bin/hi3510/param.cgi'>live</a></body>"), "Hichip", "camera"),
        (("telnet", "izon login: "), "iZON", "camera"),
        (page("VideoXpert Admin Portal"), "Pelco", "server"),
        (("favicon", "mmh3:-1240222446"), "Uniview", "camera"),
    ],
)
def test_a_page_or_a_prompt_of_a_lesser_known_maker_names_it(
    reply: tuple[Protocol, str], maker: str, category: Category, told: Told
) -> None:
    it = told(reply)
    assert (it.maker, it.maker_name, it.category) == ("other", maker, category)


def test_a_page_shows_model_and_firmware_before_the_login(told: Told) -> None:
    about = "<td>IP Camera Web Client (c) 2012 Basler AG</td>"
    cells = '<td id="info-model">BIP2-1300c-dn</td><td id="info-firmware">3.4.1</td>'
    it = told(("html", f"<html><body><table>{about}{cells}</table></body></html>"))
    assert (it.maker_name, it.model, it.firmware) == ("Basler", "BIP2-1300c-dn", "3.4.1")
    it = told(("html", "hardware:=Canon VB-C50i\nfirmware:=Ver. 2.03\n"))
    assert (it.maker_name, it.model, it.firmware) == ("Canon", "VB-C50i", "2.03")


def test_scopes_that_a_camera_was_asked_for_tell_what_those_of_discovery_do(told: Told) -> None:
    items = "".join(
        f"<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/{end}</tt:ScopeItem></tds:Scopes>"
        for end in ("hardware/IPC2122LB-SF28-A", "name/UNIVIEW", "location/hall")
    )
    it = told(
        (
            "onvif",
            f"{SOAP}<s:Body><tds:GetScopesResponse>{items}</tds:GetScopesResponse></s:Body></s:Envelope>",
        )
    )
    assert stated(it) == ("Uniview", "Uniview", "camera", "IPC2122LB-SF28-A")
    assert told(scopes("name/BOSCH-404754734000000000", "location/")).serial == "404754734000000000"


@pytest.mark.parametrize("model", ["NVR608-32-4KS2", "NVR616-128-4KS2", "NVR624-256", "NVR724DR-256-8K"])
def test_a_dahua_recorder_of_three_figures_is_not_called_univiews(model: str, told: Told) -> None:
    for reply in (scopes(f"hardware/{model}"), page(model), device_information("General", model, "4.0", "")):
        assert told(reply).maker_name != "Uniview"


@pytest.mark.parametrize(
    ("body", "maker", "model", "firmware"),
    [
        (
            '{"Response": {"ResponseURL": "/LAPI/V1.0/System/DeviceInfo", "Data": {"DeviceModel": "IPC2122LB-SF28-A", '
            '"SerialNumber": "210235C2NA0000000000", "FirmwareVersion": "GIPC-B6202.10.8.210827"}}}',
            "Uniview",
            "IPC2122LB-SF28-A",
            "GIPC-B6202.10.8.210827",
        ),
        (
            "<CGI_Result><productName>FI9821W</productName><firmwareVer>1.11.1.18</firmwareVer></CGI_Result>",
            "Foscam",
            "FI9821W",
            "1.11.1.18",
        ),
        (
            '[{"cmd" : "GetDevInfo", "value" : {"firmVer" : "v3.0.0.136_20121102", "model" : "RLC-410-5MP"}}]',
            "Reolink",
            "RLC-410-5MP",
            "v3.0.0.136_20121102",
        ),
        ("model=DCS-932L\r\nbrand=D-Link\r\nversion=1.14\r\nnipca=1.9.5", "D-Link", "DCS-932L", None),
        (
            "system_info_modelname='FD8136'\r\nsystem_info_firmwareversion='FD8136-VVTK-0301a'",
            "Vivotek",
            "FD8136",
            "FD8136-VVTK-0301a",
        ),
    ],
)
def test_a_makers_own_api_states_model_and_firmware(
    body: str, maker: str, model: str, firmware: str | None, told: Told
) -> None:
    it = told(("http", f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{body}"))
    assert (it.maker, it.maker_name, it.model) == ("other", maker, model)
    assert firmware is None or it.firmware == firmware
