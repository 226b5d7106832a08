"""All fingerprints together: load the files, and name what a device is.

library = Library.load()
identification = library.identify(readings_of_one_device)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

from fingerprints.blocks import Blocks
from fingerprints.enterprises import Enterprises
from fingerprints.fuse import best_value, relabelled, settle_maker
from fingerprints.match import Matcher
from fingerprints.names import Names
from fingerprints.policies import Policy, policies
from fingerprints.rules import (
    COVERED_MAKERS,
    Brand,
    Defect,
    File,
    Fingerprint,
    Maker,
    lines_of,
    lines_with_slug,
    read,
)
from scanner.model import CATEGORIES, PROTOCOLS, Claim, Identification, Reading

HERE = Path(__file__).parent
FOLDERS = ("makers", "brands", "devices")
DATA = ("models/*.toml", "flaws/*.toml")  # what else camcensus knows, and shows beside a verdict
ROUNDS = 3  # of drawing claims from claims: serial to maker, maker to model, model to brand
STATED = ("model", "firmware", "serial")  # claims that fingerprints of `claim.model` and so on look at again
Refuse = Callable[[Defect], object]  # who is told what cannot be used
ENOUGH = frozenset(("maker", "model"))  # what a reply says beyond doubt; the names in it add nothing then
STATED_MACS = {  # the fields in which a reply of each protocol may state an address, the first one counts
    protocol: (f"{protocol}.mac", "mac.prefix", "ws-discovery.endpoint-node") for protocol in PROTOCOLS
}


def stop(defect: Defect) -> None:
    """Let nothing pass that cannot be used: what `load` and `files` do unless somebody else is told."""
    raise defect


class Library:
    """The fingerprints in use, ready to match. Loading takes a fraction of a second; share one."""

    def __init__(
        self,
        fingerprints: Sequence[Fingerprint],
        makers: Sequence[Maker],
        brands: Sequence[Brand],
        policies: Sequence[Policy] = (),
        blocks: Blocks | None = None,
        origins: Mapping[str, Sequence[Path]] = {},
    ) -> None:
        self.fingerprints = tuple(fingerprints)
        self.makers = {maker.slug: maker for maker in makers}
        self.brands = {brand.slug: brand for brand in brands}
        self.policies = tuple(policies)
        self.blocks = blocks or Blocks()
        self.enterprises = Enterprises()
        self.names = Names(makers, brands)
        self.origins = origins  # of each fingerprint: the files that state it, of which the last one counts
        self._first = Matcher(one for one in fingerprints if not one.after)
        self._later = Matcher(one for one in fingerprints if one.after)
        on_claims = [one for one in fingerprints if any(name.startswith("claim.") for name in one.fields)]
        self._on_claims = Matcher(one for one in on_claims if not one.after)
        self._later_on_claims = Matcher(one for one in on_claims if one.after)
        self._waited_for = {maker for one in fingerprints for maker in one.after}
        self._covered = {
            maker: tuple(policy.id for policy in policies if maker in policy.makers)
            for maker in {maker for policy in policies for maker in policy.makers}
        }
        self._maker_names = {maker.slug: maker.name for maker in makers}
        self._brand_slugs = {plain(word): brand.slug for brand in brands for word in (brand.slug, brand.name)}

    @cached_property
    def version(self) -> str:
        """A short name for exactly this knowledge, to be kept with what it decided."""
        # What a removal has to show decides nothing about a device.
        covering = (msgspec.structs.replace(policy, removal=None) for policy in self.policies)
        stated = (self.fingerprints, *self.makers.values(), *self.brands.values(), *covering)
        known = hashlib.sha256(msgspec.json.encode(stated))
        for file in (self.blocks.file, self.blocks.others, self.enterprises.file, self.names.file, *data()):
            known.update(hashlib.sha256(file.read_bytes()).digest())
        return known.hexdigest()[:12]

    @classmethod
    def load(cls, folders: Iterable[Path] = (), *, refuse: Refuse = stop) -> Library:
        """Load the fingerprints that come with camcensus, then those of `folders`.

        A fingerprint, maker or brand of a later folder replaces the earlier one with the same id. Raises `Defect`,
        unless somebody else is told with `refuse`: then what it is about is left out.
        """
        fingerprints: dict[str, Fingerprint] = {}
        makers: dict[str, Maker] = {}
        brands: dict[str, Brand] = {}
        origins: dict[str, list[Path]] = {}
        for folder in (HERE, *folders):
            seen: dict[str, tuple[Path, int]] = {}
            stated: dict[tuple[str, str], Path] = {}
            for path, text, file in _readable(folder, folder is HERE and refuse is stop, refuse):
                for named in _named(file):
                    if named in stated:
                        kind, slug = named
                        *_, line = lines_with_slug(text, slug)
                        first, *_ = lines_with_slug(read(stated[named], tried=True)[0], slug)
                        why = f'the {kind} "{slug}" stands in {stated[named]}:{first} too'
                        refuse(Defect(str(path), line, why))
                    stated.setdefault(named, path)
                for maker in file.all_makers:
                    makers[maker.slug] = maker
                if file.brand:
                    brands[file.brand.slug] = file.brand
                for number, fingerprint in enumerate(file.fingerprint):
                    if fingerprint.id in seen:
                        line = lines_of(text, file.fingerprint)[number]
                        refuse(Defect(str(path), line, twice(fingerprint.id, *seen[fingerprint.id])))
                        continue
                    seen[fingerprint.id] = path, number
                    fingerprints[fingerprint.id] = fingerprint
                    origins.setdefault(fingerprint.id, []).append(path)
        covering: tuple[Policy, ...] = ()
        try:
            covering = policies()
        except Defect as defect:
            refuse(defect)
        loaded = tuple(fingerprints.values()), tuple(makers.values()), tuple(brands.values())
        return cls(*loaded, covering, origins=origins)

    def claims(self, readings: Sequence[Reading]) -> tuple[Claim, ...]:
        """Every claim that the readings of one device support, each once."""
        kept: dict[tuple[str, ...], Claim] = {}
        looked_up: set[str] = set()
        for reading in readings:
            seen = reading.observation
            drawn = self._first.claims(reading.fields, seen.protocol)
            keep(drawn, kept)
            if not (drawn and ENOUGH.issubset([one.attribute for one in drawn if one.strength != "weak"])):
                keep(self.names.claims(reading.fields, seen.protocol), kept)
            for mac in macs(reading):
                if mac not in looked_up:  # every reply of a device comes from the same one
                    looked_up.add(mac)
                    keep(self.blocks.claims(mac, "mac"), kept)
            if seen.protocol == "snmp":
                keep(self.enterprises.claims(reading.fields.get("snmp.enterprise", ())), kept)
        looked_at = 0
        makers: set[str] = set()
        for _ in range(ROUNDS):
            if looked_at == len(kept):
                break
            known = tuple(kept.values())
            named = named_makers(known)
            if named != makers and named & self._waited_for:
                for reading in readings:  # texts that mean something once one of these makers is named
                    keep(self._later.claims(reading.fields, reading.observation.protocol, named), kept)
                looked_at = 0  # what was stated may mean something now
            makers = named
            self._follow(known[looked_at:], makers, kept)
            looked_at = len(known)
        return tuple(kept.values())

    def identify(self, readings: Sequence[Reading]) -> Identification:
        """Fuse what the readings of one device say into one identification."""
        claims = self.claims(readings)
        about: dict[str, list[Claim]] = {}
        for claim in claims:
            about.setdefault(claim.attribute, []).append(claim)
        verdict = settle_maker(about.get("maker", ()), self._maker_names)
        maker = self.makers.get(verdict.maker) if verdict.maker else None
        maker_name = maker.name if maker else verdict.maker
        brand = self._brand(about.get("brand", ()), maker)
        if brand is None and maker is None and verdict.maker in named_makers(claims):
            brand = verdict.maker  # a name that nothing more is known of, as the device shows it
        best = {
            attribute: best_value(some)
            for attribute, some in about.items()
            if attribute not in ("maker", "brand")
        }
        category = best.get("category")
        if category is None and verdict.maker is not None:
            category = (
                maker.category if maker else "other"
            )  # a registered name is no maker of cameras we know
        subject = address = mac = None
        for reading in readings:
            seen = reading.observation
            subject, address, mac = subject or seen.subject, address or seen.address, mac or seen.mac
        return Identification(
            subject=subject or None,
            address=address or None,
            mac=mac or best.get("mac"),
            maker=_contract_maker(verdict.maker),
            maker_name=maker_name,
            brand=brand,
            relabelled=relabelled(maker_name, brand),
            category=category if category in CATEGORIES else None,
            model=best.get("model"),
            firmware=best.get("firmware"),
            serial=best.get("serial"),
            confidence=verdict.confidence,
            covered=self._covered.get(verdict.maker or "", ()),
            conflicts=verdict.conflicts,
            evidence=claims,
        )

    def _follow(self, stated: Iterable[Claim], makers: Set[str], kept: dict[tuple[str, ...], Claim]) -> None:
        """Keep what follows from the models, versions and serial numbers that were claimed."""
        matchers = [self._on_claims]
        if not self._waited_for.isdisjoint(makers):
            matchers.append(self._later_on_claims)
        followed = set()
        for claim in stated:
            if claim.attribute in STATED:
                one = (claim.attribute, claim.value, claim.protocol)
                if one not in followed:  # what several fingerprints state means the same
                    followed.add(one)
                    fields = {f"claim.{claim.attribute}": (claim.value,)}
                    for matcher in matchers:
                        if drawn := matcher.claims(fields, claim.protocol, makers):
                            keep(drawn, kept)

    def _brand(self, claims: Sequence[Claim], maker: Maker | None) -> str | None:
        slug = best_value(tuple(self._known_brands(claims))) if claims else None
        if slug in self.brands:
            return self.brands[slug].name
        if slug is not None:  # as the device spells it: `VIVOTEK INC.` is Vivotek
            own = maker is not None and not maker.brandless and plain(slug).startswith(plain(maker.name))
            return maker.name if maker and own else slug
        if maker is None or maker.brandless or maker.slug in COVERED_MAKERS:
            return None  # a neutral build shows no name
        return maker.name

    def _known_brands(self, claims: Sequence[Claim]) -> Iterator[Claim]:
        """Claims for brands, spelt as their files spell them. A weak one, such as a name that users may edit,
        counts only for a brand that is known."""
        for claim in claims:
            slug = self._brand_slugs.get(plain(claim.value))
            if slug or claim.strength != "weak":
                yield msgspec.structs.replace(claim, value=slug or claim.value)


def keep(claims: Iterable[Claim], kept: dict[tuple[str, ...], Claim]) -> None:
    """Add claims to those that are kept. The same claim on another value of the same protocol says nothing new."""
    for one in claims:
        kept.setdefault((one.fingerprint, one.attribute, one.value, one.protocol), one)


def macs(reading: Reading) -> Iterable[str]:
    """The addresses that one reply states and that it came from, each once."""
    stated: tuple[str, ...] = ()
    for name in STATED_MACS[reading.observation.protocol]:
        if name in reading.fields:
            stated = reading.fields[name]
            break
    mac = reading.observation.mac
    return dict.fromkeys((*stated, mac)) if mac else stated


def files(folder: Path, refuse: Refuse = stop) -> list[Path]:
    """The fingerprint files of a folder: in its makers, brands and devices, and in the folder itself. One of these that
    cannot be looked into is refused: what lies in there would be missing, and nobody told."""
    found: list[Path] = []
    for place in (folder, *(folder / name for name in FOLDERS)):
        try:
            found += (path for path in place.iterdir() if path.name.endswith(".toml"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            refuse(Defect(str(place), 1, f"it cannot be read: {error.strerror}"))
    return sorted(path for path in found if path.name != "policies.toml")


def data() -> list[Path]:
    """The files that come with camcensus and hold no fingerprints: what models and versions mean."""
    return sorted(path for names in DATA for path in HERE.glob(names))


def named_makers(claims: Iterable[Claim]) -> set[str]:
    """The makers for whom more speaks than a weak claim: what a fingerprint with `after` waits for."""
    return {claim.value for claim in claims if claim.attribute == "maker" and claim.strength != "weak"}


def _named(file: File) -> Iterator[tuple[str, str]]:
    """The makers and the brand that a file is about: what each is, and its slug."""
    for maker in file.all_makers:
        yield "maker", maker.slug
    if file.brand:
        yield "brand", file.brand.slug


def twice(identifier: str, path: Path, number: int) -> str:
    """That an id stands elsewhere too: as the fingerprint of this number of another file, or of the same."""
    text, file = read(path, tried=True)
    return f'"{identifier}" stands in {path}:{lines_of(text, file.fingerprint)[number]} too'


@lru_cache(maxsize=4096)  # the names on the devices of a building are few
def plain(name: str) -> str:
    """A brand's name as it is compared: `CP_PLUS` is `CP Plus`."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _readable(folder: Path, tried: bool, refuse: Refuse) -> Iterator[tuple[Path, str, File]]:
    """The files of a folder that can be read, with what they say; the others are refused."""
    for path in files(folder, refuse):
        try:
            text, file = read(path, tried=tried)
        except Defect as defect:
            refuse(defect)
        else:
            yield path, text, file


def _contract_maker(slug: str | None) -> str | None:
    return slug if slug is None or slug in COVERED_MAKERS else "other"
