"""The plan of an inventory: what replies say of recorders and their cameras reaches specification and priority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, places, plan_items
from scanner.inventory.plan_items import Edit
from scanner.model import Identification, Observation
from scanner.phase_out import plan
from scanner.phase_out.plan import Unit
from scanner.phase_out.priority import weights
from tests.scanner.phase_out.units import record

LIST = b"<InputProxyChannelList>%s</InputProxyChannelList>"
CHANNEL = b"<InputProxyChannel><id>1</id><ipAddress>%s</ipAddress></InputProxyChannel>"
SADP = b"<ProbeMatch><AnalogChannelNum>0</AnalogChannelNum><DigitalChannelNum>16</DigitalChannelNum></ProbeMatch>"
HIKVISION = {"maker": "hikvision", "confidence": "confirmed", "covered": ("us-ndaa-889",)}


@pytest.fixture
def units(inventory: Inventory) -> dict[str, Unit]:
    """At hq a recorder that lists two of three cameras: one speaks ONVIF, the other has an exploited flaw."""
    run = inventory.begin_run(RunSettings())
    listed = b"".join(CHANNEL % f"10.20.0.{n}".encode() for n in (11, 12))
    replies = [
        Observation(protocol="sadp", payload=SADP, address="10.20.0.10"),
        Observation(protocol="isapi", payload=LIST % listed, address="10.20.0.10"),
        Observation(protocol="ws-discovery", payload=b"<ProbeMatches/>", address="10.20.0.11"),
    ]
    inventory.add(run, replies)
    by_address: dict[str, list[int]] = {}
    for number, one in inventory.observations(run):
        by_address.setdefault(one.address or "", []).append(number)
    seen = []
    for n in (10, 11, 12, 13):
        what = {"category": "nvr", "model": "DS-7616NI-K2/16P"}
        address, mac = f"10.20.0.{n}", f"44:19:b6:00:00:{n}"
        firmware = "V5.5.0 build 180101" if n == 12 else "V5.8.0 build 240101"
        camera = {"category": "camera", "model": "DS-2CD2143G2-I", "firmware": firmware}
        it = Identification(address=address, mac=mac, **HIKVISION, **(what if n == 10 else camera))  # type: ignore[arg-type]
        seen.append(Seen(it, rows=by_address.get(address, ()), identifiers=(Identifier("mac", mac),)))
    ids = inventory.record(run, seen)
    inventory.change(places.add_site, "jo", "hq")
    inventory.change(places.assign, "jo", ids, {"site": "hq"})
    plan.build(inventory, "jo", weights())
    return {one.device.address or "": one for one in plan.of(inventory).units}


def test_a_recorder_says_what_hangs_on_it_and_what_it_has(units: dict[str, Unit]) -> None:
    recorder = units["10.20.0.10"]
    assert recorder.channels and (recorder.channels.number, recorder.channels.meaning) == (2, "in use")
    channels = recorder.specification.of("channels")
    assert channels and (channels.value, channels.certainty, channels.source) == (
        16,
        "known",
        "its reply in SADP",
    )
    hanging = {one.camera: (one.certainty, one.order) for one in recorder.hanging}
    assert hanging == {
        units["10.20.0.11"].device.id: ("known", "either"),
        units["10.20.0.12"].device.id: ("known", "with"),
        units["10.20.0.13"].device.id: ("expected", "with"),
    }


def test_only_what_is_known_to_change_with_its_recorder_is_as_urgent(units: dict[str, Unit]) -> None:
    number = {address: one.item.priority for address, one in units.items()}
    assert number == {"10.20.0.10": 55, "10.20.0.11": 10, "10.20.0.12": 55, "10.20.0.13": 10}
    raised = units["10.20.0.10"].item.reasons[-1].text
    assert raised == f"raised from 21: it changes together with {units['10.20.0.12'].device.id}"


def test_a_unit_that_answers_after_it_was_removed_is_named(
    inventory: Inventory, units: dict[str, Unit]
) -> None:
    id = units["10.20.0.13"].device.id
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    for said in ({"state": "planned"}, {"state": "removed", "removed_on": yesterday}):
        inventory.change(plan_items.edit, "jo", [Edit(id, said)])
    assert [one.device.id for one in plan.seen_again(plan.of(inventory).units)] == [id]


def test_a_unit_that_no_policy_names_any_more_waits_for_a_person(inventory: Inventory) -> None:
    run = inventory.begin_run(RunSettings())
    mac = Identifier("mac", "44:19:b6:00:00:13")

    def say(**said: object) -> None:
        it = Identification(address="10.20.0.13", mac=mac.value, category="camera", **said)  # type: ignore[arg-type]
        inventory.record(run, [Seen(it, identifiers=(mac,))])
        plan.build(inventory, "jo", weights())

    def waiting() -> list[str]:
        return [one.device.id for one in plan.no_longer_covered(plan.of(inventory).units)]

    say(**HIKVISION)
    assert waiting() == []
    say(maker="other", maker_name="Axis", confidence="confirmed")
    (id,) = waiting()
    inventory.change(plan_items.edit, "jo", [Edit(id, {"state": "kept"}, {}, "another make")])
    assert waiting() == []


def test_one_device_of_the_plan_is_told_as_in_the_whole_without_reading_the_whole(
    inventory: Inventory,
) -> None:
    recorder = {"category": "nvr", "model": "DS-7616NI-K2/16P"}
    ids = record(inventory, [recorder, {}, recorder, {}, {}, recorder, {}, {}])
    for site in ("hq", "annexe"):
        inventory.change(places.add_site, "jo", site)
    placed: list[dict[str, str]] = [
        {"site": "hq"}, {"site": "hq"},  # the only recorder of its site, and a camera
        {"site": "annexe", "switch": "s1", "switch_port": "7"}, {"switch": "s1", "switch_port": "7"},
        {"site": "annexe"}, {"site": "annexe"},  # one of two recorders
        {}, {"site": "annexe", "switch": "s1", "switch_port": "8"},
    ]  # fmt: skip
    for id, place in zip(ids, placed, strict=True):
        if place:
            inventory.change(places.assign, "jo", [id], place)
    plan.build(inventory, "jo", weights())
    whole = {one.device.id: one for one in plan.of(inventory).units}
    assert sum(bool(one.hangs_on) for one in whole.values()) == 2 and len(whole) == 8
    for id in ids:
        assert plan.of(inventory, f"id = {id}").units == (whole[id],)
    some = plan.of(inventory, "site = hq or switch = s1").units
    assert list(some) == [one for one in plan.of(inventory).units if one in some] and len(some) == 5
    near = set(inventory.each_device(plan.neighbourhood(inventory, f"id = {ids[1]}"), evidence=False))
    assert {one.id for one in near} == {ids[0], ids[1]}
    everybody = list(inventory.each_device(evidence=False))
    assert plan.of(inventory, known=everybody).units == plan.of(inventory).units
