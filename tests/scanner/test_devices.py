"""Which observations belong to one device."""

from __future__ import annotations

import itertools

from scanner.devices import Trace, ports, sort_out, stated_mac, trace
from scanner.model import Observation, Reading

ONE, TWO, THREE = "44:19:b6:00:00:01", "44:19:b6:00:00:02", "44:19:b6:00:00:03"
rows = itertools.count()


def seen(address: str | None, mac: str | None = None, stated: str | None = None) -> Trace:
    return Trace(next(rows), address, mac, stated)


def test_replies_of_one_address_belong_together() -> None:
    assert [
        len(device) for device in sort_out([seen("10.0.0.1"), seen("10.0.0.1"), seen("10.0.0.2")]).values()
    ] == [
        2,
        1,
    ]


def test_units_that_share_a_factory_address_stay_apart() -> None:
    devices = sort_out([seen("192.168.1.64", stated=ONE), seen("192.168.1.64", stated=TWO)])
    assert len(devices) == 2


def test_a_reply_without_a_mac_joins_the_only_unit_at_its_address() -> None:
    assert len(sort_out([seen("10.0.0.1", stated=ONE), seen("10.0.0.1")])) == 1


def test_a_reply_without_a_mac_joins_neither_of_two_units_at_its_address() -> None:
    assert len(sort_out([seen("10.0.0.1", stated=ONE), seen("10.0.0.1", stated=TWO), seen("10.0.0.1")])) == 3


def test_a_unit_heard_under_two_addresses_is_one_device() -> None:
    assert len(sort_out([seen("10.0.0.1", mac=ONE), seen("169.254.3.4", mac=ONE)])) == 1


def test_a_second_network_port_belongs_to_the_unit_that_states_the_first() -> None:
    assert len(sort_out([seen("10.0.0.1", mac=TWO, stated=ONE), seen("10.0.0.1", mac=TWO)])) == 1


def test_the_ports_of_a_unit_are_those_behind_which_it_alone_states_its_mac_address() -> None:
    routed = [seen(f"10.9.0.{n}", mac=THREE, stated=ONE) for n in range(3)]
    assert ports([seen("10.0.0.1", mac=TWO, stated=ONE), seen("10.0.0.2", mac=ONE), *routed]) == {ONE: [TWO]}
    assert ports([seen("10.0.0.1", mac=TWO, stated=ONE), seen("10.0.0.1", mac=TWO, stated=THREE)]) == {}


def test_a_relay_is_not_taken_for_the_units_it_passes_on() -> None:
    relayed = [seen("10.0.0.9", mac=THREE, stated=ONE), seen("10.0.0.9", mac=THREE, stated=TWO)]
    assert len(sort_out([*relayed, seen("10.0.0.9", mac=THREE)])) == 3


def test_a_router_that_answers_for_others_is_not_their_mac_address() -> None:
    relayed = [seen(f"10.9.0.{n}", mac=THREE) for n in range(3)]
    assert sorted(sort_out(relayed)) == ["10.9.0.0", "10.9.0.1", "10.9.0.2"]


def test_units_behind_one_translated_address_are_told_apart_by_their_serial_numbers() -> None:
    def at(port: int, serial: str = "") -> Trace:
        return Trace(
            next(rows), "203.0.113.7", port=port, serials=(("isapi.serialNumber", serial),) if serial else ()
        )

    traces = [at(8081), at(8081, "E11094754"), at(8082, "E11094755"), at(8082), at(9000)]
    assert sorted(map(len, sort_out(traces).values())) == [1, 2, 2]
    assert len(sort_out(traces[:2] + traces[4:])) == 1  # of one unit, all is its own


def test_clones_of_a_mac_address_are_told_apart_by_their_serial_numbers() -> None:
    def clone(address: str, serial: str) -> Trace:
        return Trace(next(rows), address, ONE, ONE, serials=(("sadp.DeviceSN", serial),))

    assert len(sort_out([clone("10.0.0.1", "DS-1A"), clone("10.0.0.2", "DS-1B"), seen("10.0.0.1", ONE)])) == 2
    assert len(sort_out([clone("10.0.0.1", "DS-1A"), clone("169.254.1.1", "DS-1A")])) == 1


def test_what_clones_of_a_mac_address_say_without_a_number_stays_with_the_address_it_came_from() -> None:
    """Each states two texts of its own at two ports, so that its address does not tell which of them a third is."""

    def clone(address: str, port: int, field: str, text: str) -> Trace:
        return Trace(next(rows), address, ONE, ONE, port, ((field, text),))

    traces = []
    for address, tail in (("10.0.0.1", "A"), ("10.0.0.2", "B")):
        traces += [seen(address, mac=ONE), clone(address, 80, "http.realm", f"realm{tail}")]
        traces += [clone(address, 37020, "sadp.DeviceSN", f"DS-1{tail}"), seen(address, mac=ONE)]
    place = {one.row: one.address for one in traces}
    groups = sort_out(traces)
    assert all(len({place[row] for row in rows_of}) == 1 for rows_of in groups.values())
    assert list(groups)[-2:] == [f"{ONE} 10.0.0.1", f"{ONE} 10.0.0.2"], "what has a number comes first"


def test_one_unit_may_state_other_numbers_in_other_protocols() -> None:
    said = (("sadp.DeviceSN", "DS-2CD2385G1-I20200414AAWRE11094754"), ("upnp-xml.serialNumber", "E11094754"))
    assert len(sort_out([Trace(next(rows), "10.0.0.1", serials=(one,)) for one in said])) == 1


def test_a_stated_mac_address_is_read_in_any_spelling_and_an_empty_one_is_none() -> None:
    def states(text: str) -> str | None:
        return stated_mac(Reading(Observation(protocol="sadp"), {"sadp.MAC": (text,)}))

    assert states(ONE.upper().replace(":", "-")) == ONE
    assert states("00-00-00-00-00-00") is None
    assert states("") is None


def test_a_mac_address_that_clones_are_known_to_share_is_a_device_at_each_address() -> None:
    clones = [seen("10.0.0.1", mac=ONE), seen("10.0.0.2", mac=ONE), seen("10.0.0.1")]
    assert len(sort_out(clones)) == 1
    assert sorted(map(len, sort_out(clones, {ONE}).values())) == [1, 2]


def test_two_cameras_behind_one_translated_address_are_told_apart_by_the_realms_of_their_ports() -> None:
    def asked(port: int, realm: str) -> Trace:
        observation = Observation(protocol="http", address="198.51.100.7", port=port)
        return trace(next(rows), Reading(observation, {"http.realm": (realm,)}))

    one, two = "Login to 6C00003PAG00012", "Login to 6C00003PAG00013"
    assert len(sort_out([asked(8001, one), asked(8002, two), asked(8001, one)])) == 2
    assert len(sort_out([asked(80, one), asked(443, one)])) == 1
    assert len(sort_out([asked(80, "IP Camera"), asked(443, "IP Camera 2")])) == 1  # nobody's own
