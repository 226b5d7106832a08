"""The report for programs: whole, exact, and one device a line."""

from __future__ import annotations

import json

from reports import json as report
from tests.reports.samples import census, hostile, plan


def test_hostile_texts_are_handed_on_as_they_are() -> None:
    made = hostile()
    document = json.loads(report.render(made))
    assert [one["model"] for one in document["devices"]] == [one.model for one in made.devices]
    assert [one["evidence"][0]["excerpt"] for one in document["devices"]] == [
        one.evidence[0].excerpt for one in made.devices
    ]


def test_each_device_is_a_line_of_its_own_and_says_when_it_was_made() -> None:
    made = census(plan=plan())
    lines = report.render(made).decode().splitlines()
    assert len(lines) == len(made.devices) + 2
    first = json.loads(lines[1].rstrip(","))
    assert first["id"] == made.devices[0].id and first["made"] == "2023-06-14"


def test_an_empty_census_is_a_document_too() -> None:
    document = json.loads(report.render(census(())))
    assert document["devices"] == [] and document["plan"] is None and document["log_head"] is None
    assert document["figures"]["devices"] == 0 and document["not_seen"]
