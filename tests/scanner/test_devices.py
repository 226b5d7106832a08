"""Which observations belong to one device."""

from __future__ import annotations

import itertools

from scanner.devices import Trace, sort_out, stated_mac
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


def test_a_relay_is_not_taken_for_the_units_it_passes_on() -> None:
    relayed = [seen("10.0.0.9", mac=THREE, stated=ONE), seen("10.0.0.9", mac=THREE, stated=TWO)]
    assert len(sort_out([*relayed, seen("10.0.0.9", mac=THREE)])) == 3


def test_a_stated_mac_address_is_read_in_any_spelling_and_an_empty_one_is_none() -> None:
    def states(text: str) -> str | None:
        return stated_mac(Reading(Observation(protocol="sadp"), {"sadp.MAC": (text,)}))

    assert states(ONE.upper().replace(":", "-")) == ONE
    assert states("00-00-00-00-00-00") is None
    assert states("") is None
