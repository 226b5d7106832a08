"""What a device states in its system description, with and without a rule that knows its maker."""

from __future__ import annotations

import pytest

from fingerprints import Library
from scanner.identify import identify
from scanner.model import Identification, Observation


def described(library: Library, text: str, object_id: str = "") -> Identification:
    lines = f"sysDescr: {text}" + (f"\nsysObjectID: {object_id}" if object_id else "")
    return identify([Observation(protocol="snmp", payload=lines.encode())], library)


@pytest.mark.parametrize(
    ("text", "model", "firmware"),
    [
        ("XQ77-v2 6.3.6 (2022-06-16)", "XQ77-v2", "6.3.6"),
        ("XQZ-24P-4G 24-Port Gigabit PoE Managed Switch", "XQZ-24P-4G", None),
        ("XQ-24, PT.02.99, Linux 3.6.5-79c95a77, U-Boot 2012.10", "XQ-24", "PT.02.99"),
        ("Hardware Model:XQ_9500-30XS, Software version: 6.4.1.99", "XQ_9500-30XS", "6.4.1.99"),
        ("Grenzwert SQ 470-24T  HW:34  FW:3.6.0.6  SW:v3.6.2.04 BN:4", None, "v3.6.2.04"),
        ("Unheard Of Box, Version 12.1(22)EA14, RELEASE SOFTWARE", None, "12.1(22)EA14"),
    ],
)
def test_a_device_of_an_unknown_maker_states_its_model_and_firmware(
    library: Library, text: str, model: str | None, firmware: str | None
) -> None:
    it = described(library, text)
    assert it.maker != "hikvision" and it.maker != "dahua"
    assert it.firmware == firmware
    assert model is None or it.model == model


def test_a_modem_states_whose_it_is_in_the_form_that_its_standard_demands(library: Library) -> None:
    it = described(library, "<<HW_REV: 1; VENDOR: Acme Cable; BOOTR: 2164; SW_REV: X9-2.6; MODEL: X9>>")
    assert (it.maker, it.maker_name) == ("other", "Acme Cable")
    assert (it.model, it.firmware) == ("X9", "X9-2.6")


def test_the_kernel_of_a_computer_is_not_the_firmware_of_a_device(library: Library) -> None:
    it = described(library, "Linux recorder-1 4.19.0-16-amd64 #1 SMP Debian 4.19.181-1 x86_64")
    assert (it.model, it.firmware) == (None, None)


def test_a_sunday_in_the_build_date_does_not_make_a_computer_of_sun(library: Library) -> None:
    it = described(library, "Linux gate 2.6.18 #1 SMP Sun Sep 15 13:03:19 IDT 2019 x86_64")
    assert it.maker_name != "Oracle"


def test_a_company_named_in_the_description_of_a_camera_is_not_taken_for_its_maker(library: Library) -> None:
    it = described(library, "Reseller Technologies network camera")
    assert it.maker is None


def test_the_name_of_hikvision_or_dahua_in_a_copyright_never_makes_another_maker(library: Library) -> None:
    for text in ("Copyright (c) 2012 Hangzhou Hikvision Digital Technology", "(c) Zhejiang Dahua Technology"):
        assert described(library, text).maker != "other"


def test_a_time_server_that_uses_the_number_of_hikvision_is_not_accused(library: Library) -> None:
    assert described(library, "Linux SyncServer 2.6.10", "1.3.6.1.4.1.39165.1.6").maker == "other"
    assert described(library, "x", "1.3.6.1.4.1.39165.1.6").maker is None
    assert described(library, "x", "1.3.6.1.4.1.39165.1.1").maker == "hikvision"


def test_a_camera_sold_as_illustra_states_what_it_is(library: Library) -> None:
    it = described(library, "illustra IFS99D1OCWIT Network camera 05-27-2019 Illustra.SS004.01.06.05.0099")
    assert (it.brand, it.category) == ("Illustra", "camera")
    assert (it.model, it.firmware) == ("IFS99D1OCWIT", "SS004.01.06.05.0099")
