"""`camcensus identify`: the contract in, the contract out, and nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from scanner.cli.identify import identify

DAHUA = b'{"subject":"door","protocol":"dvrip","payload":"Realm:Login to 4K01234PAGABCDE"}\n'
AXIS = b'{"address":"10.0.0.7","protocol":"http","payload":"<html>nothing to see</html>"}\n'
KEYS = (
    "subject", "address", "mac", "maker", "maker_name", "brand", "relabelled", "category", "model", "firmware",
    "serial", "confidence", "covered", "conflicts", "evidence",
)  # fmt: skip


def run(give: bytes) -> Result:
    return CliRunner().invoke(identify, ["-"], input=give)


def test_each_device_comes_out_once_in_the_order_it_came_in_with_the_keys_of_the_contract() -> None:
    result = run(DAHUA + AXIS + DAHUA)
    door, unknown = map(json.loads, result.stdout.splitlines())
    assert tuple(door) == KEYS
    assert (door["subject"], door["maker"], door["confidence"]) == ("door", "dahua", "probable")
    assert set(door["evidence"][0]) == {
        "fingerprint",
        "attribute",
        "value",
        "strength",
        "protocol",
        "excerpt",
    }
    assert (unknown["address"], unknown["maker"], unknown["confidence"]) == ("10.0.0.7", None, "none")
    assert result.exit_code == 0


def test_a_bad_line_is_named_with_its_number_and_the_good_ones_are_identified() -> None:
    result = run(DAHUA + b'{"protocol":"telepathy"}\n' + b"not json\n" + AXIS)
    assert len(result.stdout.splitlines()) == 2
    assert "line 2: protocol" in result.stderr and "line 3" in result.stderr
    assert result.exit_code == 3


def test_a_file_is_read_like_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_bytes(DAHUA)
    assert CliRunner().invoke(identify, [str(file)]).stdout == run(DAHUA).stdout
