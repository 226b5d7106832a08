"""What is kept back stands nowhere in a bundle, and the proofs of the rest hold."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.bundle.redaction import KEPT_BACK, Redaction
from scanner.evidence.log import SECRETS, Secret
from scanner.evidence.removals import Taken
from scanner.inventory import open_inventory, places, removals
from scanner.inventory.removals import File
from tests.scanner.bundle.stage import Stage, contents, stage
from tests.scanner.weeks import Weeks, camera

BY_SECRET: dict[Secret, tuple[str, ...]] = {
    "addresses": ("10.1.0.1", "10.1.0.2", "10.1.0.0/24"),
    "names": ("Kim Longname", "Lou Otherman", "Leeds depot", "leeds"),
    "serials": ("DS-2CD20200311AAWRE00000001", "CERT-4711-A"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage(tmp_path_factory.mktemp("bundle"))


def occurrences(bundle: bytes, values: Iterable[str]) -> list[tuple[str, str]]:
    """Where any of some values occurs: in names, in contents, in the text of the PDF; in capitals or not."""
    files = {name: content.decode("utf-8", "replace") for name, content in contents(bundle).items()}
    pages = pypdf.PdfReader(io.BytesIO(contents(bundle)["report.pdf"])).pages
    files["report.pdf"] = (
        "\n".join(page.extract_text() for page in pages).replace("\u200b", "").replace("\n", " ")
    )
    files["the whole archive"] = bundle.decode("latin-1")
    return [
        (name, value)
        for name, content in files.items()
        for value in values
        if value.casefold() in content.casefold() or value.casefold() in name.casefold()
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_each_kind_can_be_kept_back_by_itself(made: Stage, secret: Secret) -> None:
    bundle = made.redacted(secret)
    assert occurrences(bundle, BY_SECRET[secret]) == []
    for other in SECRETS:
        if other != secret:
            assert occurrences(bundle, BY_SECRET[other]), f"{other} are kept back too"
    assert made.check(bundle).good


def test_nothing_is_kept_back_unless_it_is_said(made: Stage) -> None:
    bundle = made.redacted()
    for values in BY_SECRET.values():
        assert {value for _, value in occurrences(bundle, values)} == set(values)


def test_replies_and_attachments_are_there_by_their_digests_alone(made: Stage) -> None:
    files = contents(made.redacted("serials"))
    assert not [name for name in files if name.startswith("attachments/")]
    assert b"before lobby" not in b"".join(files.values()) and b"a camera" not in b"".join(files.values())
    assert b'"payload"' in files[next(name for name in files if name.endswith("observations.jsonl"))]
    assert b"200 OK" not in b"".join(files.values())


def test_all_of_it_can_be_kept_back_and_the_chain_still_holds(made: Stage) -> None:
    checked = made.check(made.redacted(*SECRETS))
    assert checked.good and checked.replies == 49


WORD = st.text("abcdefgxyzABCXYZ0123456789-äß", min_size=6, max_size=20).map(
    lambda text: f"Q{text.strip('-')}q"
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORD, min_size=8, max_size=8, unique=True))
def test_no_value_that_is_kept_back_occurs_anywhere(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    """Also where a device repeats its serial number in its model, or a person writes a name into a free field."""
    serial, witness, room, owner, certificate, operator, site, method = words
    folder = tmp_path_factory.mktemp("words")
    unit = camera(1, serial=serial, model=f"IPC {serial}", firmware=f"V1 ({site})")
    others = [camera(number) for number in range(2, 6)]
    with Weeks(folder / "inventory.db") as weeks:
        weeks.inventory.change(places.add_site, operator, site)
        for _ in range(4):
            weeks.run(unit, *others, site=site)
        device = weeks.device(unit)
        weeks.inventory.change(places.assign, operator, [device], {"room": room, "owner": owner})
        taken = Taken(at=weeks.now.isoformat(), removed_by=witness, witness=witness, certificate=certificate,
                      media_method=f"{method} by {witness}", note=f"{serial} of {owner}",
                      why=f"{operator} said so")  # fmt: skip
        files = (File(f"{serial}.jpg", "label", serial.encode()),)
        weeks.inventory.change(removals.record, operator, device, taken, files)
        weeks.run(*others, site=site, unusable={"sadp": f"held by {operator}"})
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    ready = Stage(folder / "inventory.db", Ed25519PrivateKey.generate())
    bundle = ready.redacted(*SECRETS)
    assert occurrences(bundle, [serial, witness, room, owner, certificate, operator, site]) == []
    assert occurrences(bundle, ["10.1.0.1", "10.1.0.3"]) == []
    assert ready.check(bundle).good


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("seen at 10.20.0.9, eth0", f"seen at {KEPT_BACK}, eth0"),
        ("10.20.0.0/24 and fe80::1:2", f"{KEPT_BACK} and {KEPT_BACK}"),
        ("it has 44:19:b6:0d:72:e8", f"it has {KEPT_BACK}"),
        ("firmware V5.6.2 build 190701", "firmware V5.6.2 build 190701"),
        ("2.800.0000016.0", "2.800.0000016.0"),
        ("12:30 to 13:45", "12:30 to 13:45"),
        ("2026-03-02T14:30:00Z", "2026-03-02T14:30:00Z"),
    ],
)
def test_addresses_are_found_by_their_shape_and_nothing_else_is(text: str, shown: str) -> None:
    assert Redaction(["addresses"]).text(text) == shown


def test_a_serial_number_made_of_the_mac_address_is_kept_back_with_it(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    unit = msgspec.structs.replace(
        camera(1, serial="4419B6000001A1", model="IPC 44-19-b6-00-00-01"), mac="44:19:b6:00:00:01"
    )
    with Weeks(tmp_path / "inventory.db") as weeks:
        weeks.run(unit, camera(2))
    ready = Stage(tmp_path / "inventory.db", Ed25519PrivateKey.generate())
    bundle = ready.redacted("addresses")
    assert occurrences(bundle, ["4419b6000001", "44-19-b6-00-00-01", "44:19:b6:00:00:01"]) == []
    assert ready.check(bundle).good


def test_short_names_are_words_and_no_parts_of_words() -> None:
    kept = Redaction(["names"], ["Jo", "12"])
    assert kept.text("Jo and John on day 12, jo") == f"{KEPT_BACK} and John on day 12, {KEPT_BACK}"


def test_nothing_is_changed_where_nothing_is_kept_back() -> None:
    row = {"site": "leeds", "evidence": [], "address": "10.0.0.1"}
    assert Redaction(()).device(row) is row


def test_the_path_of_the_inventory_is_nowhere(made: Stage) -> None:
    with open_inventory(made.path) as inventory:
        assert inventory.count() == 6
    assert occurrences(made.redacted(), [str(Path(made.path).parent)]) == []
