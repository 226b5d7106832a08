"""The page as a real browser shows it, after its script has run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from lxml import html

from reports import page
from reports.language import language
from tests.reports.browser import CHROMIUM, Browser, browser
from tests.reports.samples import HOSTILE_TEXTS, census, hostile, large, plan

POLICY_STEPPED_IN = "Content Security Policy"  # in the browser's log
SETTLED = "new Promise(done => setTimeout(done, 60))"  # until what an attack would start has had its turn
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as shown:
        yield shown


class Opened(Protocol):
    def __call__(self, text: str, fragment: str = "", *, log: str | None = None) -> html.HtmlElement: ...


@pytest.fixture
def opened(started: Browser, tmp_path: Path) -> Opened:
    """Opens a page in a real browser: the document as it stands after its script has run. `log` is what the browser
    has to say about it; without, its policy had no need to step in."""

    def opened(text: str, fragment: str = "", *, log: str | None = None) -> html.HtmlElement:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.html"
        file.write_text(text, "utf-8")
        started.log.clear()
        started.open(file.as_uri() + fragment)
        started.run(SETTLED)
        said = " ".join(started.log)
        assert log in said if log else POLICY_STEPPED_IN not in said
        return html.document_fromstring(started.run("document.documentElement.outerHTML"))

    return opened


def visible(shown: html.HtmlElement) -> list[str]:
    """The addresses in the table, as far as they are shown, from top to bottom."""
    return texts(shown, "//table[@id='table']/tbody/tr[@class!='more']/td[2]/span[1]")


def texts(element: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in element.xpath(path)]


def test_no_hostile_text_runs_or_becomes_an_element(opened: Opened) -> None:
    made = hostile()
    shown = opened(page.render(made))
    assert shown.xpath("string(//title)") == made.title
    assert len(shown.xpath("//script")) == 3 and not shown.xpath("//img | //template")
    assert len(visible(shown)) == len(HOSTILE_TEXTS)
    [table] = shown.xpath("//table[@id='table']")
    assert HOSTILE_TEXTS["markup"][:40] in table.text_content()


def test_the_browser_would_have_shown_a_text_that_runs(opened: Opened) -> None:
    unsafe = f"<!doctype html><title>fine</title><p>{HOSTILE_TEXTS['markup']}</p>"
    assert opened(unsafe).xpath("string(//title)") == "owned"


def test_the_policy_stops_even_a_script_that_slipped_through(opened: Opened) -> None:
    made = census()
    leaky = page.render(made).replace("<main>", "<main><script>document.title='owned'</script>")
    shown = opened(leaky, log=POLICY_STEPPED_IN)
    assert shown.xpath("string(//title)") == made.title


@pytest.mark.parametrize(
    ("fragment", "addresses"),
    [
        ("#filter=amcrest", ["10.20.2.10", "10.20.2.11"]),
        ("#filter=LTN8916+10.20.1.5", ["10.20.1.5"]),
        ("#maker=hikvision&relabelled=on", ["10.20.0.33", "10.20.1.4", "10.20.1.5"]),
        ("#conflict=on", ["10.20.2.13"]),
        ("#maker=dahua&confidence=probable&sort=-address", ["10.20.2.13", "10.20.2.12"]),
        ("#filter=nothing+like+this", []),
    ],
)
def test_an_address_with_a_filter_shows_just_these_devices(
    opened: Opened, fragment: str, addresses: list[str]
) -> None:
    shown = opened(page.render(census()), fragment)
    assert visible(shown) == addresses
    [status] = texts(shown, "//*[@role='status']")
    assert status == f"{len(addresses)} of 27 devices"
    assert bool(shown.xpath("//*[@id='empty'][@hidden]")) == bool(addresses)


def test_sorting_by_address_counts_and_does_not_spell(opened: Opened) -> None:
    shown = opened(page.render(census()), "#maker=hikvision&sort=address")
    numbers = [tuple(map(int, address.split("."))) for address in visible(shown)]
    assert numbers == sorted(numbers) and len(numbers) == 12
    [heading] = shown.xpath("//th[@aria-sort='ascending']")
    assert heading.text_content().strip() == "Address"


def test_a_link_to_a_device_opens_its_evidence(opened: Opened) -> None:
    shown = opened(page.render(census()), "#device-d0053")
    [button] = shown.xpath("//button[@aria-expanded='true']")
    assert button.xpath("ancestor::tr[@id='device-d0053']")
    [more] = shown.xpath("//*[@id='device-d0053']/following-sibling::tr[1][@class='more']")
    assert len(more.xpath(".//ul[@class='evidence']/li")) == 2 and "rtsp says Dahua" in more.text_content()


@pytest.mark.slow
def test_ten_thousand_devices_open_and_filter(opened: Opened) -> None:
    shown = opened(page.render(large(10_000)), "#filter=10.20.39.250")
    assert visible(shown) == ["10.20.39.250"]
    assert texts(shown, "//*[@role='status']") == ["1 of 10,000 devices"]


def test_a_long_table_is_shown_a_page_at_a_time(opened: Opened) -> None:
    shown = opened(page.render(large(250)), "#page=3")
    assert len(visible(shown)) == 50 and texts(shown, "//*[@id='at']") == ["201 to 250 of 250"]
    assert shown.xpath("//*[@id='next'][@disabled]") and not shown.xpath("//*[@id='previous'][@disabled]")


def test_a_plan_shows_the_state_of_each_device_and_can_be_filtered_by_it(opened: Opened) -> None:
    made = census(plan=plan())
    assert made.plan
    shown = opened(page.render(made), "#state=ordered")
    ordered = {item.address for item in made.plan.items if item.state == "ordered"}
    assert ordered and {*visible(shown)} == ordered
    assert {*texts(shown, "//td[@class='state']")} == {"ordered"}


def test_the_page_speaks_german_where_the_script_wrote_it(opened: Opened) -> None:
    shown = opened(page.render(census(), language("de")), "#device-d0053")
    [table] = shown.xpath("//table[@id='table']")
    assert "Belege (2)" in table.text_content() and "bestätigt" in table.text_content()
    assert "Evidence" not in table.text_content() and shown.get("lang") == "de"
