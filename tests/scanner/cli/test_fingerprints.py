"""`camcensus fingerprints`: what is wrong is named with its place, and a verdict can be followed to its reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli.fingerprints import fingerprints
from scanner.errors import CamcensusError
from scanner.model import Observation, Protocol
from scanner.observations import write

GOOD = """
[brand]
slug   = "acme"
name   = "Acme"
makers = ["dahua"]

[[fingerprint]]
id       = "acme-title"
field    = "html.title"
pattern  = '^Acme$'
claims   = { brand = "acme" }
strength = "supporting"
source   = "a unit on the desk"
matches  = ["Acme"]
rejects  = ["Acme Reseller"]
"""
HELLO = b'{"address":"10.0.0.9","protocol":"html","payload":"<title>Acme</title>"}\n'


def run(*words: str, give: bytes = b"") -> Result:
    return CliRunner().invoke(fingerprints, words, input=give)


def explained(protocol: Protocol, payload: str) -> str:
    observation = Observation(protocol=protocol, address="10.0.0.9", payload=payload.encode())
    return run("explain", "-", give=write(observation)).output


def test_our_own_fingerprints_are_sound() -> None:
    result = run("check")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("'^Acme$'", "'^Acme('", 8, "has a pattern that cannot be used"),
        ("'^Acme$'", "'^(A+)+cme$'", 8, "repetition inside a repetition"),
        ("'^Acme$'", "'^Acm$'", 8, "does not match 'Acme'"),
        ("'^Acme$'", "'^Acme'", 8, "which it must reject"),
        ("html.title", "html.tittle", 8, "html.tittle, which no probe fills"),
        ('brand = "acme"', 'brand = "other"', 8, 'the brand "other", of whom there is no file'),
        ('brand = "acme"', 'colour = "red"', 8, 'claims "colour"'),
        ('"supporting"', '"crushing"', 12, "Invalid enum value"),
        ('"a unit on the desk"', '" "', 8, "has no source"),
        ('rejects  = ["Acme Reseller"]', "", 8, "no example in `rejects`"),
        ("[[fingerprint]]", "[[fingerprint]", 7, "Expected"),
    ],
)
def test_each_mistake_is_named_with_its_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD.replace(old, new))
    result = run("check", str(file))
    assert result.exit_code == 2
    assert f"{file}:{line}: " in result.output and what in result.output, result.output


def test_a_fingerprint_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD)
    (tmp_path / "again.toml").write_text(GOOD.replace("[brand]", "[maker]").replace('makers = ["dahua"]', ""))
    result = run("check", str(tmp_path))
    assert result.exit_code == 2 and "stands in" in result.output


def test_a_fingerprint_that_says_what_another_says_is_named(tmp_path: Path) -> None:
    twin = GOOD[GOOD.index("[[fingerprint]]") :].replace("acme-title", "acme-again")
    (tmp_path / "acme.toml").write_text(GOOD + twin)
    result = run("check", str(tmp_path))
    assert result.exit_code == 2 and '"acme-title" says the same' in result.output


def test_a_folder_of_ones_own_adds_to_the_list_and_to_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD)
    assert "acme-title" not in run("list", "--brand", "acme").output
    assert "acme-title" in run("list", "--brand", "acme", "--fingerprints", str(tmp_path)).output
    shown = run("show", "acme-title", "--fingerprints", str(tmp_path)).output
    assert "a unit on the desk" in shown and "Acme Reseller" in shown
    explained = run("explain", "-", "--fingerprints", str(tmp_path), give=HELLO).output
    assert "brand acme" in explained and "acme-title" in explained


def test_the_explanation_says_who_speaks_for_the_maker_and_what_that_comes_to() -> None:
    output = explained("rtsp", 'WWW-Authenticate: Digest realm="Login to 4K01234PAGABCDE", nonce="1"')
    assert "dahua: rtsp (strong); one strong witness, so probable" in output


def test_what_nearly_matched_is_shown_with_the_reason_it_does_not_count() -> None:
    address = "<tt:XAddr>http://10.0.0.9/onvif/hik_ext</tt:XAddr>"
    output = explained("onvif", f"<SOAP-ENV:Envelope>{address}</SOAP-ENV:Envelope>")
    assert "not counted hikvision-onvif-extension" in output and "onvif.prefix does not match" in output


def test_an_unknown_fingerprint_is_an_error_that_helps() -> None:
    error = run("show", "nosuch").exception
    assert isinstance(error, CamcensusError) and "fingerprints list" in error.fix


def test_a_broken_folder_of_ones_own_stops_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD.replace("[[fingerprint]]", "[[fingerprint]"))
    error = run("list", "--fingerprints", str(tmp_path)).exception
    assert isinstance(error, CamcensusError) and "acme.toml, line 7" in error.what
