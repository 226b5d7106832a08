"""TLS for looking, not for secrets: a handshake that old cameras accept, and the certificate even when it fails.

Nothing is verified and everything is allowed, from TLS 1.0 with small keys and SHA-1 on, because a camera of 2012
shall show its certificate too. Nothing confidential ever goes through such a connection.

The handshake runs over memory instead of over a socket, so that the records that came are kept: up to TLS 1.2 they
hold the certificate in clear, also where OpenSSL then refuses it.
"""

from __future__ import annotations

import contextlib
import functools
import ssl
import warnings

LEGACY_RENEGOTIATION = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT: Python names it from 3.12 on
RECORDS_LIMIT = 64 * 1024  # bytes of a handshake that are kept: a chain of certificates is some 5 KiB


@functools.cache
def context(*, modern: bool = True) -> ssl.SSLContext:
    """The one context for all devices; without `modern`, one that hides TLS 1.3 from servers that choke on it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.options |= LEGACY_RENEGOTIATION
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is the point here
        made.minimum_version = ssl.TLSVersion.TLSv1
    if not modern:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


class Tunnel:
    """One TLS connection over memory: bytes from the wire go in, bytes for the wire come out."""

    def __init__(self, *, modern: bool = True) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context(modern=modern).wrap_bio(self._incoming, self._outgoing)
        self.records = bytearray()  # of the handshake, as they came
        self.open = False
        self.closed = False  # the other side said so

    def shake(self, data: bytes = b"") -> None:
        """Take the handshake as far as `data` allows; `open` when it is done. Raises ssl.SSLError."""
        self.records += data[: RECORDS_LIMIT - len(self.records)]
        if data:
            self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.open = True

    def to_send(self) -> bytes:
        """What is to be put on the wire now."""
        return self._outgoing.read()

    def certificate(self) -> bytes:
        return self._tls.getpeercert(binary_form=True) or b""

    def encrypt(self, payload: bytes) -> bytes:
        self._tls.write(payload)
        return self._outgoing.read()

    def decrypt(self, data: bytes, limit: int = 256 * 1024) -> bytes:
        """What the wire's bytes say; empty while a record is incomplete. Raises ssl.SSLError."""
        self._incoming.write(data)
        said = bytearray()
        while len(said) < limit:
            try:
                part = self._tls.read(16 * 1024)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                part = b""
            if not part:
                self.closed = True
                break
            said += part
        return bytes(said)

    def farewell(self) -> bytes:
        """The closing record, for a full close."""
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        return self._outgoing.read()
