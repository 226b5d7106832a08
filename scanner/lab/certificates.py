"""Certificates as the units of the lab show them, and one that is none."""

from __future__ import annotations

import functools
import ssl
import struct
import tempfile
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scanner.lab.unit import Unit

if TYPE_CHECKING:
    from cryptography import x509

NOT_BEFORE, NOT_AFTER = datetime(2019, 12, 17, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)


def server_context(unit: Unit) -> ssl.SSLContext:
    """What the unit's TLS server is made of: its certificate, and old TLS when its firmware knows no newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if unit.kind.old_tls:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # old on purpose
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    with tempfile.NamedTemporaryFile(
        suffix=".pem"
    ) as file:  # the ssl module reads certificates from files only
        file.write(_pem(unit))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def garbage() -> bytes:
    """A TLS 1.2 handshake that is right in its frame and nonsense where the certificate should be."""
    secure_renegotiation = b"\xff\x01\x00\x01\x00"  # without it OpenSSL 3 never looks at the certificate
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00" + _sized(secure_renegotiation, 2)
    nonsense = b"\x30\x82\xff\xff" + bytes(range(256)) * 4
    chain = _sized(_sized(nonsense, 3), 3)
    return b"".join(_record(kind, body) for kind, body in ((2, hello), (11, chain), (14, b"")))


def _record(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + _sized(body, 3)
    return b"\x16\x03\x03" + struct.pack("!H", len(message)) + message


def _sized(body: bytes, width: int) -> bytes:
    return len(body).to_bytes(width, "big") + body


@functools.cache
def _key() -> bytes:
    """One key for the whole building: making one for each unit would take longer than everything else."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(unit: Unit) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    names = unit.kind.certificate
    key = load_pem_private_key(_key(), None)
    if names is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{unit.name} speaks TLS, but its kind names no certificate")
    subject = [(short, unit.render(text)) for short, text in names.subject]
    issuer = [(short, unit.render(text)) for short, text in names.issuer] or subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(int(unit.words["mac_hex"], 16))
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
    )
    return _key() + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def _name(pairs: Iterable[tuple[str, str]]) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    oids = {
        "C": NameOID.COUNTRY_NAME, "ST": NameOID.STATE_OR_PROVINCE_NAME, "L": NameOID.LOCALITY_NAME,
        "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME,
    }  # fmt: skip
    return x509.Name([x509.NameAttribute(oids[short], text) for short, text in pairs])
