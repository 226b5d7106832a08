"""Which cameras hang on which recorder, how sure that is, and what that means for the order of work.

A recorder's own list of its cameras is known; the same switch port is known; the only recorder of a site is expected.
With several recorders and no list nobody can tell, and nothing is said.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from scanner.inventory.records import Device

Order = Literal["with", "either"]
LISTED = re.compile(rb"<ipAddress>\s{0,9}([0-9a-fA-F:.]{3,45})\s{0,9}</ipAddress>")


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that hangs on a recorder."""

    camera: str
    recorder: str
    certainty: Literal["known", "expected"]
    order: Order  # with: change them together; either: one may go before the other
    basis: str  # how it is known
    why: str  # of the order


def addresses(payload: bytes) -> tuple[str, ...]:
    """The cameras on a recorder's list of its channels (ISAPI InputProxyChannelList)."""
    return tuple(dict.fromkeys(found.decode("ascii") for found in LISTED.findall(payload)))


def ties(
    devices: Sequence[Device],
    lists: Mapping[str, Collection[str]],
    onvif: Collection[str],
) -> tuple[Tie, ...]:
    """The ties among devices. `lists` holds the addresses that each recorder names, `onvif` who answered in ONVIF."""
    recorders = [one for one in devices if one.category in ("nvr", "dvr")]
    cameras = [one for one in devices if one.category in ("camera", "doorbell")]
    by_site: dict[str | None, list[Device]] = defaultdict(list)
    by_port: dict[tuple[str, str], list[Device]] = defaultdict(list)
    named: dict[tuple[str | None, str], list[Device]] = defaultdict(list)
    for one in recorders:
        by_site[one.site].append(one)
        if one.switch and one.switch_port:
            by_port[one.switch, one.switch_port].append(one)
        for address in lists.get(one.id, ()):
            named[one.site, address].append(one)
    found = []
    for camera in cameras:
        speaks = camera.id in onvif
        if listing := named.get((camera.site, camera.address or "")):
            found += [tie(camera, one, "known", "the recorder lists its address", speaks) for one in listing]
        elif behind := by_port.get((camera.switch or "", camera.switch_port or "")):
            basis = "it is seen at the switch port of the recorder, so it hangs on the recorder's own ports"
            found += [tie(camera, one, "known", basis, speaks, port=True) for one in behind]
        elif len(alone := by_site[camera.site]) == 1 and camera.site is not None:
            found.append(tie(camera, alone[0], "expected", "it is the only recorder of the site", speaks))
    return tuple(found)


def tie(
    camera: Device,
    recorder: Device,
    certainty: Literal["known", "expected"],
    basis: str,
    onvif: bool,
    port: bool = False,
) -> Tie:
    order: Order = "either"
    if port:
        order, why = "with", "the recorder feeds it, and another recorder or a switch has to take that over"
    elif onvif:
        why = "it answers in ONVIF, so that another recorder can take it, and the recorder another camera"
    elif camera.maker and recorder.maker and camera.maker != recorder.maker:
        why = "the recorder is of another maker already, so that they do not speak their makers' own protocol"
    else:
        order, why = "with", "no reply in ONVIF was seen, so that it may speak only its maker's own protocol"
    return Tie(camera=camera.id, recorder=recorder.id, certainty=certainty, order=order, basis=basis, why=why)


def hanging(found: Iterable[Tie]) -> dict[str, list[Tie]]:
    """The ties of each recorder."""
    by_recorder: dict[str, list[Tie]] = defaultdict(list)
    for one in found:
        by_recorder[one.recorder].append(one)
    return by_recorder


def together(found: Iterable[Tie]) -> dict[str, str]:
    """Camera to the recorder that it has to change with: only where that it hangs there is known."""
    return {one.camera: one.recorder for one in found if one.order == "with" and one.certainty == "known"}
