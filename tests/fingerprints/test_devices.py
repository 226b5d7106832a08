"""What is on a building's network besides cameras: named in full, and never taken for a camera."""

from __future__ import annotations

import pytest

from tests.fingerprints.conftest import Told

APC = (
    "sysDescr: APC Web/SNMP Management Card (MB:v3.9.2 PF:v3.7.3 PN:apc_hw02_aos_373.bin AF1:v3.7.2 "
    "AN1:apc_hw02_sumx_372.bin MN:AP9619 HR:A10 SN: ZA0000000001 MD:01/20/2006)\n"
    "sysObjectID: 1.3.6.1.4.1.318.1.3.27"
)
ROUTER_PAGE = (
    "HTTP/1.1 200 OK\r\nServer: Linux, HTTP/1.1, DIR-615 Ver 5.10\r\nContent-Type: text/html\r\n\r\n"
    "<html><head><title>D-LINK SYSTEMS, INC. | WIRELESS ROUTER | LOGIN</title></head></html>"
)
MOXA = (
    "Model name       : NPort 5610-8-DT\r\nMAC address      : 00:90:E8:00:00:01\r\nSerial No.       : 1234\r\n"
    "Firmware version : 2.2 Build 11090613\r\nSystem uptime    : 8 days\r\n\r\nPlease keyin your password:"
)


def test_a_printer_states_model_and_serial_number_when_it_asks_for_an_address(told: Told) -> None:
    it = told(
        ("dhcp", "option 60: Mfg=Xerox;Typ=MFP;Mod=Xerox VersaLink C405 Multifunction Printer;Ser=9TB000001;")
    )
    assert (it.maker, it.brand, it.model, it.serial) == ("other", "Xerox", "C405", "9TB000001")
    assert it.category == "other"


def test_the_print_server_gives_way_to_the_printer_it_serves(told: Told) -> None:
    it = told(("telnet", "HP JetDirect\r\n>"), ("html", "<title>HP LaserJet 4250</title>"))
    assert (it.brand, it.model) == ("HP", "LaserJet 4250")


def test_a_lexmark_printer_states_its_build_in_the_greeting_of_ftp(told: Told) -> None:
    it = told(("ftp", "ET0020000000 Lexmark T654 FTP Server NR.APS.F368 ready."))
    assert (it.brand, it.model, it.firmware) == ("Lexmark", "T654", "NR.APS.F368")


def test_a_power_unit_states_everything_in_its_system_description(told: Told) -> None:
    it = told(("snmp", APC))
    assert (it.brand, it.model, it.firmware, it.serial) == ("APC", "AP9619", "v3.7.3", "ZA0000000001")


def test_a_router_with_a_page_is_no_camera_though_its_maker_sells_some(told: Told) -> None:
    it = told(("http", ROUTER_PAGE))
    assert (it.maker, it.model, it.firmware, it.category) == ("other", "DIR-615", "5.10", "other")


def test_a_serial_device_server_states_its_numbers_over_several_lines(told: Told) -> None:
    it = told(("telnet", MOXA))
    assert (it.brand, it.model, it.serial) == ("Moxa", "5610-8-DT", "1234")
    assert it.firmware == "2.2 Build 11090613"


def test_a_firewall_states_model_firmware_and_serial_number(told: Told) -> None:
    it = told(("snmp", "sysDescr: NetScreen-5GT version 6.2.0r4.0 (SN: 0064000000000001, Firewall+VPN)"))
    assert (it.brand, it.model, it.firmware) == ("Juniper", "5GT", "6.2.0r4.0")
    assert it.serial == "0064000000000001"


def test_an_access_point_is_named_by_model_alone(told: Told) -> None:
    it = told(("snmp", "sysDescr: UAP-AC-Mesh-Pro 4.3.20.11298"))
    assert (it.brand, it.model, it.firmware) == ("Ubiquiti", "UAP-AC-Mesh-Pro", "4.3.20.11298")
    assert it.category == "other"


def test_a_router_resold_by_another_maker_is_not_in_doubt(told: Told) -> None:
    it = told(("https-cert", "subject: CN=00:22:6b:00:00:01,OU=RV042,O=Cisco-Linksys\\, LLC,L=Irvine,C=US"))
    assert (it.brand, it.model, it.conflicts) == ("Cisco", "RV042", ())


def test_a_radio_link_named_apc_is_not_a_power_unit(told: Told) -> None:
    it = told(("snmp", "sysDescr: DLB APC 5M-90 V3, v7.02.rt3883.Deliberant.APC.en_US.53109.151202.0133"))
    assert (it.brand, it.model) == ("LigoWave", "5M-90 V3")


