"""What model numbers say. The examples of every grammar stand beside it in its file; here is how they are read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.backtracking import dangers
from fingerprints.models import LONGEST, SAID, Grammar, Naming, Specification, Value, decode, namings

GRAMMARS = [pytest.param(naming, one, id=one.id) for naming in namings() for one in naming.grammar]


def said(specification: Specification) -> dict[str, Value]:
    """All that was read, as the files spell it: `?` after what is only expected."""
    values = {field: getattr(specification, field) for field in (*SAID, "rest")}
    return {
        field: f"{value:g}?" if isinstance(value, float) and field in specification.expected
        else f"{str(value).lower() if isinstance(value, bool) else value}?" if field in specification.expected
        else value
        for field, value in values.items()
        if value not in (None, "")
    }  # fmt: skip


@pytest.mark.parametrize(("naming", "grammar"), GRAMMARS)
def test_every_grammar_reads_its_examples(naming: Naming, grammar: Grammar) -> None:
    assert grammar.examples, "no grammar without its proof"
    for model, expected in grammar.examples.items():
        read = decode(model, naming.makers[0], naming.brand or None)
        assert (read.grammar, said(read)) == (grammar.id, expected)


@pytest.mark.parametrize(("naming", "grammar"), GRAMMARS)
def test_every_table_belongs_to_a_group_and_says_only_fields(naming: Naming, grammar: Grammar) -> None:
    assert set(grammar.at) <= set(re.compile(grammar.pattern).groupindex)
    rows = [row for table in grammar.at.values() for row in table.values()]
    tokens = [*grammar.then.values(), *naming.then.values(), grammar.says, grammar.otherwise, grammar.bare]
    assert {field for row in (*rows, *tokens) for field in row} <= set(SAID)


def test_the_same_number_is_read_however_it_is_spelt() -> None:
    spellings = ("DS-7608NXI-I2/8P/S", "ds-7608nxi-i2/8p/s", "DS-7608NXI-I2-8P/S", " DS-7608NXI-I2 / 8P / S")
    assert {
        (decode(text).channels, decode(text).poe_ports, decode(text).drive_bays) for text in spellings
    } == {(8, 8, 2)}


def test_an_unknown_token_ends_the_reading_and_what_follows_is_not_guessed() -> None:
    read = decode("DS-2CD2143G2-IQZ")
    assert (read.form_factor, read.megapixels, read.ir) == ("dome", 4, True)
    assert read.rest == "QZ" and read.lens is None and read.poe is None


def test_a_number_cut_short_leaves_its_lens_a_matter_of_expectation() -> None:
    assert decode("DS-2CD2143G2-I").certainty("lens") == "known"
    assert decode("DS-2CD2143G2").certainty("lens") == "expected"


def test_the_class_of_poe_is_never_more_than_expected_unless_there_is_none() -> None:
    read = [decode(model) for model in ("DS-2CD2143G2-I", "IPC-HDW2431T-ZS", "SD49225XA-HNR", "IP8M-2496EB")]
    assert {one.certainty("poe") for one in read} == {"expected"}
    assert decode("DS-2CD2421G0-IDW").poe == "none"


@pytest.mark.parametrize(
    "stub", ["IP Camera", "IPC", "NVR", "DVR", "Network Camera", "31", "", "-", "XVR", "HCVR"]
)
def test_a_stub_that_every_device_states_says_nothing(stub: str) -> None:
    assert decode(stub, "dahua").grammar == "" and decode(stub, "hikvision").category is None


@pytest.mark.parametrize(
    "model",
    [
        "IPC-B124-APF28",  # Uniarch's, nearly a HiLook
        "IPC3614SB-ADF28KM", "TD-9544S3", "TC-C32WN", "RLC-810A", "M3046-V", "P3245-LVE", "SNC-VM772R", "MV-CA013",
        "C500", "C800", "NVR-4", "PTZ-1", "DCS-2530L",
    ],
)  # fmt: skip
def test_what_others_number_is_left_alone(model: str) -> None:
    assert decode(model).grammar == ""


def test_a_number_means_nothing_at_a_maker_that_does_not_number_so() -> None:
    assert decode("DS-2CD2143G2-I", maker="uniview").grammar == ""
    assert decode("DS-2CD2143G2-I", maker="dahua").grammar == ""


def test_the_brand_decides_what_several_brands_call_something_else() -> None:
    assert decode("C800", "hikvision", "Annke").megapixels == 8
    assert decode("IPC-B140H", "hikvision", "HiLook").form_factor == "bullet"
    assert decode("IPC-B140H").grammar == ""


def test_a_relabel_that_states_the_makers_number_is_read_as_the_makers() -> None:
    read = decode("DS-2CD2032-I", "hikvision", "LTS")
    assert read.own and read.megapixels == 3
    assert not decode("CMIP8342W-S", "hikvision", "LTS").own


def test_light_that_is_only_white_is_told_from_light_of_both_kinds() -> None:
    assert decode("DS-2CD2387G2-LU").night_vision == "white light"
    assert decode("DS-2CD2387G2H-LIU").night_vision == "hybrid light"
    assert decode("DS-2CD2143G2-I").night_vision == "ir"


@given(st.text())
def test_any_text_is_read_or_left_alone(noise: str) -> None:
    for maker in (None, "hikvision", "dahua"):
        assert len(decode(noise, maker).rest) <= 64 * 3  # `ß` and the like grow in upper case


@given(
    st.sampled_from(["DS-2CD2", "IPC-H", "DS-76", "NVR4", "SD4", "CP-UNC-T"]),
    st.text("0123456789ABGIZ-/(", max_size=60),
)
def test_any_tail_of_a_known_head_is_survived(head: str, tail: str) -> None:
    read = decode(head + tail)
    assert read.expected <= {field for field in SAID if getattr(read, field) is not None}


@pytest.mark.parametrize(("naming", "grammar"), GRAMMARS)
def test_no_number_can_keep_a_grammar_busy(naming: Naming, grammar: Grammar) -> None:
    patterns = [grammar.pattern, *grammar.then, *naming.then]
    assert [danger for pattern in patterns for danger in dangers(pattern)] == []


@given(st.data(), st.sampled_from([one for naming in namings() for one in naming.grammar]), st.text())
def test_whatever_begins_as_a_known_number_is_survived(
    data: st.DataObject, grammar: Grammar, tail: str
) -> None:
    model = data.draw(st.from_regex(re.compile(grammar.pattern, re.ASCII))) + tail
    for maker in (None, "hikvision", "dahua"):
        read = decode(model, maker)
        assert read.expected <= set(read.said) and len(read.rest) <= 3 * LONGEST
        assert all(getattr(read, field) is not None for field in read.said)
