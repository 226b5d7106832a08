"""Certificates of web servers: proper ones, broken ones, and lines that somebody wrote down."""

from __future__ import annotations

import base64
import datetime
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from scanner.probes import certificate
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

START = datetime.datetime(2019, 12, 17, tzinfo=datetime.UTC)


def made(**names: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate, self-signed by a key of its own."""
    oids = {
        "cn": NameOID.COMMON_NAME,
        "ou": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "o": NameOID.ORGANIZATION_NAME,
    }
    name = x509.Name([x509.NameAttribute(oids[kind], value) for kind, value in names.items()])
    key = ec.generate_private_key(ec.SECP256R1())
    end = START + datetime.timedelta(9000)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 0x8AB4, START, end)
    alternative = x509.SubjectAlternativeName([x509.DNSName("camera.local")])
    return builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256()), key


def issued(**names: str) -> bytes:
    return made(**names)[0].public_bytes(Encoding.DER)


def issued_pem(**names: str) -> bytes:
    """Certificate and key in one, as a server loads them."""
    certificate, key = made(**names)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM) + private


DER = issued(o="HIKVISION", ou="DVRNVR", cn="www.hikvision.com")
PEM = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER) + b"-----END CERTIFICATE-----\n"
MESSAGE = (
    b"\x0b"
    + (len(DER) + 6).to_bytes(3, "big")
    + (len(DER) + 3).to_bytes(3, "big")
    + len(DER).to_bytes(3, "big")
    + DER
)
HELLO = b"\x02\0\0\x02\x03\x03"
RECORDS = b"".join(
    b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part for part in (HELLO, MESSAGE[:100], MESSAGE[100:])
)


@pytest.mark.parametrize(
    "payload", [DER, PEM, RECORDS, b"noise before\n" + PEM], ids=["DER", "PEM", "TLS records", "PEM in text"]
)
def test_a_certificate_is_read_in_every_wrapping(payload: bytes) -> None:
    found = certificate.fields(payload)
    assert (
        found["subject"] == ("CN=www.hikvision.com,OU=DVRNVR,O=HIKVISION",)
        and found["issuer"] == found["subject"]
    )
    assert found["cn"] == ("www.hikvision.com",) and found["o"] == found["issuer-o"] == ("HIKVISION",)
    assert found["ou"] == ("DVRNVR",) and found["san"] == ("camera.local",) and found["serial"] == ("8ab4",)
    assert found["not-before"] == ("2019-12-17T00:00:00+00:00",) and found["key"] == ("EC secp256r1",)
    assert found["fingerprint"] == (hashlib.sha256(DER).hexdigest(),)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("subject: CN=axis-accc8e000001,O=Axis Communications AB", "o", "Axis Communications AB"),
        ("subject: CN=RV180,O=Cisco Systems\\, Inc.,C=US", "o", "Cisco Systems, Inc."),
        (
            "issuer: CN=NVR; C=CN; O=ZheJiang Dahua Technology CO.,LTD.; OU=NVR",
            "issuer-o",
            "ZheJiang Dahua Technology CO.,LTD.",
        ),
        (
            "issuer: CN=Dahua\xa0Device\xa0NVR\xa0CA, O=Zhejiang\xa0Dahua, C=CN",
            "issuer-cn",
            "Dahua Device NVR CA",
        ),
        ("Subject = CN=unifi", "cn", "unifi"),
    ],
)
def test_a_written_line_is_read(line: str, field: str, value: str) -> None:
    assert certificate.fields(line.encode())[field] == (value,)


def test_an_issuer_that_was_kept_alone_speaks_for_the_device_and_else_the_subject_does() -> None:
    alone = certificate.fields(b"issuer: CN=Player Gen1 CA,O=Acme Inc")
    assert alone["cn"] == alone["issuer-cn"] == ("Player Gen1 CA",) and alone["o"] == ("Acme Inc",)
    both = certificate.fields(b"subject: CN=camera\nissuer: CN=Public CA,O=Trust Ltd")
    assert both["cn"] == ("camera",) and "o" not in both


def test_odd_blanks_in_a_certificate_become_plain_ones() -> None:
    assert certificate.fields(issued(cn="Dahua\xa0Device\xa0NVR\xa0CA"))["cn"] == ("Dahua Device NVR CA",)


def test_names_are_saved_from_a_certificate_that_is_broken() -> None:
    broken = DER[:10] + b"\xff\xff" + DER[12:]
    found = certificate.fields(broken)
    assert found["cn"] == ("www.hikvision.com",) and found["issuer-o"] == ("HIKVISION",)


def test_records_cut_short_give_what_came() -> None:
    found = [certificate.fields(cut) for cut in cuts(RECORDS)]
    assert found[-1]["cn"] == ("www.hikvision.com",)
    assert all(each["cn"] == ("www.hikvision.com",) for each in found if "cn" in each)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x15\x03\x01\0\x02\x02\x28",
        b"subject: CN=x",
        b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
    ],
)
def test_what_holds_no_certificate_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        certificate.read(payload)


def test_a_certificate_is_summed_up() -> None:
    assert certificate.read(DER).issuer == "CN=www.hikvision.com,OU=DVRNVR,O=HIKVISION"
