"""The protocols that camcensus speaks or reads: one line each, one file each.

`read_fields` is the one way from an observation to the fields that fingerprints match.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType

from scanner.model import Fields, Observation, Protocol, Reading
from scanner.probes.contract import Datagram, Question, Unreadable

__all__ = [
    "DISCOVERY",
    "TABLE",
    "Datagram",
    "Question",
    "Unreadable",
    "datagrams",
    "field_names",
    "probe",
    "read_fields",
]

TABLE: dict[Protocol, str] = {
    # protocol       module in this folder
    "mac":           "mac",
    "arp":           "mac",
    "dhcp":          "dhcp",
    "sadp":          "sadp",
    "dhdiscover":    "dhdiscover",
    "dvrip":         "dvrip",
    "ws-discovery":  "ws_discovery",
    "onvif":         "onvif",
    "ssdp":          "ssdp",
    "upnp-xml":      "upnp_xml",
    "mdns":          "mdns",
    "http":          "http",
    "html":          "html",
    "favicon":       "favicon",
    "isapi":         "isapi",
    "https-cert":    "certificate",
    "rtsp":          "rtsp",
    "snmp":          "snmp",
    "telnet":        "banner",
    "ftp":           "banner",
    "ssh":           "banner",
}  # fmt: skip

DISCOVERY = ("sadp", "dhdiscover", "dahua_search", "ws_discovery", "ssdp")
"""Modules in this folder that have a DATAGRAM; mDNS is asked through zeroconf instead."""


def probe(protocol: Protocol) -> ModuleType:
    """The module of a protocol, imported on first use so that `--help` stays instant."""
    return import_module(f"scanner.probes.{TABLE[protocol]}")


def datagrams() -> tuple[Datagram, ...]:
    """How to ask everybody at once, in every protocol that can."""
    return tuple(import_module(f"scanner.probes.{name}").DATAGRAM for name in DISCOVERY)


def read_fields(observation: Observation) -> Reading:
    """Read one observation with the probe of its protocol. Never raises for what a device sent."""
    read, names = _reader(observation.protocol)
    found = read(observation.payload)
    return Reading(observation, {names[name]: values for name, values in found.items() if values})


@cache
def _reader(protocol: Protocol) -> tuple[Callable[[bytes], Fields], dict[str, str]]:
    """How replies in a protocol are read, and what fingerprints call each field of them."""
    module = probe(protocol)
    names = {name: f"{protocol}.{name}" for name in module.FIELDS}
    borrowed: dict[str, str] = getattr(
        module, "BORROWED", {}
    )  # names of another protocol, for what is its too
    return module.fields, names | borrowed


def field_names() -> dict[str, str]:
    """Every field a fingerprint may name (`rtsp.realm`), with what it is."""
    return {
        f"{protocol}.{name}": meaning
        for protocol in TABLE
        for name, meaning in probe(protocol).FIELDS.items()
    }
