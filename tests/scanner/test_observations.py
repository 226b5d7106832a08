"""Observations as JSON Lines: what goes out comes back, and a bad line harms only itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.model import PROTOCOLS, TRANSPORTS, Claim, Identification, Observation, Outcome
from scanner.observations import NotMac, Rejected, identification_line, normal_mac, read, write

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
MACS = st.binary(min_size=6, max_size=6).map(lambda six: six.hex(":"))
OBSERVATIONS = st.builds(
    Observation,
    protocol=st.sampled_from(PROTOCOLS),
    payload=st.binary() | st.text().map(lambda text: text.encode(errors="ignore")),
    request=TEXTS | st.just(""),
    subject=st.none() | TEXTS,
    observed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    address=st.none() | st.ip_addresses().map(str),
    mac=st.none() | MACS,
    port=st.none() | st.integers(0, 65535),
    transport=st.none() | st.sampled_from(TRANSPORTS),
    interface=st.none() | TEXTS,
    outcome=st.sampled_from(list(Outcome)),
)


def read_one(line: bytes | str) -> Observation:
    (observation,) = read([line.encode() if isinstance(line, str) else line], name="seen.jsonl")
    return observation


def rejections(*lines: bytes) -> tuple[list[Observation], list[Rejected]]:
    rejected: list[Rejected] = []
    return list(read(lines, name="seen.jsonl", reject=rejected.append)), rejected


@given(OBSERVATIONS)
def test_what_is_written_is_read_back_the_same(observation: Observation) -> None:
    line = write(observation)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert read_one(line) == observation


@given(st.binary())
def test_any_bytes_are_an_observation_or_a_named_rejection(noise: bytes) -> None:
    seen, rejected = rejections(noise)
    assert len(seen) + len(rejected) == (1 if noise.removeprefix(b"\xef\xbb\xbf").strip() else 0)


def test_a_text_reply_stays_readable_and_a_binary_one_becomes_base64() -> None:
    text = json.loads(write(Observation(protocol="http", payload="HTTP/1.0 200 OK\r\n\r\nÜ".encode())))
    assert text == {"protocol": "http", "payload": "HTTP/1.0 200 OK\r\n\r\nÜ"}
    binary = json.loads(write(Observation(protocol="dvrip", payload=b"\xa0\x00\x00\x60")))
    assert binary == {"protocol": "dvrip", "payload_b64": "oAAAYA=="}


@pytest.mark.parametrize("hidden", [b"\x00", b"\x1b[2J", b"\x7f", "\x9b2J".encode(), "\u2028".encode()])
def test_text_that_could_harm_a_terminal_or_split_a_line_becomes_base64(hidden: bytes) -> None:
    assert b"payload_b64" in write(Observation(protocol="telnet", payload=b"login: " + hidden))


def test_keys_come_in_the_order_of_the_contract_and_only_where_something_is_known() -> None:
    observation = Observation(
        protocol="sadp", payload=b"<ProbeMatch/>", request="inquiry", subject="d1", port=37020, transport="udp",
        observed_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC), address="10.20.0.9", mac="44:19:b6:00:00:01",
        interface="eth0", outcome=Outcome.CUT_SHORT,
    )  # fmt: skip
    assert write(observation) == (
        b'{"subject":"d1","observed_at":"2026-03-01T09:30:00Z","address":"10.20.0.9","mac":"44:19:b6:00:00:01",'
        b'"port":37020,"transport":"udp","protocol":"sadp","request":"inquiry","payload":"<ProbeMatch/>",'
        b'"interface":"eth0","outcome":"cut-short"}\n'
    )


def test_unknown_keys_and_nulls_are_no_reason_to_lose_a_reply() -> None:
    line = '{"protocol":"mac","port":null,"request":null,"payload":"44:19:b6","fidelity":"oui-only","x":[{}]}'
    assert read_one(line) == Observation(protocol="mac", payload=b"44:19:b6")


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    seen, rejected = rejections(b'\xef\xbb\xbf{"protocol":"ssh"}\r\n', b"\n", b"   ", b'{"protocol":"ftp"}')
    assert [observation.protocol for observation in seen] == ["ssh", "ftp"] and not rejected


@pytest.mark.parametrize(
    ("line", "field", "why"),
    [
        (b'{"protocol":"modbus"}', "protocol", "Invalid enum value 'modbus'"),
        (b'{"payload":"x"}', None, "Object missing required field `protocol`"),
        (b'{"protocol":"http","port":"80"}', "port", "Expected `int | null`, got `str`"),
        (b'{"protocol":"http","port":70000}', "port", "Expected `int` <= 65535"),
        (b'{"protocol":"http","payload_b64":"@"}', "payload_b64", "Invalid base64 encoded string"),
        (b'{"protocol":"http","observed_at":"today"}', "observed_at", "Invalid RFC3339 encoded datetime"),
        (b'{"protocol":"http","observed_at":"0001-01-01T00:00:00+02:00"}', "observed_at", "out of range"),
        (b'{"protocol":"mac","mac":"44:19:b6"}', "mac", "expected a MAC address, got '44:19:b6'"),
        (b'{"protocol":"http"', None, "Input data was truncated"),
        (b'["http"]', None, "Expected `object`, got `array`"),
        (b'{"protocol":"http","payload":"\xff"}', None, "not UTF-8; bytes that are no text belong in payload_b64"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_field_and_the_good_ones_go_on(
    line: bytes, field: str | None, why: str
) -> None:
    seen, rejected = rejections(b'{"protocol":"ssh"}', line, b'{"protocol":"ftp"}')
    assert [observation.protocol for observation in seen] == ["ssh", "ftp"]
    assert rejected == [Rejected("seen.jsonl", 2, field, why)]


def test_json_nested_without_end_is_a_bad_line_and_not_a_crash() -> None:
    _, (rejected,) = rejections(b'{"protocol":"http","x":' + b"[" * 100_000)
    assert rejected.line == 1


def test_without_somebody_to_tell_a_bad_line_stops_the_reading() -> None:
    with pytest.raises(CamcensusError, match=r"seen\.jsonl, line 1 is not an observation; port: Expected"):
        read_one('{"protocol":"http","port":-1}')


def test_times_are_utc_whatever_zone_they_came_in() -> None:
    east = timezone(timedelta(hours=2))
    line = f'{{"protocol":"http","observed_at":"{datetime(2026, 3, 1, 2, tzinfo=east).isoformat()}"}}'
    assert read_one(line).observed_at == datetime(2026, 3, 1, 0, tzinfo=UTC)
    assert read_one('{"protocol":"http","observed_at":"2026-03-01T00:00:00"}').observed_at == datetime(
        2026, 3, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "spelling", ["44:19:B6:0A:00:01", "44-19-b6-0a-00-01", "4419.b60a.0001", "4419B60A0001", "44:19:b6:a:0:1"]
)
def test_every_common_spelling_of_a_mac_address_is_one_address(spelling: str) -> None:
    assert normal_mac(spelling) == "44:19:b6:0a:00:01"


@pytest.mark.parametrize("text", ["44:19:b6", "4419b60a00011", "44:19:b6:0a:00:zz", "44:19:b6:0a:00:01:02"])
def test_what_is_no_mac_address_is_not_made_one(text: str) -> None:
    with pytest.raises(NotMac):
        normal_mac(text)


def test_addresses_are_spelt_one_way_and_names_are_left_alone() -> None:
    assert read_one('{"protocol":"http","address":"FE80:0::1"}').address == "fe80::1"
    assert read_one('{"protocol":"http","address":"lobby-cam.example"}').address == "lobby-cam.example"


def test_an_identification_has_every_key_of_the_contract_in_its_order() -> None:
    claim = Claim("lts-title", "brand", "LTS", "strong", "html", "<title>LTS</title>")
    line = identification_line(Identification(address="10.0.0.1", maker="hikvision", evidence=(claim,)))
    assert line.endswith(b"}\n")
    assert list(json.loads(line)) == [
        "subject", "address", "mac", "maker", "maker_name", "brand", "relabelled", "category", "model",
        "firmware", "serial", "confidence", "covered", "conflicts", "evidence",
    ]  # fmt: skip
    assert list(json.loads(line)["evidence"][0]) == [
        "fingerprint", "attribute", "value", "strength", "protocol", "excerpt",
    ]  # fmt: skip
