"""Greetings of telnet, FTP and SSH servers, read without saying a word."""

from __future__ import annotations

import pytest

from scanner.probes import banner
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

# BusyBox telnetd: DO ECHO, DO NAWS, WILL ECHO, WILL SUPPRESS GO AHEAD, then the prompt of an old camera.
TELNET = b"\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03\xff\xfa\x18\x01\xff\xf0\r\r\n192.0.0.64 login: "


def test_negotiations_are_not_part_of_what_a_camera_says() -> None:
    assert banner.fields(TELNET)["banner"] == ("192.0.0.64 login:",)
    assert all("\xff" not in repr(banner.fields(cut)) for cut in cuts(TELNET))


def test_each_line_of_a_greeting_can_be_matched() -> None:
    found = banner.fields(
        b"220-Welcome\r\n220 AXIS Q3517 Fixed Dome Network Camera 8.40.1.1 (2018) ready.\r\n"
    )
    assert found["line"] == ("220-Welcome", "220 AXIS Q3517 Fixed Dome Network Camera 8.40.1.1 (2018) ready.")


def test_an_ssh_server_names_its_software() -> None:
    greeting = b"SSH-2.0-dropbear_2014.66\r\n\0\0\x01\x9c\x06\x14"  # the key exchange follows at once
    assert banner.read(greeting).lines[0] == "SSH-2.0-dropbear_2014.66"


def test_colours_and_control_characters_are_left_out() -> None:
    assert banner.fields(b"\x1b[31mdvrdvs\x07 login:\x1b[0m")["banner"] == ("dvrdvs login:",)


def test_silence_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        banner.read(b"\xff\xfd\x01\r\n")
