"""What a recorder's own replies say for its specification.

Scopes of ONVIF are not read: many cameras state `type/ptz` and `type/audio_encoder` that neither turn nor hear.
"""

from __future__ import annotations

import re

from scanner.model import Category, Observation
from scanner.phase_out.specification import Requirement

ANALOG = re.compile(rb"<AnalogChannelNum>\s{0,9}(\d{1,4})\s{0,9}</")
DIGITAL = re.compile(rb"<DigitalChannelNum>\s{0,9}(\d{1,4})\s{0,9}</")
REMOTE = re.compile(rb"\"RemoteVideoInputChannels\"\s{0,9}:\s{0,9}(\d{1,4})\b")
SADP = "its reply in SADP"
DHDISCOVER = "its reply in DHDiscover, which may count only the channels that are set up"


def stated(category: Category | None, observation: Observation) -> list[Requirement]:
    """What one reply of a recorder says. The channels of a hybrid recorder are those of two kinds, and none is the
    sum."""
    payload, found = observation.payload, []
    if observation.protocol == "sadp":
        if inputs := ANALOG.search(payload):
            found.append(Requirement("analog_channels", int(inputs[1]), "known", SADP))
        if category == "nvr" and (channels := DIGITAL.search(payload)) and int(channels[1]):
            found.append(Requirement("channels", int(channels[1]), "known", SADP))
    if observation.protocol == "dhdiscover" and category == "nvr":
        channels = REMOTE.search(payload)
        if channels and int(channels[1]):
            found.append(Requirement("channels", int(channels[1]), "expected", DHDISCOVER))
    return found
