"""What must never reach a device is refused, byte for byte; what the probes ask is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import TRANSPORTS, Transport
from scanner.probes import datagrams, forbidden, ports, ws_discovery
from scanner.probes.forbidden import NEVER, QUESTION_LIMIT, SILENT, refuse

TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"
DATAGRAMS = [
    pytest.param(question.payload, datagram.port, id=question.name)
    for datagram in datagrams()
    for question in datagram.questions(TOKEN)
]
ASKED = ws_discovery.questions(TOKEN)[0].payload
GET = b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"
DESCRIBE = b"DESCRIBE rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
REALM = bytes.fromhex("a0010000" + "00" * 20 + "050201010000a1aa")
ARP = bytes.fromhex(
    "ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000002 000000000000 0a000001"
)
LINK_LAYER = bytes.fromhex("ffffffffffff 020000000001 8033 210101420000000106040300") + bytes(26)
CLIENT_HELLO = bytes.fromhex("1603010006 010000020303")


def sadp(types: str) -> bytes:
    return f"<Probe><Uuid>{TOKEN}</Uuid><Types>{types}</Types></Probe>".encode()


def dhip(method: str) -> bytes:
    body = f'{{"method":"{method}","params":{{"mac":"","uni":1}}}}'.encode()
    size = len(body).to_bytes(4, "little")
    return b"\x20\0\0\0DHIP" + bytes(8) + size + bytes(4) + size + bytes(4) + body


def onvif(operation: str, header: str = "") -> bytes:
    return (
        "POST /onvif/device_service HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Type: application/soap+xml\r\n\r\n"
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">{header}<s:Body>'
        f'<{operation} xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
    ).encode()


def get(path: str, header: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 10.0.0.1\r\n{header}\r\n".encode()


SADP_TYPES = [
    "getcode", "exchangecode", "reset", "MailReset", "activate", "getencryptstring", "getencryptstring_v31",
    "update", "deviceTypeUnlockCode", "deviceTypeCustom", "ExportGUID", "GUIDReset", "getsecurityquestion",
    "setsecurityquestion", "AnswerReset", "SetHCPlatform", "SetMailBox", "GetQRcodes", "SetVerificationCode",
    "getBindList", "setBindList", "restoreInactive", "setWifiRegion", "lamp", "selfCheck", "diskLocate",
    "setChannelDefaultPassword", "wifiParamCfg", "wifiParamCheck", "EHomeEnable", "getUnbindStatus",
    "ezvizUnbind", "reboot", "restore", "resetPassword", "securityCode", "inquiry_v31",
]  # fmt: skip
DHIP_METHODS = [
    "DHDiscover.setConfig", "DevInit.account", "DevInit.access", "PasswdFind.getDescript",
    "PasswdFind.resetPassword", "Security.modifyPwdOutSession", "Security.getEncryptInfo",
    "userManager.getCaps", "deviceDiscovery.setConfig", "DHDiscover.searchAndReset", "global.login",
]  # fmt: skip
FORBIDDEN: dict[str, tuple[Transport, int, bytes]] = {
    **{f"SADP {types}": ("udp", 37020, sadp(types)) for types in SADP_TYPES},
    **{f"37810 {method}": ("udp", 37810, dhip(method)) for method in DHIP_METHODS},
    "SADP with a second type": ("udp", 37020, sadp("inquiry</Types><Types>reboot")),
    "link-layer SADP update": ("l2", 0, LINK_LAYER.replace(b"\x06\x04\x03", b"\x06\x04\x06")),
    "link-layer SADP default password": ("l2", 0, LINK_LAYER.replace(b"\x06\x04\x03", b"\x06\x04\x0a")),
    "37777 login": ("tcp", 37777, bytes.fromhex("a0000000").ljust(32, b"\0")),
    "37777 login, 3DES": ("tcp", 37777, bytes.fromhex("a0050000").ljust(32, b"\0")),
    "37777 query a3": ("tcp", 37777, bytes.fromhex("a3010000").ljust(32, b"\0")),
    "37777 query a4": ("tcp", 37777, bytes.fromhex("a4000000").ljust(32, b"\0")),
    "37777 query a6": ("tcp", 37777, bytes.fromhex("a6000000").ljust(32, b"\0")),
    "37777 JSON": ("tcp", 37777, bytes.fromhex("f6000000").ljust(32, b"\0")),
    "37777 realm and more": ("tcp", 37777, REALM + REALM),
    "37777 DHIP": ("tcp", 37777, dhip("global.login")),
    "35000 login": ("tcp", 35000, bytes.fromhex("a0000000").ljust(32, b"\0")),
    "DHIP on the web port": ("tcp", 80, dhip("global.login")),
    "the realm question on the web port": ("tcp", 80, REALM),
    "Dahua password files": ("tcp", 80, get("/current_config/passwd")),
    "Dahua login": ("tcp", 80, b"POST /RPC2_Login HTTP/1.1\r\nHost: x\r\n\r\n{}"),
    "Dahua session": ("tcp", 80, get("/RPC2")),
    "Dahua login as a keyboard": ("tcp", 80, onvif("GetServices", '<x a="NetKeyboard"/>')),
    "Dahua login as the loopback": ("tcp", 80, onvif("GetServices", '<x a="loginType: Loopback"/>')),
    "Dahua set-up by GET": ("tcp", 80, get("/cgi-bin/configManager.cgi?action=setConfig&x=1")),
    "Dahua reboot by GET": ("tcp", 80, get("/cgi-bin/magicBox.cgi?action=reboot")),
    "Dahua reboot, disguised": ("tcp", 80, get("/cgi-bin/magicBox.cgi?%61ction=%72eboot")),
    "Dahua reboot, twice disguised": ("tcp", 80, get("/cgi-bin/magicBox.cgi?%2561ction=reboot")),
    "Hikvision auth=": ("tcp", 80, get("/Security/users?auth=YWRtaW46MTEK")),
    "Hikvision auth= elsewhere": ("tcp", 80, get("/System/deviceInfo?auth=YWRtaW46MTEK")),
    "Hikvision users": ("tcp", 80, get("/Security/users")),
    "Hikvision configuration": ("tcp", 80, get("/System/configurationFile")),
    "Hikvision snapshot": ("tcp", 80, get("/onvif-http/snapshot")),
    "Hikvision web language": ("tcp", 80, get("/SDK/webLanguage")),
    "PUT": ("tcp", 80, b"PUT /SDK/webLanguage HTTP/1.1\r\nHost: x\r\n\r\n<language>$(x)</language>"),
    "PUT to ISAPI": ("tcp", 80, b"PUT /ISAPI/System/reboot HTTP/1.1\r\nHost: x\r\n\r\n"),
    "POST to ISAPI": ("tcp", 80, b"POST /ISAPI/Security/challenge HTTP/1.1\r\nHost: x\r\n\r\n"),
    "POST to PSIA": ("tcp", 80, b"POST /PSIA/System HTTP/1.1\r\nHost: x\r\n\r\n"),
    "DELETE": ("tcp", 80, b"DELETE /ISAPI/Security/users/2 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a login in a header": ("tcp", 80, get("/", "Authorization: Basic YWRtaW46MTIzNDU=\r\n")),
    "a login with an empty name": ("tcp", 80, get("/", 'authorization : Digest username=""\r\n')),
    "a login at the proxy": ("tcp", 80, get("/", "Proxy-Authorization: Basic eDp5\r\n")),
    "a session": ("tcp", 80, get("/", "Cookie: WebSession=1\r\n")),
    "a login in a query": ("tcp", 80, get("/cgi-bin/login.cgi?user=admin&pwd=admin")),
    "a login in a URL": ("tcp", 554, DESCRIBE.replace(b"//", b"//admin:12345@")),
    "a login over RTSP": (
        "tcp",
        554,
        DESCRIBE.replace(b"\r\n\r\n", b"\r\nAuthorization: Basic eDp5\r\n\r\n"),
    ),
    "a second request behind the first": ("tcp", 80, GET + b"DELETE / HTTP/1.1\r\n\r\n"),
    "a body behind a GET": ("tcp", 80, GET + b"x=1"),
    "a picture": ("tcp", 80, get("/ISAPI/Streaming/channels/101/picture")),
    "a picture from Dahua": ("tcp", 80, get("/cgi-bin/snapshot.cgi")),
    "RTSP SETUP": ("tcp", 554, DESCRIBE.replace(b"DESCRIBE", b"SETUP")),
    "RTSP PLAY": ("tcp", 554, DESCRIBE.replace(b"DESCRIBE", b"PLAY")),
    "RTSP ANNOUNCE": ("tcp", 554, DESCRIBE.replace(b"DESCRIBE", b"ANNOUNCE")),
    "RTSP SETUP behind an OPTIONS": ("tcp", 554, DESCRIBE + DESCRIBE.replace(b"DESCRIBE", b"SETUP")),
    "ONVIF set": ("tcp", 80, onvif("SetSystemFactoryDefault")),
    "ONVIF create": ("tcp", 80, onvif("CreateUsers")),
    "ONVIF reboot": ("tcp", 80, onvif("SystemReboot")),
    "ONVIF users": ("tcp", 80, onvif("GetUsers")),
    "ONVIF beyond PRE_AUTH": ("tcp", 80, onvif("GetNetworkInterfaces")),
    "ONVIF two operations": ("tcp", 80, onvif("GetServices/><GetScopes")),
    "ONVIF login": ("tcp", 80, onvif("GetServices", "<s:Header><wsse:UsernameToken/></s:Header>")),
    "one byte to SADP": ("udp", 37020, b"\xff"),
    "one byte to DHDiscover": ("udp", 37810, b"\xff"),
    "one byte to WS-Discovery": ("udp", 3702, b"<"),
    "one byte to SSDP": ("udp", 1900, b"\0"),
    "an empty datagram to DHDiscover": ("udp", 37810, b""),
    "a stripped WS-Discovery probe": ("udp", 3702, b"<:/>"),
    "WS-Discovery resolve": ("udp", 3702, ASKED.replace(b"d:Probe", b"d:Resolve")),
    "a JSON without its frame": ("udp", 37810, dhip("DHDiscover.search")[32:]),
    "an SSDP amplification": (
        "udp",
        1900,
        b'M-SEARCH * HTTP/1.1\r\nST:ssdp:all\r\nMAN:"ssdp:discover"\r\n\r\n',
    ),
    "an mDNS answer": ("udp", 5353, bytes.fromhex("000084000000000100000000") + b"\x05axis1\x05local\0"),
    "telnet input": ("tcp", 23, b"root\r\n"),
    "SSH input": ("tcp", 22, b"SSH-2.0-x\r\n"),
    "FTP input": ("tcp", 21, b"USER anonymous\r\n"),
    "bytes to the SDK": ("tcp", 8000, bytes(16)),
    "a page from the SDK": ("tcp", 8000, GET),
    "TLS to Dahua's SDK": ("tcp", 37776, CLIENT_HELLO),
    "JSON to Dahua": ("tcp", 5000, dhip("global.login")),
    "bytes to Dahua's media": ("tcp", 37778, b"\0"),
    "datagrams to Dahua's media": ("udp", 37778, b"\0"),
    "a datagram to anything else": ("udp", 9, b"hello"),
    "an SNMP question": ("udp", 161, bytes.fromhex("302602010104067075626c6963a019")),
    "an ARP answer": ("l2", 0, ARP.replace(b"\x06\x04\0\x01", b"\x06\x04\0\x02")),
    "a request that is too long": ("tcp", 80, get("/" + "a" * QUESTION_LIMIT)),
    "a request without an end": ("tcp", 80, GET[:-2]),
    "bytes that mean nothing": ("tcp", 80, bytes(range(256))),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_could_harm_a_device_never_leaves(name: str) -> None:
    transport, port, payload = FORBIDDEN[name]
    assert refuse(payload, port, transport)


@pytest.mark.parametrize(("payload", "port"), DATAGRAMS)
def test_every_question_of_the_discovery_may_leave(payload: bytes, port: int) -> None:
    assert refuse(payload, port, "udp") is None


@pytest.mark.parametrize(("payload", "port"), DATAGRAMS)
def test_a_question_of_the_discovery_may_go_nowhere_else(payload: bytes, port: int) -> None:
    assert all(refuse(payload, other, "udp") for other in (9, 53, 5353, 37778, port + 1))


@pytest.mark.parametrize(
    ("transport", "port", "payload"),
    [
        ("tcp", 80, GET),
        ("tcp", 443, CLIENT_HELLO),
        ("tcp", 80, get("/cgi-bin/magicBox.cgi?action=getDeviceType")),
        ("tcp", 80, get("/ISAPI/System/deviceInfo")),
        ("tcp", 80, onvif("GetSystemDateAndTime")),
        ("tcp", 554, DESCRIBE),
        ("tcp", 554, DESCRIBE.replace(b"DESCRIBE", b"OPTIONS") + DESCRIBE),
        ("tcp", 37777, REALM),
        ("tcp", 8000, b""),
        ("udp", 9, b""),
        (
            "udp",
            5353,
            bytes.fromhex("000000000001000000000000") + b"\x05_http\x04_tcp\x05local\0\0\x0c\0\x01",
        ),
        ("l2", 0, ARP),
        ("l2", 0, ARP.ljust(60, b"\0")),
        ("l2", 0, LINK_LAYER),
    ],
)
def test_what_only_reads_may_leave(transport: Transport, port: int, payload: bytes) -> None:
    assert refuse(payload, port, transport) is None


def test_no_rule_is_idle() -> None:
    used = {forbidden.forbidding(payload, port, transport) for transport, port, payload in FORBIDDEN.values()}
    assert used - {None} == set(NEVER)


@pytest.mark.parametrize("port", [port for transport, port in SILENT if transport == "tcp"])
@pytest.mark.parametrize("payload", [b"\0", b"\r\n", GET, CLIENT_HELLO])
def test_ports_that_are_only_connected_to_hear_nothing(port: int, payload: bytes) -> None:
    assert "nothing is written" in str(refuse(payload, port, "tcp"))


def test_the_ports_of_the_sweep_that_are_only_listened_to_hear_nothing() -> None:
    swept = {port for port, (service, _) in ports.SERVICES.items() if service in ("listen", "banner")}
    assert all(refuse(GET, port, "tcp") for port in swept | set(ports.GREETING_FIRST))


def test_a_refusal_says_why_and_who_says_so() -> None:
    assert "CVE-2023-28810" in str(refuse(sadp("update"), 37020, "udp"))
    assert "an SADP inquiry" in str(refuse(b"\xff", 37020, "udp"))


@given(st.binary(max_size=200), st.integers(0, 65535), st.sampled_from(TRANSPORTS))
def test_chance_writes_no_question(noise: bytes, port: int, transport: Transport) -> None:
    assert refuse(noise, port, transport) or not noise


@given(
    st.sampled_from([GET, DESCRIBE, onvif("GetHostname")]), st.sampled_from([b"Basic eDp5", b"Digest", b""])
)
def test_no_place_in_a_request_can_hide_a_login(request_: bytes, login: bytes) -> None:
    for line_end in re.finditer(b"\r\n", request_):
        at = line_end.end()
        assert refuse(request_[:at] + b"Authorization: " + login + b"\r\n" + request_[at:], 80, "tcp")


@given(st.sampled_from([parameter.values for parameter in DATAGRAMS]), st.data())
def test_a_question_with_one_byte_cut_off_is_malformed_and_stays(
    sent: tuple[bytes, int], data: st.DataObject
) -> None:
    payload, port = sent
    assert refuse(payload[: data.draw(st.integers(0, len(payload) - 1))], port, "udp")
