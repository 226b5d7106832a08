"""What holds for every probe that is spoken over TCP, whatever a device sends."""

from __future__ import annotations

import contextlib
import gzip
import time
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Protocol
from scanner.probes import dvrip, forbidden, onvif, probe, rtsp, web
from scanner.probes.contract import FIELD_LIMIT, Question, Unreadable
from scanner.probes.ports import DEFAULT_PORTS, SERVICES, SPOKEN, greeted_in, service
from tests.scanner.probes.hostile import HOSTILE

PROTOCOLS: tuple[Protocol, ...] = ("http", "html", "favicon", "isapi", "onvif", "https-cert", "rtsp", "dvrip")
PATIENCE = 2.0  # seconds of this processor; the slowest takes a tenth of that

HEAD = b"HTTP/1.1 200 OK\r\n"
CRUEL = HOSTILE | {
    "titles that never close": b"<title" * 60_000,
    "attributes that never close": b"<meta " + b'a="' * 90_000,
    "realms that never close": b'realm="' * 40_000,
    "sixty thousand headers": HEAD + b"a:\r\n" * 60_000,
    "a header folded eighty thousand times": HEAD + b"A: b\r\n" + b" \r\n" * 80_000,
    "a certificate of names": b"\x30\x82" + b"\x06\x03\x55\x04\x03\x0c\xff" * 30_000,
    "fifty thousand empty records": b"\x16\x03\x01\0\0" * 50_000,
    "a name of commas": b"subject: " + b"CN=a," * 50_000,
    "a name of backslashes": b"subject: CN=" + b"\\" * 200_000,
    "chunks of one byte": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 40_000,
    "a gzip bomb": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(20_000_000)),
}


@pytest.mark.parametrize("payload", CRUEL.values(), ids=CRUEL)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_hostile_bytes_cost_little_and_stay_in_bounds(protocol: Protocol, payload: bytes) -> None:
    module, started = probe(protocol), time.process_time()
    found = module.fields(payload)
    assert time.process_time() - started < PATIENCE
    assert set(found) <= set(module.FIELDS)
    assert all(0 < len(value) <= FIELD_LIMIT for values in found.values() for value in values)


@pytest.mark.parametrize("payload", CRUEL.values(), ids=CRUEL)
def test_hostile_pages_lead_nowhere_in_a_hurry(payload: bytes) -> None:
    started = time.process_time()
    web.leads_to(payload, "http://10.0.0.1/")
    web.icon_path(payload, "http://10.0.0.1/")
    web.what_it_is(payload)
    assert time.process_time() - started < PATIENCE


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(noise=st.binary())
def test_any_bytes_are_read_or_politely_refused(protocol: Protocol, noise: bytes) -> None:
    module: ModuleType = probe(protocol)
    assert set(module.fields(noise)) <= set(module.FIELDS)
    with contextlib.suppress(Unreadable):
        module.read(noise)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(noise=st.text(alphabet="<>/=\"':;, \r\n{}[]0aA-"))
def test_any_markup_is_read_or_politely_refused(protocol: Protocol, noise: str) -> None:
    module: ModuleType = probe(protocol)
    assert set(module.fields(noise.encode())) <= set(module.FIELDS)
    with contextlib.suppress(Unreadable):
        module.read(noise.encode())


def every_question() -> dict[str, tuple[Question, int]]:
    """All that the grabs may ask, on the ports where they ask it."""
    of_the_web = [
        web.page("/", "10.0.0.1"),
        web.page("/favicon.ico", "[fe80::1]"),
        *(web.page(path, "10.0.0.1:49152") for path in web.DESCRIPTIONS),
        *web.makers_questions(None, "10.0.0.1:8080"),
        *(onvif.question(operation, "10.0.0.1", 80) for operation in onvif.OPERATIONS),
        *(onvif.question(operation, "10.0.0.1:2020", 2020) for operation in onvif.OPERATIONS),
    ]
    of_streams = [*rtsp.questions("10.0.0.1"), rtsp.second_try("10.0.0.1:8554")]
    asked = (
        [(each, 80) for each in of_the_web]
        + [(each, 554) for each in of_streams]
        + [(dvrip.REALM_REQUEST, 37777)]
    )
    return {f"{port} {each.name} {number}": (each, port) for number, (each, port) in enumerate(asked)}


@pytest.mark.parametrize(("question", "port"), every_question().values(), ids=every_question())
def test_every_question_may_be_sent(question: Question, port: int) -> None:
    assert forbidden.refuse(question.payload, port, "tcp") is None
    assert b"authorization" not in question.payload.lower()


def test_every_default_port_is_spoken_to_in_a_way_that_is_explained() -> None:
    assert {spoken for spoken, _ in SERVICES.values()} <= set(SPOKEN)
    assert tuple(sorted(DEFAULT_PORTS)) == DEFAULT_PORTS


def test_a_port_that_must_stay_silent_is_never_given_a_service_that_writes() -> None:
    quiet = [port for transport, port in forbidden.SILENT if transport == "tcp"]
    assert {service(port) for port in quiet} <= {"listen", "banner", "dvrip"}
    assert service(31337) == "unknown"


@pytest.mark.parametrize(
    ("port", "said", "protocol", "outcome"),
    [
        (2222, b"SSH-2.0-dropbear_2019\r\n", "ssh", "answered"),
        (2121, b"220 ready\r\n", "ftp", "answered"),
        (23, b"\xff\xfd\x01\r\n192.0.0.64 login: ", "telnet", "answered"),
        (9008, b"head\0\0\0\0", "telnet", "unreadable"),
        (22, b"\0\1", "ssh", "unreadable"),
    ],
)
def test_a_greeting_says_what_greets(port: int, said: bytes, protocol: str, outcome: str) -> None:
    assert greeted_in(port, said) == (protocol, outcome)
