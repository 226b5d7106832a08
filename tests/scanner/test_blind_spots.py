"""What nobody has looked at, from inventories that runs have filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import blind_spots, spans
from scanner.blind_spots import BlindSpots, Channels, Known, Told, find, read_channels
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, Run, RunSettings, Seen, open_inventory
from scanner.model import Claim, Coverage, Exclusion, Identification, Observation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NETWORK = "10.20.0.0/24"


def run(number: int, targets: Sequence[str] = (NETWORK,), **known: Any) -> Run:
    """A run, so many days before now."""
    coverage = {"targets": tuple(targets), "interfaces": ("eth0",)} | known.pop("coverage", {})
    values = {"outcome": "complete", "operator": "jo"} | known
    started = NOW - timedelta(days=number)
    return Run(
        id=f"run-{number}", started=started, targets=tuple(targets), coverage=Coverage(**coverage), **values
    )


def of(*runs: Run, networks: Sequence[Known] = (), **told: Any) -> BlindSpots:
    [spots] = find(Told(runs=runs, devices=(), networks=networks, **told), NOW)
    return spots


def gaps(spots: BlindSpots) -> list[tuple[str, int, datetime | None]]:
    return [(gap.why, gap.addresses, gap.since) for gap in spots.gaps]


def days_ago(number: int) -> datetime:
    return NOW - timedelta(days=number)


def test_a_complete_run_over_all_that_is_known_leaves_no_gap() -> None:
    spots = of(run(1))
    assert (spots.known, spots.covered, spots.gaps) == (256, 256, ())


def test_a_network_that_was_only_ever_named_was_never_scanned() -> None:
    named = (Known("hq", NETWORK), Known("hq", "10.30.0.0/16", "annexe"))
    spots = of(run(1, site="hq"), networks=named, sites={"hq": "Head office"})
    assert [one.where for one in spots.never_scanned] == ["annexe"]
    assert gaps(spots) == [("never scanned", 65536, None)] and spots.name == "Head office"


def test_what_an_interrupted_run_lost_is_a_gap_since_the_run_before() -> None:
    cut = run(2, outcome="interrupted", coverage={"lost": 100})
    assert gaps(of(cut)) == [("lost", 100, None)]
    assert gaps(of(cut, run(9))) == [("lost", 100, days_ago(9))]
    assert of(cut).gaps[0].ranges == ("10.20.0.156-10.20.0.255",)


def test_a_later_complete_run_closes_the_gap_and_a_partial_one_only_its_part() -> None:
    cut = run(5, outcome="interrupted", coverage={"lost": 256})
    assert gaps(of(run(1, ["10.20.0.0/26"]), cut)) == [("lost", 192, None)]
    assert gaps(of(run(1), cut)) == []
    assert [one.run for one in of(run(1), cut).runs] == ["run-1"]


def test_a_run_that_was_killed_covers_nothing() -> None:
    assert gaps(of(run(1, outcome=None, coverage={"targets": ()}))) == [("unfinished", 256, None)]


def test_what_a_run_says_it_asked_counts_before_what_follows_from_its_losses() -> None:
    partly = run(
        1, outcome="incomplete", coverage={"asked": ("10.20.0.0/25",), "problems": ("frames were lost",)}
    )
    assert gaps(of(partly)) == [("lost", 128, None)]
    nothing = run(1, outcome="incomplete", coverage={"problems": ("frames were lost",)})
    assert gaps(of(nothing)) == [("lost", 256, None)]


def test_what_was_covered_long_ago_is_covered_no_more() -> None:
    assert gaps(of(run(89))) == [] and gaps(of(run(91))) == [("old", 256, days_ago(91))]


def test_an_exclusion_stands_with_its_reason_its_day_and_who_made_it() -> None:
    ward = Exclusion("10.20.0.0/28", "dialysis ward", "2027-01-31")
    spots = of(run(1, coverage={"excluded": (ward,)}), run(20))
    [one] = spots.exclusions
    assert (one.what, one.reason, one.until, one.operator) == (
        "10.20.0.0/28",
        "dialysis ward",
        "2027-01-31",
        "jo",
    )
    assert not one.expired and gaps(spots) == [("excluded", 16, days_ago(20))]


def test_an_exclusion_that_has_expired_stays_until_somebody_looks() -> None:
    old = run(3, coverage={"excluded": (Exclusion("10.20.0.7", "lift", "2026-11-18"),)})
    assert of(old).exclusions[0].expired
    assert of(run(1), old).exclusions == () and of(run(1), old).gaps == ()


def test_protocols_that_could_not_be_used_are_named_until_a_run_over_the_same_could() -> None:
    deaf = run(
        5, coverage={"unusable": {"sadp": "port 37020 is taken"}, "problems": ("nobody answered on eth0",)}
    )
    assert [(one.protocol, one.why) for one in of(deaf).unusable] == [
        ("sadp", "port 37020 is taken"),
        ("", "nobody answered on eth0"),
    ]
    assert of(run(1), deaf).unusable == ()


def test_a_network_behind_a_router_was_not_reached_by_multicast() -> None:
    [one] = of(run(1, coverage={"interfaces": ()})).unusable
    assert one.protocol == "multicast"


def test_the_same_private_range_at_two_sites_is_two_networks() -> None:
    both = (Known("a", NETWORK), Known("b", NETWORK))
    known = {
        spots.site: spots for spots in find(Told(runs=[run(1, site="a")], devices=(), networks=both), NOW)
    }
    assert known["a"].gaps == () and gaps(known["b"]) == [("never scanned", 256, None)]
    nowhere = find(Told(runs=[run(1)], devices=(), networks=both), NOW)
    assert [(spots.site, spots.covered) for spots in nowhere] == [("a", 0), ("b", 0), (None, 256)]


def test_a_run_that_names_no_site_counts_where_only_one_site_has_its_addresses() -> None:
    one = (Known("a", NETWORK), Known("b", "10.99.0.0/24"))
    known = {spots.site: spots for spots in find(Told(runs=[run(1)], devices=(), networks=one), NOW)}
    assert known["a"].covered == 256 and known["b"].covered == 0 and None not in known


def test_an_ipv6_network_too_large_to_sweep_is_named_and_not_counted() -> None:
    spots = of(networks=(Known("a", "fd00::/64"),))
    assert spots.known == 0 and len(spots.never_scanned) == 1


RANGES = st.builds(
    lambda first, length: f"10.0.{first // 256}.{first % 256}-10.0.{(first + length) // 256}.{(first + length) % 256}",
    st.integers(0, 600), st.integers(0, 200),
)  # fmt: skip
RUNS = st.lists(
    st.tuples(
        st.lists(RANGES, min_size=1, max_size=3), st.lists(RANGES, max_size=2), st.integers(0, 300),
        st.sampled_from(["complete", "incomplete", "interrupted", None]),
    ),
    max_size=6,
)  # fmt: skip


def members(texts: Sequence[str]) -> set[int]:
    return {number for text in texts for first, last in spans.read(text) for number in range(first, last + 1)}


@given(RUNS, st.lists(RANGES, max_size=4))
def test_every_known_address_is_covered_or_in_one_gap(made: list[Any], named: list[str]) -> None:
    """Against the plain reckoning with sets: the newest run that was to cover an address decides."""
    runs, state, known = [], dict[int, bool](), members(named)
    for age, (targets, left_out, lost, outcome) in enumerate(made, 1):
        lost = 0 if outcome == "complete" else lost
        coverage = {"lost": lost, "excluded": tuple(map(Exclusion, left_out))}
        runs.append(run(age, targets, outcome=outcome, coverage=coverage, site="a"))
        wanted = sorted(members(targets) - members(left_out))
        asked = set(wanted[: max(0, len(wanted) - lost)]) if outcome else set()
        known |= members(targets)
        for number in members(targets):
            state.setdefault(number, number in asked)
    networks = [Known("a", text) for text in named]
    spots = find(Told(runs=runs, devices=(), networks=networks, sites={"a": "A"}), NOW)[0]
    assert spots.known == len(known) and spots.covered == sum(state.values())
    assert spots.covered + sum(gap.addresses for gap in spots.gaps) == spots.known
    in_gaps = [number for gap in spots.gaps for number in members(gap.ranges)]
    assert set(in_gaps) == known - {number for number, seen in state.items() if seen}
    assert len(in_gaps) == len(set(in_gaps))


# From an inventory


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    with open_inventory(tmp_path / "inventory.db") as opened:
        yield opened


def claim(protocol: Any, strength: Any) -> Claim:
    return Claim("some-fingerprint", "maker", "hikvision", strength, protocol, "…")


def scanned(
    inventory: Inventory, *seen: Identification, replies: Sequence[Observation] = (), **coverage: Any
) -> str:
    made = inventory.begin_run(RunSettings(targets=(NETWORK,), operator="jo"))
    inventory.add(made, replies)
    rows = [number for number, _ in inventory.observations(made)]
    inventory.record(made, [Seen(one, rows) for one in seen])
    inventory.finish_run(made, "complete", Coverage(targets=(NETWORK,), addresses=256, **coverage))
    return made


def only(inventory: Inventory, **how: Any) -> BlindSpots:
    [spots] = blind_spots.of(inventory, **how)
    return spots


SURE = Identification(
    address="10.20.0.7", mac="02:00:5e:10:00:01", maker="hikvision", confidence="confirmed",
    evidence=(claim("sadp", "decisive"),),
)  # fmt: skip
HINT = Identification(
    address="10.20.0.7", mac="02:00:5e:10:00:01", maker="hikvision", confidence="possible",
    evidence=(claim("mac", "weak"),),
)  # fmt: skip


def test_the_last_conclusive_look_is_that_of_the_last_run_that_was_sure(inventory: Inventory) -> None:
    sure = scanned(inventory, SURE)
    scanned(inventory, HINT)
    [look] = only(inventory).looks
    assert look.run == sure and look.at and not look.old
    assert only(inventory, old_after=0).looks[0].old


def test_a_device_of_which_only_the_address_block_speaks_has_weak_evidence_and_no_look(
    inventory: Inventory,
) -> None:
    scanned(inventory, HINT)
    spots = only(inventory)
    assert [(one.address, one.confidence) for one in spots.weak] == [("10.20.0.7", "possible")]
    assert [(one.run, one.at) for one in spots.looks] == [(None, None)]


def test_a_camera_that_gave_nothing_of_its_own_is_known_by_its_address_alone(inventory: Inventory) -> None:
    mac = (Identifier("mac", "02:00:5e:10:00:01"),)
    for told, known in (
        (mac, ()),
        ((Identifier("wording", "http.realm common"),), ("10.20.0.7",)),
        (mac, ()),
    ):
        run = inventory.begin_run(RunSettings(targets=(NETWORK,), operator="jo"))
        inventory.record(run, [Seen(SURE, (), "routed", told)])
        inventory.finish_run(run, "complete", Coverage(targets=(NETWORK,), addresses=256))
        assert only(inventory).by_address == known


def test_a_doubt_stands_until_it_is_settled_or_old(inventory: Inventory) -> None:
    for whose in ("own", "common"):
        run = inventory.begin_run(RunSettings(targets=(NETWORK,), operator="jo"))
        inventory.record(run, [Seen(SURE, (), "routed", (Identifier("wording", f"http.realm {whose}"),))])
        inventory.finish_run(run, "complete", Coverage(targets=(NETWORK,), addresses=256))
    [doubt] = only(inventory).doubts
    assert doubt.address == "10.20.0.7" and "realm" in doubt.why and doubt.other != doubt.device
    assert only(inventory, old_after=0).doubts == ()
    inventory.merge(doubt.device, doubt.other, by="jo", why="its firmware was updated")
    assert only(inventory).doubts == ()


def test_an_address_stays_mute_until_a_later_run_asks_it_again(inventory: Inventory) -> None:
    scanned(inventory, mute=("10.20.0.9",))
    assert only(inventory).mute == ("10.20.0.9",)
    scanned(inventory)
    assert only(inventory).mute == ()


def recorder(model: str | None) -> Identification:
    return Identification(
        address="10.20.0.8", maker="hikvision", brand="Hikvision", category="nvr", model=model,
        confidence="confirmed", evidence=(claim("sadp", "decisive"),),
    )  # fmt: skip


SADP = (
    b"<?xml version='1.0'?><ProbeMatch><Types>inquiry</Types><MAC>02-00-5e-10-00-08</MAC>"
    b"<DigitalChannelNum>16</DigitalChannelNum></ProbeMatch>"
)
PROXY = (
    b"<InputProxyChannelList xmlns='http://www.hikvision.com/ver20/XMLSchema'>"
    + b"<InputProxyChannel><id>1</id></InputProxyChannel>" * 3
    + b"</InputProxyChannelList>"
)
DHDISCOVER = (
    b'{"method":"client.notifyDevInfo","params":{"deviceInfo":{"RemoteVideoInputChannels":9,"SerialNo":"X"}}}'
)


def test_a_recorder_with_poe_ports_may_hide_as_many_cameras(inventory: Inventory) -> None:
    scanned(inventory, recorder("DS-7616NI-K2/16P"))
    [one] = only(inventory).recorders
    assert (one.poe_ports, one.poe_ports_certainty, one.told) == (16, "known", None)


def test_a_recorder_of_unknown_model_may_hide_cameras_too(inventory: Inventory) -> None:
    scanned(inventory, recorder(None))
    [one] = only(inventory).recorders
    assert (one.poe_ports, one.poe_ports_certainty) == (None, "unknown")


def test_a_recorder_without_poe_ports_hides_none(inventory: Inventory) -> None:
    scanned(inventory, recorder("DS-7616NI-K2"))
    assert only(inventory).recorders == ()


def test_the_list_of_cameras_counts_before_the_number_of_channels(inventory: Inventory) -> None:
    stated = Observation(protocol="sadp", payload=SADP, address="10.20.0.8")
    scanned(inventory, recorder("DS-7616NI-K2/16P"), replies=[stated])
    assert only(inventory).recorders[0].told == Channels(16, "at most", "sadp")
    listed = Observation(protocol="isapi", payload=PROXY, address="10.20.0.8")
    scanned(inventory, recorder("DS-7616NI-K2/16P"), replies=[listed])
    assert only(inventory).recorders[0].told == Channels(3, "in use", "isapi")


def test_a_dahua_recorder_states_the_channels_that_are_set_up_for_ip() -> None:
    assert read_channels(Observation(protocol="dhdiscover", payload=DHDISCOVER)) == Channels(
        9, "at most", "dhdiscover"
    )


@given(st.sampled_from(["sadp", "dhdiscover", "isapi"]), st.binary(max_size=200))
def test_any_bytes_tell_a_number_of_channels_or_none(protocol: Any, noise: bytes) -> None:
    for payload in (noise, SADP.replace(b"16", noise), DHDISCOVER.replace(b"9", noise), PROXY + noise):
        told = read_channels(Observation(protocol=protocol, payload=payload))
        assert told is None or told.number >= 0
