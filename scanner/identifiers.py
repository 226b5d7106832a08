"""What tells one unit from all others: serial number, MAC addresses, certificate key, ONVIF endpoint, realm.

Units of one model often share what ought to be theirs alone: a factory serial number, a certificate that came with the
firmware, a cloned MAC address. So an identifier only ever suggests a device; the inventory decides, see
docs/explanation/identity.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from scanner.devices import NOBODY, stated_mac
from scanner.model import Identification, Reading
from scanner.realms import REALMS, only_digits, own_realm, shape

Kind = Literal["serial", "mac", "certificate", "endpoint", "realm", "wording"]
KINDS: tuple[Kind, ...] = get_args(Kind)[
    :-1
]  # that may find a device, the surest first; a wording finds none
ORDER: tuple[Kind, ...] = get_args(Kind)
REMADE: tuple[Kind, ...] = ("certificate", "endpoint")  # a unit may get a new one any time

SHORTEST_SERIAL = 6  # characters: shorter ones tell no unit from others
COUNTED = 6  # digits: so many in the order of counting are nobody's number
IN_ORDER = ("01234567890123456789", "98765432109876543210", "0123456789abcdefghijklmnopqrstuvwxyz")
PLACEHOLDERS = re.compile(  # instead of a number, with or without digits
    r"(?:the)?(?:system|chassis|board|device)?(?:serial(?:number|no)?|default(?:string)?|unknown|undefined|"
    r"notset|none|null|nil|test|sample|example|empty|invalid|tobefilledbyoem|x+)(?:notset|unknown)?"
)
UUID = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Identifier(NamedTuple):
    """One text that a unit has and another has not, as far as anybody knows.

    A `wording` is none of one unit: it says of which reply the realm is the unit's `own`, and of which `common`.
    """

    kind: Kind
    value: str


def identifiers(
    it: Identification, readings: Iterable[Reading] = (), macs: Iterable[str] = ()
) -> tuple[Identifier, ...]:
    """All identifiers of a unit in what it replied, the surest kind first, each once; with `macs` that are known to be
    of its other ports."""
    found: list[Identifier] = []
    if it.serial and it.maker and distinctive(it.serial):
        found.append(Identifier("serial", f"{it.maker_name or it.maker} {short(it)}".lower()))
    if it.mac and it.mac not in NOBODY:
        found.append(Identifier("mac", it.mac))
    found += (Identifier("mac", mac) for mac in macs)
    for reading in readings:
        if mac := stated_mac(reading):
            found.append(Identifier("mac", mac))
        found += (Identifier("certificate", key) for key in reading.fields.get("https-cert.key-hash", ()))
        for endpoint in reading.fields.get("ws-discovery.endpoint", ()):
            found += (Identifier("endpoint", uuid.lower()) for uuid in UUID.findall(endpoint))
        for name in REALMS:
            for realm in reading.fields.get(name, ()):
                own = own_realm(realm)
                found += [Identifier("realm", realm)] if own else []
                found.append(Identifier("wording", f"{name} {'own' if own else 'common'}"))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (ORDER.index(one.kind), one.value)))


def distinctive(serial: str | None) -> bool:
    """Whether a serial number may be one unit's: what stands in every unit of a factory looks otherwise."""
    plain = "".join(letter for letter in (serial or "").casefold() if letter.isalnum())
    digits, letters = re.sub(r"\D", "", plain), re.sub(r"\d", "", plain)
    return not (
        len(plain) < SHORTEST_SERIAL
        or len(set(plain)) < 3  # 000000, ffffff, e00000000
        or (len(digits) >= COUNTED and len(set(digits)) == 1)
        or any(len(run) >= COUNTED and run in order for run in (plain, digits) for order in IN_ORDER)
        or re.fullmatch(r"(.+)\1{2,}", plain)  # 123123123
        or (PLACEHOLDERS.fullmatch(letters) and len(set(digits)) < 3)
    )


def short(it: Identification) -> str:
    """The part of a serial number that every protocol gives: some give the model and the day in front of it too."""
    from fingerprints import serials

    read = serials.read(it.serial, it.maker, it.model)
    return read.short if read and read.short else it.serial or ""


def telling(one: Identifier) -> bool:
    """Whether it may find a unit at another address. The few digits of `IP Camera(C1214)` are several units'."""
    return one.kind != "realm" or not only_digits(one.value)


def contradict(
    known: Sequence[Identifier], seen: Sequence[Identifier], kinds: Iterable[Kind] = KINDS
) -> bool:
    """Whether these cannot be one unit: of one of the kinds both have some, and none in common.

    A certificate is made anew by a reset, an endpoint by some firmware at every start, a realm by an update: the first
    two contradict nothing, and a realm only one of the same shape.
    """
    return any(_differ(kind, known, seen) for kind in kinds if kind not in REMADE)


def strangers(known: Sequence[Identifier], seen: Sequence[Identifier]) -> bool:
    """Whether two kinds of identifiers, and no kind speaks for it, say that these are not one unit: what a reset or an
    update makes anew is one at a time."""
    kinds = [
        (
            {each.value for each in known if each.kind == kind},
            {each.value for each in seen if each.kind == kind},
        )
        for kind in KINDS
    ]
    both = [(one, other) for one, other in kinds if one and other]
    return len(both) >= 2 and not any(one & other for one, other in both)


def reworded(known: Iterable[Identifier], seen: Iterable[Identifier]) -> bool:
    """Whether a reply whose realm was the unit's own now has one that is nobody's, or the other way about."""
    before, now = _wordings(known), _wordings(seen)
    return any(not before[name] & now[name] for name in before.keys() & now.keys())


def _wordings(some: Iterable[Identifier]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in some:
        if one.kind == "wording":
            name, _, whose = one.value.partition(" ")
            found.setdefault(name, set()).add(whose)
    return found


def _differ(kind: Kind, known: Sequence[Identifier], seen: Sequence[Identifier]) -> bool:
    one, other = ({each.value for each in some if each.kind == kind} for some in (known, seen))
    if kind == "realm":
        shapes = {shape(value) for value in one} & {shape(value) for value in other}
        one, other = ({value for value in some if shape(value) in shapes} for some in (one, other))
    if kind == "serial" and any(alike(first, second) for first in one for second in other):
        return False
    return bool(one and other and not one & other)


def alike(one: str, other: str) -> bool:
    """One protocol gives a serial number in full, another its tail only; and the maker may not be known yet."""
    tails = [text.rpartition(" ")[2] for text in (one, other)]
    return tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
