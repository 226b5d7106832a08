"""The page with a keyboard and a screen reader: what can be reached, what it is called, and whether it can be read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import page
from reports.template import contrast
from tests.reports.browser import CHROMIUM, Browser, browser
from tests.reports.samples import HOSTILE_TEXTS, census, hostile, large, plan

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as shown:
        yield shown


@pytest.fixture
def shown(started: Browser, tmp_path: Path) -> Browser:
    """The page of a building with a plan."""
    (tmp_path / "census.html").write_text(page.render(census(plan=plan())), "utf-8")
    started.log.clear()
    started.open((tmp_path / "census.html").as_uri())
    return started


def named(shown: Browser, role: str) -> list[str]:
    """The names that a screen reader says for all that has a role."""
    tree: list[dict[str, Any]] = shown.tell("Accessibility.getFullAXTree")["nodes"]
    return [
        one.get("name", {}).get("value", "")
        for one in tree
        if not one.get("ignored") and one["role"]["value"] == role
    ]


def test_the_page_runs_without_an_error_and_without_a_request(shown: Browser) -> None:
    assert shown.run("performance.getEntriesByType('resource').length") == 0
    assert shown.run("performance.getEntriesByName('ready').length") == 1
    assert not shown.log


def test_the_skip_link_comes_first_and_leads_to_the_devices(shown: Browser) -> None:
    shown.press("Tab")
    assert shown.run("document.activeElement.textContent") == "Skip to the devices"
    assert shown.run("document.activeElement.getBoundingClientRect().left") >= 0
    shown.press("Enter")
    assert shown.run("document.activeElement.id") == "devices"


def test_evidence_opens_with_the_keyboard_and_says_so(shown: Browser) -> None:
    shown.run("document.querySelector('#device-d0053 button.open').focus()")
    assert shown.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown.press("Enter")
    assert shown.run("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert "rtsp says Dahua" in shown.run("document.querySelector('tr.more').textContent")
    shown.press(" ")
    assert shown.run("document.querySelectorAll('tr.more').length") == 0
    assert shown.run("document.activeElement.getAttribute('aria-expanded')") == "false"


def test_a_heading_sorts_with_the_keyboard_and_says_how(shown: Browser) -> None:
    shown.run("document.querySelector('th[data-column=address] button').focus()")
    shown.press("Enter")
    assert shown.run("document.querySelector('th[data-column=address]').ariaSort") == "ascending"
    shown.press("Enter")
    assert shown.run("document.querySelector('th[data-column=address]').ariaSort") == "descending"
    assert shown.run("document.querySelector('tbody .address .mono').textContent") == "192.168.1.64"
    assert "sort=-address" in shown.run("location.hash")


def test_typing_filters_and_a_screen_reader_hears_how_many(shown: Browser) -> None:
    shown.run("form.elements.filter.focus()")
    shown.tell("Input.insertText", text="amcrest")
    assert shown.run("document.getElementById('shown').textContent") == "2 of 27 devices"
    assert shown.run("document.getElementById('shown').getAttribute('role')") == "status"
    assert (
        shown.run("[...document.querySelectorAll('td.shown_as')].map(one => one.firstChild.data)")
        == ["Amcrest"] * 2
    )


def test_a_click_on_a_bar_chooses_its_devices(shown: Browser) -> None:
    shown.run("[...document.querySelectorAll('.bars a')].find(one => one.textContent === 'LTS').click()")
    shown.run("new Promise(done => setTimeout(done, 50))")
    assert shown.run("document.getElementById('shown').textContent") == "2 of 27 devices"


def test_everything_that_can_be_used_has_a_name(shown: Browser) -> None:
    for role in ("button", "searchbox", "combobox", "checkbox", "link"):
        names = named(shown, role)
        assert names and all(names), role
    assert "Show the evidence of 10.20.2.13 IPC-HDW2831T-AS-S2" in named(shown, "button")
    assert {"Device", "Address", "Confidence"} <= {*named(shown, "columnheader")}
    assert {"What was seen", "What was not seen", "Plan", "Devices"} <= {*named(shown, "heading")}
    assert any("Devices still to be replaced" in name for name in named(shown, "image"))


def test_headings_go_down_one_step_at_a_time(shown: Browser) -> None:
    levels = shown.run("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(shown: Browser, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, of every text on the page."""
    shown.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    colours = shown.run("""[...new Set([...document.querySelectorAll('body *')].filter(one =>
        [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()) && one.getClientRects().length
        && !one.closest('svg, script, style, option')).map(one => {
          let behind = one, colour;
          do { colour = getComputedStyle(behind).backgroundColor; behind = behind.parentElement; }
          while (behind && colour === 'rgba(0, 0, 0, 0)');
          return getComputedStyle(one).color + '|' + colour;
        }))]""")
    shown.tell("Emulation.setEmulatedMedia", features=[])
    assert len(colours) >= 4
    for pair in colours:
        ink, paper = (tuple(map(int, re.findall(r"\d+", colour)[:3])) for colour in pair.split("|"))
        assert contrast(ink, paper) >= 4.5, pair


def test_nothing_is_wider_than_a_phone(shown: Browser) -> None:
    shown.tell("Emulation.setDeviceMetricsOverride", width=375, height=800, deviceScaleFactor=1, mobile=True)
    wide = shown.run("document.documentElement.scrollWidth")
    shown.tell("Emulation.clearDeviceMetricsOverride")
    assert wide <= 375


def test_a_page_of_the_table_turns_and_the_focus_goes_along(started: Browser, tmp_path: Path) -> None:
    (tmp_path / "census.html").write_text(page.render(large(250)), "utf-8")
    started.open((tmp_path / "census.html").as_uri())
    started.run("document.getElementById('next').focus()")
    started.press("Enter")
    assert started.run("document.getElementById('at').textContent") == "101 to 200 of 250"
    assert started.run("document.activeElement.id") == "devices"
    assert started.run("location.hash") == "#page=2"


def test_paper_gets_all_that_the_filter_shows(started: Browser, tmp_path: Path) -> None:
    (tmp_path / "census.html").write_text(page.render(large(250)), "utf-8")
    started.open((tmp_path / "census.html").as_uri())
    started.run("dispatchEvent(new Event('beforeprint'))")
    assert started.run("document.querySelectorAll('tr.device').length") == 250
    started.run("dispatchEvent(new Event('afterprint'))")
    assert started.run("document.querySelectorAll('tr.device').length") == 100


def test_hostile_texts_stay_texts_when_all_their_evidence_is_open(started: Browser, tmp_path: Path) -> None:
    (tmp_path / "census.html").write_text(page.render(hostile()), "utf-8")
    started.log.clear()
    started.open((tmp_path / "census.html").as_uri())
    started.run("document.querySelectorAll('button.open').forEach(one => one.click())")
    assert started.run("document.querySelectorAll('tr.more').length") == len(HOSTILE_TEXTS)
    assert started.run("document.title") == hostile().title
    assert (
        started.run("document.querySelectorAll('img, iframe, template, [onerror], [onmouseover]').length")
        == 0
    )
    assert started.run("performance.getEntriesByType('resource').length") == 0
    assert HOSTILE_TEXTS["attribute"] in started.run("document.querySelector('tbody').textContent")
    assert not started.log
