"""The page as a real browser shows it, after its script has run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import html

from reports import page
from reports.language import language
from tests.reports.samples import HOSTILE_TEXTS, census, hostile, large, plan

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
POLICY_STEPPED_IN = "Content Security Policy"  # in the browser's log
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"),
]


def opened(folder: Path, text: str, fragment: str = "") -> html.HtmlElement:
    """The document as it stands after a real browser has opened the page and run its script."""
    shown, log = opened_with_log(folder, text, fragment)
    assert POLICY_STEPPED_IN not in log
    return shown


def opened_with_log(folder: Path, text: str, fragment: str = "") -> tuple[html.HtmlElement, str]:
    file = folder / "census.html"
    file.write_text(text, "utf-8")
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--enable-logging=stderr", "--virtual-time-budget=2000", f"--user-data-dir={folder / 'profile'}",
            "--dump-dom", f"{file.as_uri()}{fragment}",
        ],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return html.document_fromstring(done.stdout.decode()), done.stderr.decode(errors="replace")


def visible(shown: html.HtmlElement) -> list[str]:
    """The addresses in the table, as far as they are shown, from top to bottom."""
    return texts(shown, "//table[@id='table']/tbody/tr[@class!='more']/td[2]/span[1]")


def texts(element: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in element.xpath(path)]


def test_no_hostile_text_runs_or_becomes_an_element(tmp_path: Path) -> None:
    made = hostile()
    shown = opened(tmp_path, page.render(made))
    assert shown.xpath("string(//title)") == made.title
    assert len(shown.xpath("//script")) == 3 and not shown.xpath("//img | //template")
    assert len(visible(shown)) == len(HOSTILE_TEXTS)
    [table] = shown.xpath("//table[@id='table']")
    assert HOSTILE_TEXTS["markup"][:40] in table.text_content()


def test_the_browser_would_have_shown_a_text_that_runs(tmp_path: Path) -> None:
    unsafe = f"<!doctype html><title>fine</title><p>{HOSTILE_TEXTS['markup']}</p>"
    assert opened(tmp_path, unsafe).xpath("string(//title)") == "owned"


def test_the_policy_stops_even_a_script_that_slipped_through(tmp_path: Path) -> None:
    made = census()
    leaky = page.render(made).replace("<main>", "<main><script>document.title='owned'</script>")
    shown, log = opened_with_log(tmp_path, leaky)
    assert shown.xpath("string(//title)") == made.title and POLICY_STEPPED_IN in log


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
    tmp_path: Path, fragment: str, addresses: list[str]
) -> None:
    shown = opened(tmp_path, page.render(census()), fragment)
    assert visible(shown) == addresses
    [status] = texts(shown, "//*[@role='status']")
    assert status == f"{len(addresses)} of 27 devices"
    assert bool(shown.xpath("//*[@id='empty'][@hidden]")) == bool(addresses)


def test_sorting_by_address_counts_and_does_not_spell(tmp_path: Path) -> None:
    shown = opened(tmp_path, page.render(census()), "#maker=hikvision&sort=address")
    numbers = [tuple(map(int, address.split("."))) for address in visible(shown)]
    assert numbers == sorted(numbers) and len(numbers) == 12
    [heading] = shown.xpath("//th[@aria-sort='ascending']")
    assert heading.text_content().strip() == "Address"


def test_a_link_to_a_device_opens_its_evidence(tmp_path: Path) -> None:
    shown = opened(tmp_path, page.render(census()), "#device-d0053")
    [button] = shown.xpath("//button[@aria-expanded='true']")
    assert button.xpath("ancestor::tr[@id='device-d0053']")
    [more] = shown.xpath("//*[@id='device-d0053']/following-sibling::tr[1][@class='more']")
    assert len(more.xpath(".//ul[@class='evidence']/li")) == 2 and "rtsp says Dahua" in more.text_content()


@pytest.mark.slow
def test_ten_thousand_devices_open_and_filter(tmp_path: Path) -> None:
    shown = opened(tmp_path, page.render(large(10_000)), "#filter=10.20.39.250")
    assert visible(shown) == ["10.20.39.250"]
    assert texts(shown, "//*[@role='status']") == ["1 of 10,000 devices"]


def test_a_long_table_is_shown_a_page_at_a_time(tmp_path: Path) -> None:
    shown = opened(tmp_path, page.render(large(250)), "#page=3")
    assert len(visible(shown)) == 50 and texts(shown, "//*[@id='at']") == ["201 to 250 of 250"]
    assert shown.xpath("//*[@id='next'][@disabled]") and not shown.xpath("//*[@id='previous'][@disabled]")


def test_a_plan_shows_the_state_of_each_device_and_can_be_filtered_by_it(tmp_path: Path) -> None:
    made = census(plan=plan())
    assert made.plan
    shown = opened(tmp_path, page.render(made), "#state=ordered")
    ordered = {item.address for item in made.plan.items if item.state == "ordered"}
    assert ordered and {*visible(shown)} == ordered
    assert {*texts(shown, "//td[@class='state']")} == {"ordered"}


def test_the_page_speaks_german_where_the_script_wrote_it(tmp_path: Path) -> None:
    shown = opened(tmp_path, page.render(census(), language("de")), "#device-d0053")
    [table] = shown.xpath("//table[@id='table']")
    assert "Belege (2)" in table.text_content() and "bestätigt" in table.text_content()
    assert "Evidence" not in table.text_content() and shown.get("lang") == "de"
