"""Names of makers in the texts in which a device says who it is, and the model that stands behind such a name.

A title, a realm or a banner with the name of a maker in it says little, and often nothing else is there. The names are
those of the makers in the fingerprint files, and those of names.tsv: makers of whom only the name is known, other
spellings of known ones, and software that runs on anything. A name supports its maker where no file knows more of it,
and is a weak claim else. Words that mean other things too, and brands that have units built by Hikvision or Dahua, name
nobody: only the model behind them is read. What speaks for Hikvision and Dahua is left to fingerprints.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import ahocorasick

from fingerprints.match import EXCERPT
from fingerprints.rules import COVERED_MAKERS, Brand, Maker
from scanner.model import Claim, Fields, Protocol, Strength

FILE = Path(__file__).parent / "names.tsv"
SOFTWARE = "services"  # the kind of those names that stand for no device
LINE = "product"  # the kind of those that stand for a line of products: the model, where no number stands behind them
LONGEST = 512  # characters of a value: whoever says who he is says so at the beginning
SHORT = 4  # letters; a name as short is read only as it is spelt, or in capitals
REMEMBERED = 8_192  # values whose claims are remembered
IDENTIFICATION = re.compile(
    r"^SSH-\d\.\d{1,2}-"
)  # of a server, before the name of its software: RFC 4253, section 4.2
PAGES = frozenset(("http.server", "http.realm", "http.title", "html.title", "https-cert.o", "https-cert.ou"))
FIELDS = PAGES | {
    "snmp.sysdescr", "dhcp.vendor-class", "ftp.banner", "telnet.banner", "ssh.banner", "https-cert.issuer-o",
    "https-cert.cn", "ssdp.server", "onvif.Manufacturer", "upnp-xml.manufacturer", "upnp-xml.friendlyName",
    "ws-discovery.manufacturer", "rtsp.server", "mdns.instance", "mdns.label",
}  # fmt: skip
MODEL = re.compile(
    r"""
    (?: ,?[ ] (?: inc | corp | corporation | co | ltd | gmbh | ag | llc | communications? | networks? | systems?
                | technolog(?:y|ies) | electronics? | international ) \b [.,]{0,2} ){0,3}
    [ ,:_-]{1,2}
    (?: (?! (?: v | ver | version | rel | release | rev | revision | software | firmware | build | kernel | copyright
              | port | and | or | by | at | in | on | room | floor | level | building | office | site | line ) [ ,:] )
        [a-z][a-z&!-]{0,14} [ ,]{1,2} ){0,3}
    (?P<model> (?! (?:10|100|1000)base | 11[abgn] | 802 | [0-9]+mbps | [0-9]{1,2}\b )
               [a-z]{0,6}-?[0-9]{2,5}[a-z0-9+/_-]{0,20} )
    (?! [\w.(] )
    (?: [ ,;:/-]{1,3}
        (?: (?: firmware | software | version | ver | rev | fw | sw ) \b [ .:]{0,3}
            (?: version | ver | rev )? [ .:]{0,2} )?
        v? (?P<firmware> [0-9]{1,3}\.[0-9] [\w.-]{0,20} (?: \([0-9a-z]{1,6}\) [0-9a-z]{0,6} )? ) (?! [\w/] ) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)  # up to three words without figures, none of a place, then one with figures: no speed, standard or version


class Name(NamedTuple):
    """A name, whom it stands for, and how much that weighs."""

    text: str
    maker: str  # a slug, or the name itself where no file knows the maker; empty: only the model is read
    strength: Strength
    fields: frozenset[str] = FIELDS
    line: bool = False  # it names a line of products

    @property
    def id(self) -> str:
        """What it is called in the evidence of a verdict."""
        return "name-" + "-".join(re.findall(r"\w+", self.text.lower()))


class Names:
    """All names, found in one pass over a text."""

    def __init__(self, makers: Iterable[Maker], brands: Iterable[Brand], file: Path = FILE) -> None:
        self.file = file
        self._makers, self._brands = tuple(makers), tuple(brands)
        self.claims_of = lru_cache(REMEMBERED)(self._claims_of)

    @cached_property
    def all(self) -> tuple[Name, ...]:
        """Every name, those of the fingerprint files first."""
        ours = {one.name.lower() for one in self._brands if not set(one.makers).isdisjoint(COVERED_MAKERS)}
        names = [
            Name(one.name, "" if one.byword or one.name.lower() in ours else one.slug, "weak")
            for one in self._makers
            if one.slug not in COVERED_MAKERS
        ]
        with self.file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                text, slug, kind = row["name"], row["maker"], row["kind"]
                maker = "" if text.lower() in ours else slug or text
                weak = slug or kind == SOFTWARE
                names.append(
                    Name(
                        text,
                        maker,
                        strength="weak" if weak else "supporting",
                        fields=PAGES if kind == SOFTWARE else FIELDS,
                        line=kind == LINE,
                    )
                )
        return tuple(names)

    def find(self, id: str) -> Name | None:
        """The name that has this id in the evidence."""
        return next((name for name in self.all if name.id == id), None)

    def claims(self, fields: Fields, protocol: Protocol) -> list[Claim]:
        """What the names in one reply say of its maker, and what stands behind them of its model."""
        drawn: list[Claim] = []
        if FIELDS.isdisjoint(fields):
            return drawn
        for field, values in fields.items():
            if field in FIELDS:
                for value in values:
                    drawn += self.claims_of(field, value[:LONGEST], protocol)
        return drawn

    @cached_property
    def _automaton(self) -> ahocorasick.Automaton:
        automaton = ahocorasick.Automaton()
        for name in reversed(self.all):  # of two with one spelling, the first stays
            automaton.add_word(name.text.lower(), name)
        automaton.make_automaton()
        return automaton

    def _claims_of(self, field: str, value: str, protocol: Protocol) -> Sequence[Claim]:
        if field == "ssh.banner":  # a name stands behind a hyphen there, and before an underscore
            value = IDENTIFICATION.sub(lambda lead: " " * len(lead[0]), value).replace("_", " ")
        lowered = value.lower()
        if len(lowered) != len(value):  # some capital has two small letters: places would not agree
            lowered = value
        claims = []
        for last, name in self._automaton.iter_long(lowered):
            end = last + 1
            begin = end - len(name.text)
            if field in name.fields and (
                _stands_alone(name.text, value, begin, end)
                or (field == "dhcp.vendor-class" and begin == 0 and _leads(name.text, value[end : end + 1]))
            ):
                if name.maker:
                    excerpt = value[begin : end + EXCERPT][:EXCERPT]
                    claims.append(Claim(name.id, "maker", name.maker, name.strength, protocol, excerpt))
                behind = MODEL.match(value, end)
                stated = behind.groupdict() if behind else {"model": name.text if name.line else None}
                excerpt = value[begin : behind.end() if behind else end][:EXCERPT]
                claims += [
                    Claim(name.id, attribute, told, "weak", protocol, excerpt)
                    for attribute, told in stated.items()
                    if told
                ]
        return claims


def _leads(name: str, after: str) -> bool:
    """Whether a vendor class that begins with a name goes on with a product: `AastraIPPhone`, `snom320`."""
    return len(name) > SHORT and (after in ("_", "-") or after.isdigit() or after.isupper())


def _stands_alone(name: str, value: str, begin: int, end: int) -> bool:
    """Whether a name in a text is a word of its own, and written as a name is when it is a short one."""
    before, after = value[begin - 1 : begin] if begin else "", value[end : end + 1]
    if before.isalnum() or before in ("_", "-", "@") or after.isalnum() or after in ("_", "-"):
        return False
    return len(name) > SHORT or value[begin:end] in (name, name.upper())
