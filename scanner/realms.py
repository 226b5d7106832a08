"""The realm of a challenge: often a unit's own, as in `Login to 5d41402abc4b2a76`, often that of a whole firmware."""

from __future__ import annotations

import re

REALMS = ("http.realm", "isapi.realm", "rtsp.realm", "onvif.realm", "dvrip.realm")
TOKEN = re.compile(
    r"(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{8,64}"
)  # of a realm: `Login to 3b1c…`, a MAC address, a hash
NUMBER = re.compile(r"\(([A-Z]?\d{4,6})\)")  # of a realm: `IP Camera(C1214)`, the end of a serial number


def own_realm(realm: str) -> bool:
    """Whether a realm names one unit: `Login to 5d41402abc4b2a76`, not `IP Camera`."""
    return own_part(realm) is not None


def own_part(realm: str) -> str | None:
    """What is the unit's own in a realm, which another protocol may give as its serial number; None when nothing is."""
    found = TOKEN.search(realm) or NUMBER.search(realm)
    return found[found.re.groups] if found else None


def only_digits(realm: str) -> bool:
    """Whether what is a unit's own in a realm is a few digits, which several units have: `IP Camera(C1214)`."""
    return not TOKEN.search(realm)


def shape(realm: str) -> str:
    """What realms of one firmware have in common: the realm without what is the unit's own in it."""
    return NUMBER.sub("(#)", TOKEN.sub(lambda token: f"#{len(token[0])}", realm))