def test_a_management_controller_is_known_by_its_certificate(told: Told) -> None:
    it = told(
        ("https-cert", "subject: CN=idrac-0000000,OU=Remote Access Group,O=Dell Inc.,L=Round Rock,C=US")
    )
    assert (it.brand, it.model, it.category) == ("Dell", "iDRAC", "other")


def test_a_door_controller_is_access_control(told: Told) -> None:
    it = told(("html", "<title>HID VertX EVO V1000</title>"))
    assert (it.maker, it.model, it.category) == ("other", "VertX EVO V1000", "access-control")


@pytest.mark.parametrize(
    "reply",
    [
        ("http", "HTTP/1.1 200 OK\r\nServer: GoAhead-Webs\r\n\r\n"),
        ("telnet", "office-printer-2 login:"),
        ("html", "<title>555-1234 Home Page</title>"),
        ("snmp", "sysDescr: Linux host 5.10.0 #1 SMP x86_64\nsysObjectID: 1.3.6.1.4.1.8072.3.2.10"),
    ],
)
def test_a_reply_without_a_name_names_nobody(reply: tuple[str, str], told: Told) -> None:
    it = told(reply)
    assert it.maker is None and it.model is None


@pytest.mark.parametrize("model", ["DCS-932L", "TL-SC3430N", "UVC-G3", "DS-2CD2032-I", "GXV3611"])
def test_a_camera_is_never_taken_for_its_makers_network_devices(model: str, told: Told) -> None:
    assert told(("http", f'WWW-Authenticate: Basic realm="{model}"')).category != "other"


def test_a_model_is_read_after_the_name_of_its_maker_where_no_rule_knows_better(told: Told) -> None:
    it = told(("snmp", "sysDescr: Juniper EX4200-48PX Ethernet Switch"))
    assert (it.brand, it.model, it.category) == ("Juniper", "EX4200-48PX", "other")


def test_a_version_is_no_model(told: Told) -> None:
    assert told(("snmp", "sysDescr: Cisco IOS Software Version 12.2(4)")).model is None


def test_a_parameter_list_states_model_version_and_serial_number_whoever_made_the_device(told: Told) -> None:
    it = told(("http", "ModelName=XC-100\nSoftVersion=1.18\nSerialNumber=ABC00012345\n"))
    assert (it.maker, it.model, it.firmware, it.serial) == (None, "XC-100", "1.18", "ABC00012345")


def test_a_certificate_that_a_device_made_for_itself_states_its_serial_number(told: Told) -> None:
    it = told(("https-cert", "subject: SERIALNUMBER=9C89M2088D1,CN=DEVICE-vWLC,O=Cisco Virtual WLC"))
    assert (it.brand, it.serial) == ("Cisco", "9C89M2088D1")
    company = told(("https-cert", "subject: SERIALNUMBER=5157550000,businessCategory=Private Organization"))
    assert company.serial is None


def test_a_service_on_a_computer_is_named_and_is_no_camera(told: Told) -> None:
    it = told(("html", "<title>Sign in [Jenkins]</title>"))
    assert (it.maker, it.maker_name, it.category, it.confidence) == ("other", "Jenkins", "other", "possible")


def test_a_console_that_prints_a_table_of_itself_is_read_whoever_made_it(told: Told) -> None:
    it = told(("telnet", "Model: XZ-4410\r\nFirmware Version: V2.4.1\r\nSerial Number: 0A81X0001\r\nlogin:"))
    assert (it.maker, it.model, it.firmware, it.serial) == (None, "XZ-4410", "V2.4.1", "0A81X0001")


@pytest.mark.parametrize(
    "greeting", ["srv-2012 login:", "HOST-1234 login:", "User Name:", "BCM96338 ADSL Router\r\nLogin:"]
)
def test_a_host_name_or_a_chip_at_a_login_prompt_names_nobody(greeting: str, told: Told) -> None:
    it = told(("telnet", greeting))
    assert (it.maker, it.model) == (None, None)


def test_a_sunday_in_a_greeting_is_no_maker(told: Told) -> None:
    it = told(("ftp", "220 P-660H-T1 FTP version 1.0 ready at Sun Jan 02 17:32:08 2000"))
    assert (it.brand, it.model) == ("Zyxel", "P-660H-T1")


def test_the_name_that_a_factory_gives_a_printer_tells_its_maker(told: Told) -> None:
    assert told(("dhcp", "hostname: BRW4CD577B5F200")).brand == "Brother"
    assert told(("dhcp", "hostname: BRWATER")).maker is None
