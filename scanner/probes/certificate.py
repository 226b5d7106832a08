"""TLS certificates: the names that a web server's certificate was made with.

On the wire   one TLS handshake, as any browser makes it, without verification and never for a secret.
Answers       the certificate as DER. Where the handshake fails but a certificate was sent in clear, as up to TLS 1.2,
              the records that came are the reply, and the certificate is found in them.
              Imports have PEM, or lines `subject: CN=…` and `issuer: …`.
Standard      RFC 5280; RFC 5246 section 7.4.2. Broken certificates are common on cameras: what can be read is read.
"""

from __future__ import annotations

import binascii
import contextlib
import hashlib
import re
import warnings
from collections.abc import Iterator

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.model import Fields
from scanner.probes.contract import PAYLOAD_LIMIT, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "subject": "subject, as `CN=…,O=…`",
    "issuer": "issuer, likewise",
    "cn": "common name of the subject; of the issuer where only that was kept",
    "o": "organisation of the subject; of the issuer where only that was kept",
    "ou": "unit of the subject",
    "issuer-cn": "common name of the issuer",
    "issuer-o": "organisation of the issuer",
    "san": "each alternative name",
    "serial": "serial number, in hex",
    "fingerprint": "SHA-256 of the certificate, in hex",
    "not-before": "valid from, RFC 3339",
    "not-after": "valid to, RFC 3339",
    "key": "kind and size of the key: `RSA 2048`",
    "key-hash": "SHA-256 of the public key (SubjectPublicKeyInfo), in hex",
    "text": "the payload where it is text",
}

Pairs = Iterator[tuple[str, str]]

LINE = re.compile(r"^[ \t]{0,20}(subject|issuer)\s{0,9}[:=]\s{0,9}([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
PART = re.compile(  # a comma ends a value only before the next attribute: `O=Some Technology Co.,Ltd., C=CN`
    r"(?:^|[,;])\s{0,9}([A-Za-z]{1,30}|[\d.]{3,40})\s{0,9}=\s{0,9}((?:\\.|[^\\]){0,300}?)(?=[,;]\s{0,9}[\w.]{1,40}\s{0,9}=|$)"
)
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.{1,20000}?)-----END CERTIFICATE-----", re.DOTALL)
PARTS = {
    ("subject", "CN"): "cn",
    ("subject", "O"): "o",
    ("subject", "OU"): "ou",
    ("issuer", "CN"): "issuer-cn",
    ("issuer", "O"): "issuer-o",
}
OF_SUBJECT = {  # where nothing but the issuer was kept: devices mostly sign for themselves, or by a CA of their maker
    "issuer-cn": "cn",
    "issuer-o": "o",
}
VALIDITY = re.compile(rb"[\x17\x18][\x0d\x0f]\d{12}")
ATTRIBUTE = re.compile(rb"\x06\x03\x55\x04([\x03\x0a\x0b])[\x0c\x13\x14\x16](.)", re.DOTALL)  # CN, O, OU
ATTRIBUTES = {3: "CN", 10: "O", 11: "OU"}
HANDSHAKE, CERTIFICATE = 22, 11


class Certificate(msgspec.Struct, frozen=True):
    subject: str
    issuer: str
    fingerprint: str


def read(payload: bytes) -> Certificate:
    """Read a certificate: DER, PEM, or the records of a handshake. Raises Unreadable when there is none."""
    der = extract(payload)
    found = gather(_der(der)) if der else {}
    if "fingerprint" not in found:
        raise Unreadable("no certificate in it")
    return Certificate(*(found.get(name, ("",))[0] for name in ("subject", "issuer", "fingerprint")))


def fields(payload: bytes) -> Fields:
    if der := extract(payload):
        return gather(_der(der))
    text = decode(payload).replace("\xa0", " ")
    lines = ((kind.lower(), name.strip()) for kind, name in LINE.findall(text))
    named = [pair for kind, name in lines for pair in _name(kind, name)]
    if not any(field == "subject" for field, _ in named):
        named += [(OF_SUBJECT[field], value) for field, value in named if field in OF_SUBJECT]
    return gather((*named, ("text", text if b"\0" not in payload else "")))


