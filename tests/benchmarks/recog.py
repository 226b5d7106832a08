"""Beside the peers: what recog and nmap's service probes say of the same replies, and what we say of recog's examples.

    python -m tests.benchmarks.recog RECOG [--corpus FOLDER] [--probes nmap-service-probes]

RECOG is a checkout of rapid7/recog: its patterns and examples are data here and are not part of this project. Printed:
whom we accuse falsely among recog's examples of other makers, how many of its own examples of Hikvision and Dahua we
name, and, with `--corpus` (see `tests.benchmarks.corpus`), what each of the three makes of the same rows and how fast.
"""

from __future__ import annotations

import argparse
import base64
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import msgspec

from fingerprints import Library
from fingerprints.match import Matcher
from scanner.identify import identify
from scanner.model import Observation, Protocol, Reading
from scanner.probes import read_fields
from tests.benchmarks.corpus import COVERED, SURE, Device, line, load, only_block
from tests.benchmarks.service_probes import Probes

# database: protocol of the contract, how its texts are written there, and the fields that hold them
DATABASES: dict[str, tuple[Protocol, str, tuple[str, ...]]] = {
    "http_servers":         ("http", "Server: {}", ("http.server", "isapi.server", "onvif.server")),
    "http_wwwauth":         ("http", "WWW-Authenticate: {}", ("http.authenticate", "isapi.authenticate")),
    "http_cookies":         ("http", "Set-Cookie: {}", ("http.cookie",)),
    "http_xpoweredby":      ("http", "X-Powered-By: {}", ()),
    "html_title":           ("html", "<title>{}</title>", ("http.title", "html.title")),
    "favicons":             ("favicon", "md5:{}", ("favicon.md5",)),
    "rtsp_servers":         ("rtsp", "Server: {}", ("rtsp.server",)),
    "snmp_sysdescr":        ("snmp", "sysDescr: {}", ("snmp.sysdescr",)),
    "snmp_sysobjid":        ("snmp", "sysObjectID: {}", ("snmp.sysobjectid",)),
    "ftp_banners":          ("ftp", "{}", ("ftp.banner",)),
    "telnet_banners":       ("telnet", "{}", ("telnet.banner",)),
    "ssh_banners":          ("ssh", "{}", ("ssh.banner",)),
    "x509_subjects":        ("https-cert", "subject: {}", ("https-cert.subject",)),
    "x509_issuers":         ("https-cert", "issuer: {}", ("https-cert.issuer",)),
    "dhcp_vendor_class":    ("dhcp", "option 60: {}", ("dhcp.vendor-class",)),
    "mdns_device-info_txt": ("mdns", "_device-info._tcp.local. TXT {}", ("mdns.txt",)),
    "mdns_workstation_txt": ("mdns", "_workstation._tcp.local. TXT {}", ("mdns.txt",)),
}  # fmt: skip
ANY_OTHER: tuple[Protocol, str, tuple[str, ...]] = ("telnet", "{}", ())  # sip, smtp and so on: some banner
FLAGS = {"REG_ICASE": re.IGNORECASE, "REG_MULTILINE": re.MULTILINE, "REG_DOT_NEWLINE": re.DOTALL}
Ask = Callable[[Reading], frozenset[str]]  # whom of the two makers one of the peers names
ROUNDS = 9  # of timing; the best counts


class Pattern(msgspec.Struct, frozen=True):
    """One fingerprint of recog."""

    regex: re.Pattern[str]
    description: str
    makers: frozenset[str]  # of the two, that it names
    said: str  # all values that it gives, in lower case
    examples: tuple[str, ...]


def patterns(file: Path) -> Iterator[Pattern]:
    """The fingerprints of one database; those that Python cannot compile are left out, with a word."""
    for element in ElementTree.parse(file).iter("fingerprint"):
        flags = sum(int(FLAGS[name]) for name in element.get("flags", "").split(",") if name in FLAGS)
        written = element.get("pattern", "").replace(r"\h", r"[ \t]").replace("(?>", "(?:")
        if "(?i)" in written:  # Ruby takes it anywhere
            written, flags = written.replace("(?i)", ""), flags | int(re.IGNORECASE)
        values = " ".join(param.get("value", "") for param in element.iter("param")).lower()
        try:
            regex = re.compile(written, flags)
        except re.error as error:
            print(f"left out of {file.name}: {error} in {written[:60]!r}")
            continue
        yield Pattern(
            regex,
            element.findtext("description", ""),
            frozenset(maker for maker in COVERED if maker in values),
            values,
            tuple(text for example in element.iter("example") if (text := example_text(example))),
        )


def example_text(example: ElementTree.Element) -> str:
    text = example.text or ""
    return base64.b64decode(text).decode("latin-1") if example.get("_encoding") == "base64" else text.strip()


class Recog:
    """The first pattern that matches a text decides, as recog itself does it."""

    def __init__(self, checkout: Path) -> None:
        self.databases = {
            file.stem: tuple(patterns(file)) for file in sorted((checkout / "xml").glob("*.xml"))
        }
        self._by_field = {
            field: self.databases[name]
            for name, (_, _, fields) in DATABASES.items() if name in self.databases for field in fields
        }  # fmt: skip

    def makers(self, reading: Reading) -> frozenset[str]:
        named: set[str] = set()
        for field, values in reading.fields.items():
            for value in values if field in self._by_field else ():
                found = next((one for one in self._by_field[field] if one.regex.search(value)), None)
                named |= found.makers if found else set()
        return frozenset(named)


