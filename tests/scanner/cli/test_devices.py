"""`camcensus devices`: the table fits, the evidence is all there, and no device text reaches the terminal raw."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from scanner.cli.devices import devices
from scanner.cli.devices.show import REPLY_LENGTH, facts
from scanner.cli.rematch import rematch
from scanner.cli.report import report
from scanner.errors import CamcensusError
from scanner.identifiers import identifiers
from scanner.inventory import RunSettings, Seen, open_inventory, places
from scanner.inventory.rows import PLACED
from scanner.model import Claim, Identification, Observation
from scanner.observations import read

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "LTS\x1b]0;owned\x07\u202e[red]"
PAGE = Observation(
    protocol="http", address="10.20.0.9", port=80, transport="tcp", request="GET /", observed_at=NOON,
    payload=b"HTTP/1.1 200 OK\r\nServer: Webs\x1b[2J\r\n\r\n" + b"x" * REPLY_LENGTH + b"the end",
)  # fmt: skip
RECORDER = Identification(
    address="10.20.0.9", mac="44:19:b6:00:00:01", maker="hikvision", maker_name="Hikvision", brand=HOSTILE,
    relabelled=True, category="nvr", model="LTN8916-P16", serial="LTN89160120200101", confidence="confirmed",
    covered=("us-ndaa-889",), conflicts=("two models: LTN8916, \x1b[1mLTN8932",),
    evidence=(Claim("lts-title", "brand", HOSTILE, "strong", "html", f"<title>{HOSTILE}</title>"),),
)  # fmt: skip
CAMERA = Identification(
    address="fd00:1234:5678:9abc:def0:1234:5678:9abc", maker="other", maker_name="Hanwha Vision", brand="Wisenet",
    category="access-control", model="a model name that does not end", confidence="possible",
)  # fmt: skip


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        run = opened.begin_run(RunSettings())
        opened.add(run, [PAGE])
        rows = [row for row, _ in opened.observations(run)]
        opened.record(
            run, [Seen(RECORDER, rows, "on-link", identifiers(RECORDER)), Seen(CAMERA, [], "routed")]
        )
    return path


def invoke(inventory: Path, *words: str) -> Result:
    result = CliRunner().invoke(devices, [*words, "--inventory", str(inventory)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def the_recorder(inventory: Path) -> str:
    with open_inventory(inventory) as opened:
        return opened.devices("maker = hikvision")[0].id


def test_the_table_fits_into_80_columns_and_names_every_column(inventory: Path) -> None:
    shown = invoke(inventory).stdout
    assert max(map(len, shown.splitlines())) <= 80
    heading = " ".join(shown.splitlines()[0].split())
    assert heading == "Id Address Made by Shown as Model Category Confidence"
    assert the_recorder(inventory) in shown and "10.20.0.9!" in shown and "confirmed" in shown


@pytest.mark.parametrize("words", [[], ["device"], ["device", "--full"]])
def test_nothing_that_a_device_says_acts_on_the_terminal(inventory: Path, words: list[str]) -> None:
    words = [the_recorder(inventory) if word == "device" else word for word in words]
    shown = invoke(inventory, *words).output
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "LTS" in shown


def test_one_device_is_shown_with_all_that_speaks_for_it(inventory: Path) -> None:
    lines = [line.strip() for line in invoke(inventory, the_recorder(inventory)[:4]).stdout.splitlines()]
    assert "made by     Hikvision (confirmed)" in lines
    assert "shown as    LTS\\e]0;owned\\x07\\u202e[red], another name than its maker's" in lines
    assert "covered     us-ndaa-889" in lines
    assert "last seen   2026-03-01 12:00 UTC, on-link" in lines
    assert "two models: LTN8916, \\e[1mLTN8932" in lines
    assert "strong     brand: LTS\\e]0;owned\\x07\\u202e[red]" in lines
    assert any(line.startswith("html, lts-title: <title>LTS") for line in lines)
    assert any(line.endswith("10.20.0.9  44:19:b6:00:00:01  on-link") for line in lines)
    assert "Server: Webs\\e[2J" in lines


def test_a_long_reply_is_cut_and_says_so_unless_the_whole_is_wanted(inventory: Path) -> None:
    device = the_recorder(inventory)
    cut, full = invoke(inventory, device).stdout, invoke(inventory, device, "--full").stdout
    assert "more characters: --full" in cut and "the end" not in cut
    assert "the end" in full and "more characters" not in full


def test_jsonl_is_the_contract_with_the_keys_of_the_inventory(inventory: Path) -> None:
    line = json.loads(invoke(inventory, "--covered", "--jsonl").stdout)
    assert line["brand"] == HOSTILE and line["evidence"][0]["fingerprint"] == "lts-title"
    added = list(line)[list(line).index("evidence") + 1 :]
    assert added[: 5 + len(PLACED)] == ["id", "first_seen", "last_seen", "last_run", "reachable", *PLACED]


def test_the_raw_replies_come_out_as_they_were_seen(inventory: Path) -> None:
    lines = invoke(inventory, "--maker", "hikvision", "--replies").stdout_bytes.splitlines()
    assert list(read(lines, name="stdout")) == [PAGE]


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ([], [RECORDER.address, CAMERA.address]),
        (["--maker", "hanwha vision"], [CAMERA.address]),
        (["--brand", "wisenet"], [CAMERA.address]),
        (["--confidence", "probable"], [RECORDER.address]),
        (["--covered"], [RECORDER.address]),
        (["--search", "ltn8916"], [RECORDER.address]),
        (["--run", "20"], [RECORDER.address, CAMERA.address]),
    ],
)
def test_each_filter_leaves_the_devices_that_were_asked_for(
    inventory: Path, words: list[str], addresses: list[str]
) -> None:
    lines = invoke(inventory, *words, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["address"] for line in lines] == addresses


@pytest.mark.parametrize("name", ["10.20.0.9", "44:19:B6:00:00:01", "44-19-b6-00-00-01", "LTN89160120200101"])
def test_a_device_is_found_by_what_people_know_of_it(inventory: Path, name: str) -> None:
    assert "LTN8916-P16" in invoke(inventory, name).output


def test_a_device_of_two_addresses_is_found_by_either(inventory: Path) -> None:
    """And no longer by one that it gave up."""
    with open_inventory(inventory) as opened:
        run = opened.runs()[0].id
        second = msgspec.structs.replace(RECORDER, address="10.20.0.10", mac="44:19:b6:00:00:02")
        opened.record(run, [Seen(second, identifiers=identifiers(RECORDER))])
    for name in ("10.20.0.9", "10.20.0.10", "44:19:b6:00:00:02"):
        assert "LTN8916-P16" in invoke(inventory, name).output
    with open_inventory(inventory) as opened:
        opened.record(opened.begin_run(RunSettings()), [Seen(second, identifiers=identifiers(RECORDER))])
    with pytest.raises(CamcensusError, match="there is no device"):
        invoke(inventory, "10.20.0.9")


def test_an_address_that_two_sites_use_is_answered_with_both_devices(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        opened.change(places.add_site, "jo", "york")
        run = opened.begin_run(RunSettings(site="york"))
        opened.record(run, [Seen(msgspec.structs.replace(CAMERA, address="10.20.0.9"))])
        here, there = (one.id for one in opened.devices("address = 10.20.0.9", sort="-last_seen"))
    with pytest.raises(CamcensusError, match=r"more than one device is 10\.20\.0\.9") as error:
        invoke(inventory, "10.20.0.9")
    assert {f"{here} at york", f"{there} at no site"} == set(error.value.why.split(", "))


def test_an_unknown_device_or_run_is_an_error_that_helps(inventory: Path) -> None:
    with pytest.raises(CamcensusError, match=r"there is no device 'nope'.*camcensus devices"):
        invoke(inventory, "nope")
    with pytest.raises(CamcensusError, match=r"there is no run 'nope'.*camcensus runs"):
        invoke(inventory, "--run", "nope")


def test_that_nothing_was_found_is_said_with_where_to_see_what_was_not_seen(inventory: Path) -> None:
    result = invoke(inventory, "--brand", "nobody")
    assert result.stdout == "" and result.stderr == "0 devices. What was not seen: camcensus blind-spots\n"


# Conditions, columns, orders and formats


def test_a_condition_stands_beside_the_short_options(inventory: Path) -> None:
    lines = invoke(
        inventory, "--where", "relabelled or maker = other", "--covered", "--jsonl"
    ).stdout.splitlines()
    assert [json.loads(line)["address"] for line in lines] == [RECORDER.address]


def test_a_condition_chooses_whose_replies_come_out(inventory: Path) -> None:
    assert invoke(inventory, "--where", "maker = other", "--replies").stdout == ""
    assert invoke(inventory, "--where", "category = nvr", "--replies").stdout != ""


def test_columns_come_in_the_order_of_a_field(inventory: Path) -> None:
    shown = invoke(inventory, "--columns", "category,relabelled,confidence", "--sort=confidence").stdout
    assert [line.split() for line in shown.splitlines()] == [
        ["category", "relabelled", "confidence"],
        ["access-control", "possible"],
        ["nvr", "yes", "confirmed"],
    ]


@pytest.mark.parametrize("width", [80, 160])
def test_columns_that_do_not_fit_become_lines_of_each_device(
    inventory: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = invoke(inventory, "--columns", "all").stdout
    assert max(map(len, shown.splitlines())) <= width
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert f"confidence{'':7}confirmed" in shown and "maker_name" in shown


def test_csv_has_the_columns_asked_for_and_runs_nothing(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        run = opened.begin_run(RunSettings())
        hostile = msgspec.structs.replace(CAMERA, address="10.20.0.50", model='=HYPERLINK("http://x")')
        opened.record(run, [Seen(hostile, (), None, identifiers(hostile))])
    shown = invoke(
        inventory, "--columns", "model,covered", "--where", "address = 10.20.0.50", "--format", "csv"
    )
    assert shown.stdout_bytes == b'model,covered\r\n"\'=HYPERLINK(""http://x"")",\r\n'
    whole = invoke(inventory, "--format", "csv").stdout_bytes.splitlines()
    assert whole[0].startswith(b"id,subject,address,mac,maker") and b"'=HYPERLINK" in whole[2]


def test_columns_as_json_lines_are_objects_of_these_keys(inventory: Path) -> None:
    line = json.loads(invoke(inventory, "--columns", "covered,relabelled", "--covered", "--jsonl").stdout)
    assert line == {"covered": ["us-ndaa-889"], "relabelled": True}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--where", "makr = x"], "character 1 of the condition; .*did you mean maker"),
        (["--columns", "addres"], "there is no field 'addres'; did you mean address"),
        (["--sort", "-modle"], "there is no field 'modle'; did you mean model"),
    ],
)
def test_a_field_that_does_not_exist_is_an_error_that_helps(
    inventory: Path, words: list[str], what: str
) -> None:
    with pytest.raises(CamcensusError, match=f"(?s){what}"):
        invoke(inventory, *words)


def test_the_same_condition_chooses_for_reports_and_for_matching_again(inventory: Path) -> None:
    def run(command: click.Command, *words: str) -> Result:
        words = (*words, "--inventory", str(inventory))
        return CliRunner().invoke(command, words, catch_exceptions=False)

    assert len(run(report, "csv", "--where", "maker = other").stdout_bytes.splitlines()) == 2
    assert "(only: category = nvr)" in run(report, "html", "--where", "category = nvr").stdout
    everything = run(rematch, "--dry-run").stderr
    assert (
        everything
        != run(rematch, "--dry-run", "--where", "maker = other").stderr
        == "0 changes would be made.\n"
    )


# One unit or two


def test_two_devices_are_made_one_and_parted_again(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        one, two = (device.id for device in opened.devices())
    merged = invoke(inventory, "merge", one, two, "--why", "the same unit", "--by", "jo")
    with open_inventory(inventory) as opened:
        (kept,) = (device.id for device in opened.devices())
        (change,) = opened.identity_changes()
    gone = two if kept == one else one
    assert f"{gone} is now part of {kept}" in merged.stderr
    assert (change.by, change.why) == ("jo", "the same unit")
    assert gone in invoke(inventory, "split", gone, "--why", "no, two").stderr
    with open_inventory(inventory) as opened:
        assert {device.id for device in opened.devices()} == {one, two}


def test_a_split_by_address_leaves_what_does_not_fit(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        run = opened.begin_run(RunSettings())
        elsewhere = msgspec.structs.replace(RECORDER, address="10.20.0.99")
        opened.record(run, [Seen(elsewhere, (), None, identifiers(elsewhere))])
        count = len(opened.devices())
    invoke(inventory, "split", RECORDER.serial or "", "--address", "10.20.0.99", "--why", "two")
    with open_inventory(inventory) as opened:
        assert len(opened.devices()) == count + 1


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["list", "--full"], "No such option"),
        (["show"], "Missing argument"),
        (["merge", "10.20.0.9"], "Missing argument"),
        (["split", "10.20.0.9"], "--why"),
    ],
)
def test_wrong_usage_is_an_error_that_says_so(inventory: Path, words: list[str], what: str) -> None:
    result = CliRunner().invoke(devices, [*words, "--inventory", str(inventory)])
    assert result.exit_code == 2 and what in result.stderr


def test_a_device_says_where_it_is_and_whose(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        device = opened.devices("maker = hikvision")[0]
    placed = msgspec.structs.replace(
        device, site="leeds", room="2.14", switch="sw-3", switch_port="7", owner="landlord"
    )
    lines = list(facts(placed))
    assert "place       leeds, 2.14, sw-3, port 7" in lines and "owner       landlord" in lines
    assert not any(line.startswith(("place", "owner", "note")) for line in facts(device))


@pytest.mark.parametrize(
    ("words", "addresses", "told"),
    [
        (["--limit", "1"], [RECORDER.address], "1 to 1 of 2 devices. More: --skip 1 "),
        (["--limit", "5", "--skip", "1"], [CAMERA.address], "2 to 2 of 2 devices. "),
        (["--skip", "2"], [], "2 devices, none after the first 2. "),
        (["--limit", "1", "--sort=-address"], [CAMERA.address], "1 to 1 of 2 devices. "),
        (["--limit", "1", "--run", "20", "--covered"], [RECORDER.address], "1 device. "),
    ],
)
def test_a_long_list_is_read_page_by_page(
    inventory: Path, words: list[str], addresses: list[str], told: str
) -> None:
    lines = invoke(inventory, *words, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["address"] for line in lines] == addresses
    rows = invoke(inventory, *words, "--columns", "address", "--format", "csv").stdout.splitlines()
    assert rows == ["address", *addresses]
    assert invoke(inventory, *words).stderr.startswith(told)
    assert invoke(inventory, *words, "--columns", "address").stderr.startswith(told)


def test_the_raw_replies_of_one_page_come_out(inventory: Path) -> None:
    assert invoke(inventory, "--replies", "--limit", "1").stdout != ""
    assert invoke(inventory, "--replies", "--skip", "1").stdout == ""


def test_a_device_is_found_by_its_last_conclusive_look(inventory: Path) -> None:
    said = Claim("hikvision-title", "maker", "hikvision", "strong", "html", "App-webs")
    sure = msgspec.structs.replace(RECORDER, evidence=(said,))
    with open_inventory(inventory) as opened:
        run = opened.begin_run(RunSettings())
        opened.add(run, [PAGE])
        rows = [row for row, _ in opened.observations(run)]
        opened.record(run, [Seen(sure, rows, "on-link", identifiers(RECORDER))])
    columns = ("--columns", "address,last_look", "--format", "csv")
    assert invoke(inventory, *columns, "--where", "last_look is set").stdout.splitlines() == [
        "address,last_look", "10.20.0.9,2026-03-01T12:00:00.000000Z",
    ]  # fmt: skip
    assert (
        invoke(inventory, "--where", "last_look < 2026-03-01 or last_look is empty", "--jsonl").stdout.count(
            "\n"
        )
        == 1
    )
    assert invoke(inventory, *columns, "--where", "last_look > 2026-03-01").stdout == "address,last_look\n"
