"""Which published flaws a stated firmware falls under. What was only nearly said must never become an accusation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.firmware import parse
from fingerprints.flaws import WORST_FIRST, Exposure, Flaw, Range, catalogues, flaws, names, place
from fingerprints.rules import Defect

KNOWN = """
    2013-4975 2013-4976 2013-4977 2014-4878 2014-4879 2014-4880 2015-4407 2015-4408 2015-4409 2017-7921 2017-7923
    2018-6413 2018-6414 2020-7057 2021-36260 2022-2471 2022-28171 2022-28172 2022-28173 2023-28808 2023-28809
    2023-28810 2023-28811 2023-28812 2023-28813 2023-34551 2023-34552 2023-48121 2023-6893 2023-6894 2023-6895
    2024-25063 2024-29947 2024-29948 2024-29949 2024-47485 2024-47486 2024-47487 2025-34067 2025-39245 2025-39246
    2025-39247 2025-66176 2025-66177 2026-22626

    2013-3612 2013-3613 2013-3614 2013-3615 2013-5754 2013-6117 2017-3223 2017-6341 2017-6342 2017-6343 2017-7925
    2017-7927 2017-8226 2017-8227 2017-8228 2017-8229 2017-8230 2017-9315 2019-3948 2019-9676 2019-9677 2019-9678
    2019-9679 2019-9680 2019-9681 2019-9682 2020-5735 2020-9499 2020-9500 2020-9501 2020-9502 2021-33044 2021-33045
    2021-33046 2022-30560 2022-30561 2022-30562 2022-30563 2022-30564 2022-45423 2022-45424 2022-45425 2022-45426
    2022-45427 2022-45428 2022-45429 2022-45430 2022-45431 2022-45432 2022-45433 2022-45434 2023-3836 2023-6913
    2024-13130 2024-13131 2024-39944 2024-39945 2024-39946 2024-39947 2024-39948 2024-39949 2024-39950 2024-52544
    2024-52545 2024-52546 2024-52547 2024-52548 2025-31700 2025-31701 2025-31702
