"""What a replacement needs is decoded or asked for, and every field says how sure it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Observation
from scanner.phase_out import replies
from scanner.phase_out.specification import (
    ASKED,
    Filled,
    known_fields,
    needed,
    read,
)
from tests.scanner.phase_out.units import device

SADP = b"<ProbeMatch><AnalogChannelNum>4</AnalogChannelNum><DigitalChannelNum>%d</DigitalChannelNum></ProbeMatch>"


def test_a_camera_by_its_model_number() -> None:
    made = needed(device(model="DS-2CD2143G2-I"))
    lens, poe = made.of("lens"), made.of("poe")
    assert lens and (lens.value, lens.certainty) == ("fixed", "known")
    assert poe and poe.certainty == "expected" and "does not state it" in poe.source
    assert made.kind == "camera" and made.text.startswith("camera, dome, 4 MP")


def test_a_unit_without_a_model_is_asked_for_everything_and_guessed_nothing() -> None:
    made = needed(device(model=None))
    assert made.asked == ASKED["camera"] and made.values() == {}
    assert {one.source for one in made.requirements} == {"it states no model"}


def test_a_number_that_nobody_knows_is_asked_for() -> None:
    made = needed(device(model="ZX-9000"))
    assert made.asked == ASKED["camera"]


def test_what_rests_on_a_maker_who_is_only_possible_is_only_expected() -> None:
    made = needed(device(model="DS-2CD2143G2-I", confidence="possible"))
    assert made.doubtful and not [one for one in made.requirements if one.certainty == "known"]


def test_what_somebody_filled_in_stands_above_what_was_decoded() -> None:
    by_hand = {"lens": Filled("fixed 2.8 mm", "jo", "2026-11-25T10:00:00Z")}
    lens = needed(device(model="DS-2CD2143G2-I"), by_hand).of("lens")
    assert lens and (lens.value, lens.certainty, lens.source) == (
        "fixed 2.8 mm", "filled", "filled in by jo on 2026-11-25",
    )  # fmt: skip


def test_a_recorder_tells_its_channels_and_a_contradiction_is_no_knowledge() -> None:
    recorder = device(model="DS-7616NI-K2/16P", category="nvr")

    def channels(number: int) -> tuple[object, str, str]:
        told = replies.stated("nvr", Observation(protocol="sadp", payload=SADP % number))
        found = needed(recorder, None, {one.field: one for one in told}).of("channels")
        assert found
        return found.value, found.certainty, found.source

    assert channels(16) == (16, "known", "its reply in SADP")
    value, certainty, source = channels(32)
    assert (value, certainty) == (32, "expected") and "16 by the model number" in source


def test_a_count_of_channels_that_may_leave_some_out_never_speaks_against_the_number() -> None:
    reply = Observation(protocol="dhdiscover", payload=b'{"RemoteVideoInputChannels" : 16}')
    told = {one.field: one for one in replies.stated("nvr", reply)}
    silent = needed(device(model=None, category="nvr", maker="dahua"), None, told).of("channels")
    assert silent and (silent.value, silent.certainty) == (16, "expected")
    numbered = needed(device(model="DHI-NVR5464-4KS2", category="nvr", maker="dahua"), None, told).of(
        "channels"
    )
    assert numbered and (numbered.value, numbered.certainty) == (64, "known")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("lens", " fixed  2.8 mm ", "fixed 2.8 mm"), ("audio_in", "Yes", True), ("channels", "16", 16),
        ("megapixels", "4 MP", 4), ("megapixels", "2.1", 2.1), ("setting", "Outdoor", "outdoor"),
    ],
)  # fmt: skip
def test_what_people_write_becomes_a_value(field: str, text: str, value: object) -> None:
    assert read(field, text) == value and type(read(field, text)) is type(value)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("colour", "red"), ("lens", ""), ("lens", "x" * 101), ("channels", "many"), ("channels", "-1"),
        ("audio_in", "maybe"), ("setting", "garden"), ("megapixels", "0"), ("lens", "a\u202eb"), ("channels", "١٦"),
    ],
)  # fmt: skip
def test_what_makes_no_value_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError):
        read(field, text)


@given(st.text(max_size=80), st.sampled_from(["camera", "nvr", "dvr", "doorbell", "encoder", "other", None]))
def test_any_model_gives_a_specification_in_which_nothing_is_both_asked_and_said(
    model: str, category: str
) -> None:
    for one in needed(device(model=model, category=category)).requirements:
        assert one.field in known_fields() and (one.value is None) == (one.certainty == "asked")