def examples(recog: Recog) -> Iterator[tuple[Observation, Pattern]]:
    """Every example of recog as an observation, and the fingerprint that it stands for."""
    for name, found in recog.databases.items():
        protocol, written, _ = DATABASES.get(name, ANY_OTHER)
        for pattern in found:
            for text in pattern.examples:
                yield Observation(protocol=protocol, payload=written.format(text).encode()), pattern


def judge_examples(recog: Recog, library: Library) -> None:
    """Print whom we accuse among recog's examples, and whom of ours we name."""
    every = [(seen, pattern, identify([seen], library)) for seen, pattern in examples(recog)]
    relabels = [one for one in every if not one[1].makers and relabel(one[1], one[2].maker, library)]
    others = [one for one in every if not one[1].makers and one not in relabels]
    print(
        f"\n== recog's examples: {len(every)}, {len(relabels)} of them of relabels that it names by their brand"
    )
    line("accused, of other makers", (it.maker in COVERED for _, _, it in others))
    line("named as other", (it.maker == "other" for _, _, it in others))
    line("ours named, at any confidence", (it.maker in one.makers for _, one, it in every if one.makers))
    for seen, pattern, it in others:
        if it.maker in COVERED:
            print(f"    {it.maker}, {it.confidence}: {pattern.description!r} {seen.payload[:90]!r}")


def relabel(pattern: Pattern, maker: str | None, library: Library) -> bool:
    """Whether recog names a brand for which this maker is known to build: no false accusation."""
    return any(
        maker in brand.makers and re.search(rf"\b{re.escape(brand.name.lower())}\b", pattern.said)
        for brand in library.brands.values()
    )


def judge_corpus(devices: Sequence[Device], peers: Mapping[str, Ask]) -> None:
    """Print what everybody makes of the same rows; address blocks, which the peers do not read, are left out."""
    told = [(truth, list(map(read_fields, seen)), it) for truth, seen, it in devices if not only_block(truth)]
    for name, ask in peers.items():
        print(f"\n== {name}")
        answers = [(truth, frozenset[str]().union(*map(ask, readings))) for truth, readings, _ in told]
        for maker in COVERED:
            line(
                f"{maker} named", (maker in said for truth, said in answers if truth["manufacturer"] == maker)
            )
        line(
            "relabels of both named",
            (t["manufacturer"] in said for t, said in answers
             if t["manufacturer"] in COVERED and t["relabelled"]),
        )  # fmt: skip
        line(
            "others falsely accused", (bool(said) for t, said in answers if t["manufacturer"] not in COVERED)
        )
    print("\n== camcensus, at probable or better")
    for maker in COVERED:
        line(f"{maker} named", (it.maker == maker and it.confidence in SURE
                                for truth, _, it in told if truth["manufacturer"] == maker))  # fmt: skip
    line("relabels of both named", (it.maker == t["manufacturer"] and it.confidence in SURE for t, _, it in told
                                    if t["manufacturer"] in COVERED and t["relabelled"]))  # fmt: skip
    line(
        "others falsely accused",
        (it.maker in COVERED for t, _, it in told if t["manufacturer"] not in COVERED),
    )


def speed(name: str, count: int, work: Callable[[], object]) -> None:
    """Print how many observations a second some work did, the best of a few rounds after a warm-up."""
    work()
    clock, processor = [], []
    for _ in range(ROUNDS):
        started, worked = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
    by_clock, by_processor = count / min(clock), count / min(processor)
    print(f"  {name:<42} {by_clock:8,.0f} observations a second, {by_processor:8,.0f} a second of one core")


def compare_speed(devices: Iterable[Device], library: Library, peers: Mapping[str, Ask]) -> None:
    """Print the speed of matching of all, on the same readings, one after the other."""
    readings = [list(map(read_fields, seen)) for _, seen, _ in devices]
    count = sum(map(len, readings))
    print(f"\n== matching {count} observations that are already read")
    speed("camcensus, fused, values seen before", count, lambda: [library.identify(one) for one in readings])
    for matcher in vars(library).values():
        if isinstance(matcher, Matcher):
            matcher.matches = matcher.matches_of_long = matcher.matches.__wrapped__  # type: ignore[assignment]
    speed("camcensus, fused, nothing remembered", count, lambda: [library.identify(one) for one in readings])
    for name, ask in peers.items():
        speed(name, count, lambda ask=ask: [ask(reading) for one in readings for reading in one])  # type: ignore[misc]


def main() -> None:
    """Compare, and print the tables."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("recog", type=Path, help="a checkout of rapid7/recog")
    arguments.add_argument("--corpus", type=Path, help="a folder with observations.jsonl and truth.json")
    arguments.add_argument("--probes", type=Path, help="nmap's file nmap-service-probes")
    chosen = arguments.parse_args()
    library, recog = Library.load(), Recog(chosen.recog)
    judge_examples(recog, library)
    if chosen.corpus:
        peers: dict[str, Ask] = {"recog": recog.makers}
        if chosen.probes:
            peers["nmap's service probes"] = Probes.load(chosen.probes).makers
        devices = list(load(chosen.corpus, library).values())
        judge_corpus(devices, peers)
        compare_speed(devices, library, peers)


if __name__ == "__main__":
    main()
