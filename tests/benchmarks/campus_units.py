"""The units of a simulated campus: what happens to them in a year, and what a scan hears of each in a week.

Replies are made in the words of the makers (SADP, DHDiscover, HTTP challenges, certificates, a printer's server name),
whole or in part.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scanner.model import Observation

START = datetime(2026, 1, 5, 3, tzinfo=UTC)
MODELS = {
    "hikvision": ("DS-2CD2143G2-I", "DS-2CD2385G1-I", "DS-2CD2T47G2-L", "DS-7616NI-K2", "DS-2DE4425IW-DE"),
    "dahua": ("IPC-HDW1431T1-S4", "IPC-HFW5442E-ZE", "NVR4216-16P-4KS2", "SD49425XB-HNR", "VTO2202F-P"),
}
RECORDER = {"hikvision": "DS-7616NI-K2", "dahua": "NVR4216-16P-4KS2"}
MOVES, RESETS, UPDATES, REPLACED, SWAPS = 0.02, 0.001, 0.02, 0.002, 0.002  # of all units, each week
FULL, WEB, LINK = (
    0.80,
    0.92,
    0.97,
)  # what is seen of a unit: all, only its web page, only its MAC address; or nothing
FACTORY = {"hikvision": "192.168.1.64", "dahua": "192.168.1.108"}


@dataclass
class Unit:
    """One unit of the campus. `kind` says how it is seen."""

    number: int
    maker: str
    model: str
    kind: str  # linked, routed, nameless, printer, clone, two ports, both ports, shared, factory, translated
    site: int
    serial: str
    macs: tuple[str, ...]
    token: str  # in its realm
    digits: str  # likewise, in `IP Camera(C1214)`: four are several units'
    key: bytes  # its certificate
    address: str = ""
    second: str = ""  # of its other network port, which is asked too
    states: str = ""  # the MAC address in its replies, where it is not the first
    firmware: int = 1
    here: bool = True
    linked: bool = False  # its MAC address is seen
    mobile: bool = (
        True  # nobody can follow a unit that says nothing of its own, so that it must stay where it is
    )
    story: list[str] = field(default_factory=list)  # what happened to it


class Campus:
    """All units, and what happens to them."""

    def __init__(self, devices: int, sites: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sites = sites
        self.free: dict[int, list[str]] = {}
        self.networks = list(range(sites))
        self.shared = [certificate(self.chance) for _ in range(3)]  # that came with the firmware
        for site in range(sites):
            self.free[site] = self.pool(set())
        self.units: list[Unit] = []
        for number in range(devices):
            self.units.append(self.make(number % sites))

    def make(self, site: int, like: Unit | None = None) -> Unit:
        number = len(self.units)
        maker = self.chance.choice(("hikvision", "dahua"))
        draw = self.chance.random()
        routed = site >= self.sites * 3 // 5
        kind = "routed" if routed else "linked"
        if draw < 0.03:
            kind = "nameless"
        elif draw < 0.10:
            kind = "printer"
        elif draw < 0.11 and not routed:
            kind = "clone"
        elif draw < 0.14 and not routed:
            kind = "two ports"
        elif draw < 0.15:
            kind = "translated"
        elif draw < 0.165 and not routed:
            kind = "both ports"
        elif draw < 0.18:
            kind = "shared"
        elif draw < 0.185:
            kind = "factory"
        tail = f"{number:08d}"
        macs = tuple(mac(maker, number * 2 + port) for port in range(2 if kind.endswith(" ports") else 1))
        if kind == "both ports" and number % 5 == 0:  # the second port is on a board of its own
            macs = macs[0], f"00:1b:21:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        if kind == "clone":
            macs = (mac(maker, 0xC0FFEE + site % 3),)
        serial = f"E{tail}" if maker == "hikvision" else f"6C{tail[:5]}PAG{tail[-5:]}"
        if kind == "shared":  # a batch of one image, at one site or at several
            batch = site % 4 if number % 2 else 10 + site
            serial = f"E7041{batch:04d}" if maker == "hikvision" else f"6C0{batch:04d}PAG41A70"
        elif kind == "factory":
            serial = "123456789" if number % 2 else "000000000"
        if kind == "printer":
            serial, macs = (
                "",
                (f"00:1b:a9:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",),
            )
        token = f"{self.chance.getrandbits(128):032x}"
        key = self.chance.choice(self.shared) if self.chance.random() < 0.3 else certificate(self.chance)
        digits = f"{self.chance.choice('CDEFG')}{self.chance.randrange(10_000):04d}"
        model = self.chance.choice(MODELS[maker])
        if kind == "both ports":
            model = RECORDER[maker]
        elif kind == "shared":
            model = MODELS[maker][0]
            if number % 3 == 0 and not routed:  # all that the image holds is that of the others, too
                token, key, digits = hashlib.md5(serial.encode()).hexdigest(), self.shared[0], "C0417"
        unit = Unit(number, maker, model, kind, site, serial, macs, token, digits, key)
        unit.linked = not routed and kind != "translated"
        unit.mobile = unit.linked or kind not in ("nameless", "printer")
        unit.address = like.address if like else self.lease(site)
        unit.second = self.lease(site) if kind == "both ports" else ""
        return unit

    def lease(self, site: int) -> str:
        return self.free[site].pop()

    def pool(self, taken: set[str]) -> list[str]:
        """The addresses of a private network, in any order. Sites may have the same one: they are apart."""
        network = self.chance.randrange(8)
        hosts = {f"10.{network}.{block}.{host}" for block in range(8) for host in range(2, 250)}
        return self.chance.sample(sorted(hosts - taken), len(hosts - taken))

    def renumber(self, site: int) -> None:
        """Give a site another network; what says nothing of its own stays where it is."""
        here = [unit for unit in self.units if unit.here and unit.site == site]
        self.free[site] = self.pool({unit.address for unit in here if not unit.mobile})
        for unit in here:
            if unit.mobile:
                unit.address = self.lease(site)
                unit.second = self.lease(site) if unit.second else ""
                unit.story.append(f"renumbered to {unit.address}")

    def week(self, number: int) -> None:
        """What happens in one week."""
        for unit in [one for one in self.units if one.here]:
            draw = self.chance.random()
            if draw < MOVES and unit.mobile:
                self.free[unit.site].insert(0, unit.address)
                unit.address = self.lease(unit.site)
                unit.story.append(f"week {number}: moved to {unit.address}")
            elif draw < MOVES + RESETS and unit.mobile:
                unit.key = certificate(self.chance)
                unit.address = FACTORY[unit.maker] if unit.kind == "linked" else self.lease(unit.site)
                unit.story.append(f"week {number}: reset to {unit.address}")
            elif draw < MOVES + RESETS + UPDATES:
                unit.firmware += 1
            elif draw < MOVES + RESETS + UPDATES + REPLACED:
                unit.here = False
                self.units.append(new := self.make(unit.site, like=unit))
                unit.story.append(f"week {number}: replaced by unit {new.number}, {new.kind}")
                new.story.append(f"week {number}: came in place of unit {unit.number}, {unit.kind}")
            elif draw < MOVES + RESETS + UPDATES + REPLACED + SWAPS and unit.mobile:
                other = self.chance.choice([one for one in self.units if one.here and one.site == unit.site])
                if other.mobile:
                    unit.address, other.address = other.address, unit.address
                    for one, two in ((unit, other), (other, unit)):
                        one.story.append(f"week {number}: swapped with unit {two.number} to {one.address}")
        if number and number % 2 == 0:
            self.renumber(self.chance.randrange(self.sites))

    def replies(self, site: int, at: datetime) -> Iterator[tuple[Unit, Observation]]:
        """What a scan of one site hears this week, with whose it is."""
        for unit in self.units:
            if unit.here and unit.site == site:
                for one in heard(unit, self.chance, f"198.51.{site}.7"):
                    yield unit, Observation(observed_at=at, **one)
                if unit.second:
                    for one in heard(other_port(unit), self.chance, ""):
                        yield unit, Observation(observed_at=at, **one)


def heard(unit: Unit, chance: random.Random, gateway: str) -> Iterator[dict]:  # type: ignore[type-arg]
    draw = chance.random()
    linked = unit.linked
    link = (unit.macs[0] if unit.second else chance.choice(unit.macs)) if linked else None
    place = {"address": unit.address, "mac": link}
    port = 80
    if unit.kind == "translated":
        place, port = {"address": gateway, "mac": None}, 8000 + unit.number
    if draw >= LINK:
        return
    if linked:
        yield place | {
            "protocol": "mac",
            "payload": (link or "").encode(),
            "request": "neighbour",
            "transport": "l2",
        }
    if draw >= WEB:
        return
    tcp = place | {"transport": "tcp", "port": port}
    if unit.kind == "printer":
        yield tcp | {"protocol": "http", "payload": printer(unit), "request": "GET /"}
        return
    yield tcp | {"protocol": "http", "payload": page(unit), "request": "GET /"}
    if unit.kind in ("nameless", "translated"):
        if unit.kind == "translated" and unit.maker == "hikvision":
            yield tcp | {
                "protocol": "isapi",
                "payload": info(unit),
                "request": "GET /ISAPI/System/deviceInfo",
            }
        return
    yield tcp | {"protocol": "https-cert", "payload": unit.key, "request": "handshake", "port": 443}
    if linked and draw < FULL:
        yield place | {"transport": "udp"} | discovery(unit)


def other_port(unit: Unit) -> Unit:
    """A unit as it answers at its second port: of two models one states the MAC address of the port that is asked."""
    return replace(
        unit, address=unit.second, second=unit.address, macs=unit.macs[1:], states=unit.macs[unit.number % 2]
    )


def page(unit: Unit) -> bytes:
    """The first page of a camera, or its challenge, in the words of its maker."""
    if unit.maker == "dahua" and unit.kind == "nameless":
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><head><title>WEB SERVICE</title></head></html>"
    if unit.maker == "dahua":
        own = (
            unit.serial if unit.kind == "translated" else unit.token
        )  # older firmware states the serial number
        return challenge(f'Digest realm="Login to {own}",qop="auth",nonce="{unit.number}",opaque=""')
    realm = unit.token[:24] if unit.number % 4 else f"IP Camera({unit.digits})"
    if unit.kind == "nameless":
        realm = "DVRNVRDVS"
    return challenge(
        f'Digest qop="auth", realm="{realm}", nonce="00", stale="FALSE"', "Server: App-webs/\r\n"
    )


def challenge(digest: str, server: str = "") -> bytes:
    return f"HTTP/1.1 401 Unauthorized\r\n{server}WWW-Authenticate: {digest}\r\n\r\n".encode()


def printer(unit: Unit) -> bytes:
    """Three of four printers state their serial number in every reply; the others state nothing of their own."""
    more = (
        f"; HP OfficeJet Pro 8710 - D9L18A; Serial Number: CN{unit.number:08d}; Built:Mon Apr 16, 2018 12:26:34PM "
        "{WBP2CN1816AR, ASIC id 0x00320104}"
        if unit.number % 4
        else ""
    )
    return f"HTTP/1.1 200 OK\r\nServer: HP HTTP Server{more}\r\n\r\n".encode()


def info(unit: Unit) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><DeviceInfo version="2.0" '
        f'xmlns="http://www.hikvision.com/ver20/XMLSchema"><model>{unit.model}</model>'
        f"<serialNumber>{unit.model}20200414AAWR{unit.serial}</serialNumber></DeviceInfo>"
    ).encode()


def discovery(unit: Unit) -> dict:  # type: ignore[type-arg]
    if unit.maker == "hikvision":
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ProbeMatch>\n<Types>inquiry</Types>\n'
            f"<DeviceDescription>{unit.model}</DeviceDescription>\n"
            f"<DeviceSN>{unit.model}20200414AAWR{unit.serial}</DeviceSN>\n"
            f"<MAC>{(unit.states or unit.macs[0]).replace(':', '-')}</MAC>\n<IPv4Address>{unit.address}</IPv4Address>\n"
            f"<SoftwareVersion>V5.6.{unit.firmware}build 2101{unit.firmware % 28 + 1:02d}</SoftwareVersion>\n"
            "</ProbeMatch>\n"
        )
        return {"protocol": "sadp", "payload": xml.encode(), "request": "inquiry", "port": 37020}
    info = {
        "mac": (unit.states or unit.macs[0]), "method": "client.notifyDevInfo",
        "params": {"deviceInfo": {
            "DeviceType": unit.model, "SerialNo": unit.serial, "Vendor": "Private", "Version": f"2.800.{unit.firmware}",
            "IPv4Address": {"IPAddress": unit.address},
        }},
    }  # fmt: skip
    return {
        "protocol": "dhdiscover",
        "payload": json.dumps(info).encode(),
        "request": "search",
        "port": 37810,
    }


def mac(maker: str, number: int) -> str:
    prefix = {"hikvision": "44:19:b6", "dahua": "3c:ef:8c"}[maker]
    return f"{prefix}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def certificate(chance: random.Random) -> bytes:
    """A certificate with a key of its own, as DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key = ec.derive_private_key(chance.getrandbits(120) + 1, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "192.0.0.64")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(chance.getrandbits(60) + 1).not_valid_before(START).not_valid_after(START + timedelta(days=9999))
    )  # fmt: skip
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def key(one: Observation) -> tuple[object, ...]:
    """What tells a reply from all others of its run."""
    return one.address, one.mac, one.port, one.protocol, one.payload