def extract(payload: bytes) -> bytes:
    """The DER of the first certificate in DER, PEM or TLS records; empty when there is none."""
    payload = payload[:PAYLOAD_LIMIT]
    if pem := PEM.search(payload):
        with contextlib.suppress(binascii.Error):
            payload = binascii.a2b_base64(pem[1])
    if payload[:1] == bytes([HANDSHAKE]):
        payload = from_records(payload)
    return payload if payload[:2] in (b"\x30\x82", b"\x30\x81") else b""


def from_records(records: bytes) -> bytes:
    """The certificate that a server sent in clear, whole or cut short; empty when there is none."""
    handshake, at = bytearray(), 0
    while records[at : at + 1] == bytes([HANDSHAKE]):
        length = int.from_bytes(records[at + 3 : at + 5], "big")
        handshake += records[at + 5 : at + 5 + length]
        at += 5 + length
    at = 0
    while len(handshake) >= at + 4:
        length = int.from_bytes(handshake[at + 1 : at + 4], "big")
        if handshake[at] == CERTIFICATE:  # length of all, then length of the first
            first = int.from_bytes(handshake[at + 7 : at + 10], "big")
            return bytes(handshake[at + 10 : at + 10 + first])
        at += 4 + length
    return b""


def _der(der: bytes) -> Pairs:
    yield "fingerprint", hashlib.sha256(der).hexdigest()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of serial numbers, versions and names that no CA may write
        try:
            certificate = x509.load_der_x509_certificate(der)
        except ValueError:
            yield from _broken(der)
            return
        for read_part in (_subject, _issuer, _san, _times, _key):
            with contextlib.suppress(ValueError, UnsupportedAlgorithm):  # one broken part hides no other
                yield from tuple(read_part(certificate))


def _subject(certificate: x509.Certificate) -> Pairs:
    return _name("subject", certificate.subject.rfc4514_string())


def _issuer(certificate: x509.Certificate) -> Pairs:
    return _name("issuer", certificate.issuer.rfc4514_string())


def _san(certificate: x509.Certificate) -> Pairs:
    with contextlib.suppress(x509.ExtensionNotFound, x509.DuplicateExtension):
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        yield from (("san", str(name.value)) for name in names)


def _times(certificate: x509.Certificate) -> Pairs:
    yield "serial", f"{certificate.serial_number:x}"
    yield "not-before", certificate.not_valid_before_utc.isoformat()
    yield "not-after", certificate.not_valid_after_utc.isoformat()


def _key(certificate: x509.Certificate) -> Pairs:
    key = certificate.public_key()
    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "key-hash", hashlib.sha256(public).hexdigest()
    if isinstance(key, rsa.RSAPublicKey):
        yield "key", f"RSA {key.key_size}"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        yield "key", f"EC {key.curve.name}"
    else:
        yield "key", type(key).__name__.removesuffix("PublicKey").strip("_")


def _name(kind: str, name: str) -> Pairs:
    """A distinguished name as a whole and in its parts. Some makers write its blanks as U+00A0."""
    name = name.replace("\xa0", " ")
    yield kind, name
    for attribute, value in PART.findall(name):
        field = PARTS.get((kind, attribute.upper()))
        if field:
            yield field, re.sub(r"\\(.)", r"\1", value)


def _broken(der: bytes) -> Pairs:
    """The names in a certificate that is no DER: those before the validity are the issuer's."""
    validity = VALIDITY.search(der)
    middle = validity.start() if validity else 0
    for found in ATTRIBUTE.finditer(der):
        value = der[found.end() : found.end() + found[2][0]]
        kind = "issuer" if found.start() < middle else "subject"
        field = PARTS.get((kind, ATTRIBUTES[found[1][0]]))
        if field and len(value) == found[2][0]:
            yield field, decode(value).replace("\xa0", " ")