"""

FLAWS = [flaw for catalogue in catalogues() for flaw in catalogue.flaw]
RANGES = [one for flaw in FLAWS for one in flaw.affected]


def found(maker: str | None, model: str | None, firmware: str | None, cve: str) -> Exposure | None:
    return next((one for one in flaws(maker, model, firmware) if one.cve == cve), None)


def state(maker: str, model: str | None, firmware: str | None, cve: str) -> str | None:
    """`affected`, `unknown`, `fixed`, or None when the flaw does not concern the device."""
    exposure = found(maker, model, firmware, cve)
    return exposure.state if exposure else None


def test_every_known_cve_of_the_two_makers_stands_in_the_files_and_no_other() -> None:
    assert {cve for flaw in FLAWS for cve in flaw.cves} == {f"CVE-{number}" for number in KNOWN.split()}


@pytest.mark.parametrize(
    ("maker", "model", "firmware", "cve", "expected"),
    [
        # a range with both ends, of version and build
        ("hikvision", "DS-2CD2032F-I", "V5.3.0 build 150513", "CVE-2017-7921", "affected"),
        ("hikvision", "DS-2CD2032F-I", "V5.2.0 build 140721", "CVE-2017-7921", "affected"),  # at its beginning
        ("hikvision", "DS-2CD2032F-I", "V5.4.0 build 160530", "CVE-2017-7921", "affected"),  # at its end
        ("hikvision", "DS-2CD2032F-I", "V5.4.3 build 160705", "CVE-2017-7921", "unknown"),  # not yet the fix
        ("hikvision", "DS-2CD2032F-I", "V5.4.5 build 170123", "CVE-2017-7921", "fixed"),
        ("hikvision", "DS-2CD2032F-I", "V5.4.0 build 170701", "CVE-2017-7921", "unknown"),  # carried back, or not
        ("hikvision", "DS-2CD2032F-I", "V5.1.6 build 140412", "CVE-2017-7921", "unknown"),  # older than the range
        ("hikvision", "DS-2CD2032F-I", "V5.4.5", "CVE-2017-7921", "unknown"),  # the day of the fix is not stated
        ("hikvision", "DS-2CD2032F-I", "V5.5.0", "CVE-2017-7921", "fixed"),
        ("hikvision", "DS-2CD2032F-I", None, "CVE-2017-7921", "unknown"),
        ("hikvision", "DS-2CD2032F-I", "5.3", "CVE-2017-7921", "unknown"),
        ("hikvision", "DS-2CD2032F-I", "V5.3.0 build 150513", "CVE-2017-7923", "affected"),  # has the same ranges
        ("hikvision", "DS-2CD2385G1-I", "V5.6.2 build 190701", "CVE-2017-7921", None),  # the record does not name it
        ("hikvision", "DS-2CD2042WD-I", "V5.3.0 build 150513", "CVE-2017-7921", None),  # its own, and not named
        # a bound that is a build
        ("hikvision", "DS-2CD2347G2-LU", "V5.5.151 build 201207", "CVE-2021-36260", "affected"),
        ("hikvision", "DS-2CD2347G2-LU", "V5.5.800 build 210624", "CVE-2021-36260", "affected"),
        ("hikvision", "DS-2CD2347G2-LU", "V5.5.800 build 210625", "CVE-2021-36260", "fixed"),  # at the bound
        ("hikvision", "DS-2CD2347G2-LU", "V5.7.1", "CVE-2021-36260", "unknown"),
        ("hikvision", "DS-2CD2T46G2-ISU/SL", "V5.7.18 build 240826", "CVE-2021-36260", "fixed"),
        ("hikvision", "HWI-B120-D/W", "V5.5.101 build 200408", "CVE-2021-36260", "affected"),
        ("hikvision", "DS-2CD2142FWD-I", "V5.5.0 build 170725", "CVE-2021-36260", "unknown"),  # known not to have it
        ("hikvision", "DS-2CD2142FWD-I", "V5.5.82 build 210909", "CVE-2021-36260", None),
        ("hikvision", "DS-2DE4A425IW-DE", "V5.5.22 build 200108", "CVE-2021-36260", "affected"),
        ("hikvision", "DS-7608NI-Q2/8P", "V4.30.215 build 210103", "CVE-2021-36260", "affected"),
        ("hikvision", "DS-7608NI-Q2/8P", "V4.30.085 build 200916", "CVE-2021-36260", "unknown"),
        ("hikvision", "DS-7608NI-Q2/8P", "V4.31.102 build 210820", "CVE-2021-36260", "fixed"),
        # a bound that is a version, on another line of the same family
        ("hikvision", "DS-7608NI-M2/8P", "V5.01.070 build 230912", "CVE-2024-29949", "affected"),
        ("hikvision", "DS-7604NI-M1/4P", "V5.01.070 build 230912", "CVE-2024-29949", "fixed"),
        ("hikvision", "DS-7608NI-M2/8P", "V5.02.006 build 240101", "CVE-2024-29949", "fixed"),
        ("hikvision", "DS-K1T341A", "V3.2.30 build 221223", "CVE-2025-66176", "affected"),
        ("hikvision", "DS-K1T341CM", "V3.3.180", "CVE-2025-66176", "fixed"),
        # what is older is not affected, says the record
        ("hikvision", "iDS-7208HQHI-M1/S(C)", "V4.75.011 build 230410", "CVE-2023-28811", "affected"),
        ("hikvision", "iDS-7208HQHI-M1/S(C)", "V4.1.50 build 190410", "CVE-2023-28811", None),
        ("hikvision", "iDS-7208HQHI-M1/S", "V4.75.011 build 230410", "CVE-2023-28811", "unknown"),  # which variant?
        # storage of two lines, whose numbers have nothing to do with each other
        ("hikvision", "DS-A71024R-CVS", "V1.1.4", "CVE-2023-28808", "affected"),
        ("hikvision", "DS-A71024R-CVS", "V1.1.5", "CVE-2023-28808", "fixed"),
        ("hikvision", "DS-A71048R", "V2.3.8-8", "CVE-2023-28808", "affected"),
        ("hikvision", "DS-A71048R", "V2.3.9-1", "CVE-2023-28808", "fixed"),
        # a record that names one version says nothing of others
        ("hikvision", "DS-2CD7153-E", "V4.1.0 build 130111", "CVE-2013-4977", "affected"),
        ("hikvision", "DS-2CD7153-E", "V4.1.1 build 140101", "CVE-2013-4977", "unknown"),
        ("hikvision", "DS-2CD7153-E", "V4.0.0 build 120101", "CVE-2013-4977", "unknown"),
        # house brands under the maker's own record
        ("hikvision", "CS-C6N-B0-1G2WF", "V5.3.0 build 220711", "CVE-2022-2471", "affected"),
        ("hikvision", "CS-C6N-B0-1G2WF", "V5.3.0 build 220712", "CVE-2022-2471", "fixed"),
        # software on a PC is no flaw of a device
        ("hikvision", "LocalServiceComponents", "V1.0.0.78", "CVE-2023-28813", None),
        # Dahua: days of building, and months that are no more exact than that
        ("dahua", "IPC-HDW5442TM-AS", "2.800.0000016.0.R, Build Date 2020-06-05", "CVE-2021-33044", "affected"),
        ("dahua", "IPC-HDW5442TM-AS", "2.840.0000000.5.R, Build Date 2021-05-31", "CVE-2021-33044", "affected"),
        ("dahua", "IPC-HDW5442TM-AS", "2.840.0000000.5.R, Build Date 2021-06-18", "CVE-2021-33044", "unknown"),
        ("dahua", "IPC-HDW5442TM-AS", "2.840.0000000.5.R, Build Date 2021-07-01", "CVE-2021-33044", "fixed"),
        ("dahua", "DH-IPC-HDW5442TM-AS", "2.840.0000000.5.R, Build Date 2021-07-01", "CVE-2021-33044", "fixed"),
        ("dahua", "IPC-HDW5442TM-AS", "2.800.0000016.0.R", "CVE-2021-33044", "unknown"),  # no day
        ("dahua", "NVR5216-16P-4KS2", "4.000.0000001.0.R, build 2019-11-30", "CVE-2021-33045", "affected"),
        ("dahua", "NVR5216-16P-4KS2", "4.001.0000000.3.R, build 2020-04-11", "CVE-2021-33045", "unknown"),
        ("dahua", "NVR4216-16P-4KS2", "3.216.0000006.0.R, build 2018-05-11", "CVE-2021-33045", "unknown"),  # not named
        ("dahua", "NVR4216-16P-4KS2", "4.001.0000005.0.R, build 2023-12-12", "CVE-2024-39949", "affected"),
        ("dahua", "NVR4216-16P-4KS2", "4.003.0000000.0.R, build 2023-12-13", "CVE-2024-39949", "fixed"),
        ("dahua", "NVR4216-16P-4KS2", "4.003.0000000.0.R, build 2023-12-13", "CVE-2024-39944", "affected"),
        ("dahua", "IPC-HFW4431R-Z", "2.622.0000000.1.R, build 2017-03-31", "CVE-2017-9315", "affected"),
        ("dahua", "IPC-HFW4431R-Z", "2.622.0000000.1.R, build 2017-04-01", "CVE-2017-9315", "unknown"),
        ("dahua", "IPC-HFW1230S", "2.800.0000016.0.R, build 2024-01-01", "CVE-2025-31700", "unknown"),  # certain models
        ("dahua", "IPC-HFW1200S", "2.420.0000000.20.R, build 2018-07-01", "CVE-2024-13130", "unknown"),  # no range
        # relabelled units that a record names
        ("dahua", "IP2M-841B", "2.420.AC00.18.R, build: 2016-06-18", "CVE-2020-5735", "affected"),
        ("dahua", "IP2M-841B", "2.420.AC00.18.R, build: 2020-02-17", "CVE-2020-5735", "unknown"),
        ("dahua", "IP2M-841B", "2.520.AC00.18.R, build: 2021-06-29", "CVE-2020-5735", "fixed"),
        ("dahua", "IP5M-T1277EW-AI", "V2.800.00AC003.0.R", "CVE-2020-5735", "unknown"),  # Amcrest, but which?
        ("dahua", "W461ASC-E", "2.800.0000000.7.R, build 2023-01-01", "CVE-2024-52544", "affected"),
        # firmware of the other maker's style says nothing
        ("dahua", "IPC-HDW5442TM-AS", "V5.4.0 build 160530", "CVE-2021-33044", "unknown"),
    ],
)  # fmt: skip
def test_a_device_stands_where_the_record_puts_it(
    maker: str, model: str, firmware: str | None, cve: str, expected: str | None
) -> None:
    assert state(maker, model, firmware, cve) == expected


def test_a_relabelled_number_is_never_affected_by_what_names_only_the_makers_own() -> None:
    old = flaws("hikvision", "CMIP7352W", "V5.3.0 build 150513")  # sold by LTS
    assert {(one.cve, one.state) for one in old} >= {
        ("CVE-2017-7921", "unknown"),
        ("CVE-2021-36260", "unknown"),
    }
    assert all(one.state == "unknown" and "other brands" in one.why for one in old)
    assert flaws("hikvision", "CMIP7352W", "V5.7.18 build 240826") == []


def test_a_relabelled_unit_stays_in_doubt_where_only_the_missing_day_could_tell() -> None:
    assert state("hikvision", "CMIP7352W", "V5.6.2", "CVE-2021-36260") == "unknown"
    assert state("hikvision", "CMIP7352W", "V5.6.2", "CVE-2017-7921") is None  # newer than the fix
    assert state("hikvision", "LTN8916", "V4.30.000 build 200101", "CVE-2017-7921") is None  # of another line


def test_a_number_that_states_no_model_is_judged_like_a_relabelled_one() -> None:
    [exposure] = [
        one for one in flaws("dahua", None, "2.800.0000016.0.R, build 2020-08-05") if one.state != "fixed"
    ]
    assert (exposure.cve, exposure.state) == ("CVE-2021-33044", "unknown") and "model" in exposure.why


def test_where_nothing_is_stated_the_shared_flaws_stay_in_doubt_and_others_are_not_listed() -> None:
    assert {one.cve for one in flaws("hikvision", None, None)} == {
        "CVE-2017-7921",
        "CVE-2017-7923",
        "CVE-2021-36260",
    }
    assert {one.state for one in flaws("hikvision", None, None)} == {"unknown"}


@pytest.mark.parametrize("maker", ["other", "axis", None])
def test_only_devices_of_the_two_makers_have_flaws_here(maker: str | None) -> None:
    assert flaws(maker, "DS-2CD2032F-I", "V5.3.0 build 150513") == []


def test_exploited_flaws_carry_the_day_cisa_added_them() -> None:
    added = {cve: flaw.kev for flaw in FLAWS for cve in flaw.cves if flaw.kev}
    assert added == {
        "CVE-2017-7921": date(2026, 3, 5),
        "CVE-2020-5735": date(2021, 11, 3),
        "CVE-2021-33044": date(2024, 8, 21),
        "CVE-2021-33045": date(2024, 8, 21),
        "CVE-2021-36260": date(2022, 1, 10),
    }


def test_the_worst_comes_first_and_what_is_exploited_before_what_is_not() -> None:
    listed = flaws("dahua", "IPC-HDW5442TM-AS", "2.800.0000016.0.R, Build Date 2020-06-05")
    assert listed[0].cve == "CVE-2021-33044" and listed[0].state == "affected" and listed[0].kev
    ranks = [(WORST_FIRST.index(one.state), one.kev is None, -(one.cvss or 0)) for one in listed]
    assert len(listed) > 5 and ranks == sorted(ranks)
    silent = flaws("dahua", "IPM-721S", None)
    scores = {one.cve: one.cvss or 0 for one in silent if one.state == "unknown"}
    assert silent.index(next(one for one in silent if one.cve == "CVE-2020-5735")) < 3
    assert scores["CVE-2020-5735"] < scores["CVE-2017-8229"]


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.cves[0])
def test_vague_ranges_give_doubt_and_never_an_accusation(flaw: Flaw) -> None:
    for one in flaw.affected:
        if one.some or not (one.last or one.before):
            model = one.models[0].replace("x", "2").replace("@", "DW").replace("*", "")
            states = {verdict for firmware in FIRMWARE if (verdict := _alone(one, flaw, model, firmware))}
            assert states <= {"unknown"}, one.models


FIRMWARE = (
    None,
    "V5.4.0 build 160530",
    "V1.0.0",
    "2.608.0000.0",
    "2.420.0000.0.R.160101",
    "V9.9.9 build 301231",
)


def _alone(one: Range, flaw: Flaw, model: str, firmware: str | None) -> str | None:
    """The state of a model, when no surer range of the same flaw names it."""
    if any(names(other, model) for other in flaw.affected if other is not one):
        return None
    maker = next(catalogue.maker for catalogue in catalogues() if flaw in catalogue.flaw)
    return state(maker, model, firmware, flaw.cves[0])


@pytest.mark.parametrize("one", RANGES, ids=lambda one: one.models[0])
def test_every_range_names_models_and_places_a_firmware(one: Range) -> None:
    for pattern in one.models:
        model = pattern.replace("x", "2").replace("@", "DW").replace("*", "")
        assert names(one, model) and not names(one, f"Q{model}"), pattern
    if one.last or one.before:
        places = {place(one, stated) for text in FIRMWARE if (stated := parse(text))}
        assert places <= {"before", "inside", "after", "unclear"} and len(places) > 1


def test_a_family_is_not_mistaken_for_one_with_more_digits() -> None:
    family = Range(models=("DS-76xxNI-Mx", "IPC-H@5xxx"))
    assert names(family, "DS-7608NI-M2/8P") and names(family, "ds-7608ni-m2 / 8P")
    assert not names(family, "DS-7608NI-M16") and not names(family, "DS-7608NXI-M2") and not names(family, "")
    assert names(family, "DH-IPC-HDBW5442E-ZE") and names(family, "DHI-IPC-HFW5442T")
    assert not names(family, "IPC-HFW4431R-Z")


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["hikvision", "dahua", "other", None]))
def test_whatever_a_device_states_nothing_is_raised_and_a_hostile_text_accuses_nobody(
    model: str, firmware: str, maker: str | None
) -> None:
    assert all(one.state in WORST_FIRST for one in flaws(maker, model, firmware))


@given(
    st.text(max_size=80),
    st.sampled_from(["DS-2CD2032F-I", "DS-7608NI-M2/8P", "NVR4216", "IPC-HDW5442", "DVR"]),
)
def test_any_text_as_firmware_of_a_model_that_is_named_is_read_or_left_in_doubt(
    firmware: str, model: str
) -> None:
    for maker in ("hikvision", "dahua"):
        listed = flaws(maker, model, firmware)
        assert parse(firmware, maker) or {one.state for one in listed} <= {"unknown"}


HEAD = 'maker = "hikvision"\nkev_known = 2025-08-25\n'
FLAW = '[[flaw]]\ncves = ["CVE-2020-1111"]\ntitle = "T"\ncertainty = "high"\nsource = "S"\n'
GOOD = FLAW + 'affected = [{ models = ["DS-1"], before = "V1.2.3" }]\n'


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + GOOD)
    assert [flaw.cves for catalogue in catalogues(tmp_path) for flaw in catalogue.flaw] == [
        ("CVE-2020-1111",)
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("maker =", 1, ""),
        (HEAD, 1, "flaw"),
        (GOOD, 1, "maker"),
        (HEAD.replace("hikvision", "axis") + GOOD, 1, "axis"),
        (HEAD + GOOD + "typo = 1\n", 9, "typo"),
        (HEAD + GOOD + GOOD, 9, "twice"),
        (HEAD + GOOD.replace("2020-1111", "20-1"), 3, "CVE-2021-36260"),
        (HEAD + GOOD.replace('"T"', '""'), 3, "title"),
        (HEAD + GOOD.replace('"high"', '"sure"'), 6, "sure"),
        (HEAD + GOOD + "cvss = 11\n", 3, "between 0 and 10"),
        (HEAD + GOOD + "kev_due = 2022-01-24\n", 3, "kev"),
        (HEAD + GOOD + "kev = 2022-02-01\nkev_due = 2022-01-24\n", 3, "kev"),
        (HEAD + GOOD + "kev = 2022-02-31\n", 9, ""),
        (HEAD + FLAW, 3, "names models"),
        (HEAD + GOOD + 'class = "software"\n', 3, "names none"),
        (HEAD + FLAW + 'same_as = "CVE-2020-2222"\n', 3, "same_as"),
        (HEAD + GOOD.replace("V1.2.3", "1.2.3"), 3, "neither a version nor"),
        (HEAD + GOOD.replace("V1.2.3", "soon"), 3, "neither a version nor"),
        (HEAD + GOOD.replace("V1.2.3", "build 201345"), 3, "neither a version nor"),
        (HEAD + GOOD.replace("V1.2.3", "2020-13"), 3, "month"),
        (HEAD + GOOD.replace("V1.2.3", "2.800.0000.1.R"), 3, "not how hikvision"),
        (HEAD + GOOD.replace('["DS-1"]', "[]"), 3, "a model has letters"),
        (HEAD + GOOD.replace('"DS-1"', '"some cameras"'), 3, "a model has letters"),
        (HEAD + GOOD.replace(" }", ', to = "V1.3.0" }'), 3, "two ends"),
        (HEAD + GOOD.replace("before", "from"), 3, "need an end"),
        (HEAD + GOOD.replace('"V1.2.3" }', '"2020", from = "2021-02" }'), 3, "before it begins"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_line(
    tmp_path: Path, text: str, line: int, why: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(Defect, match=f"wrong.toml:{line}:") as raised:
        catalogues(tmp_path)
    assert why in raised.value.why
