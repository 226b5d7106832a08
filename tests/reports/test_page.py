from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from lxml import html

from reports import csv as table
from reports import page, terminal
from reports.content import Census
from tests.reports.samples import census, hostile, large, plan


def tree(made: Census) -> html.HtmlElement:
    return html.document_fromstring(page.render(made))


def data_of(shown: html.HtmlElement, id: str = "data") -> dict[str, Any]:
    """What the page's script shows."""
    [text] = shown.xpath(f"//script[@id='{id}']/text()")
    found: dict[str, Any] = json.loads(text)
    return found


def column(data: dict[str, Any], name: str) -> list[Any]:
    one = data["columns"][name]
    return [one["values"][row] for row in one["rows"]] if "values" in one else one["rows"]


def texts(element: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in element.xpath(path)]


@pytest.mark.parametrize(
    "made", [census(), census(()), large(300)], ids=["a building", "nothing", "300 devices"]
)
def test_the_page_the_csv_and_the_terminal_agree_on_every_figure(made: Census) -> None:
    rows = list(csv.DictReader(io.StringIO(table.render(made).decode(), newline="")))
    screen = io.StringIO()
    terminal.summary(made, screen)
    words, shown = " ".join(screen.getvalue().split()), tree(made)
    data = data_of(shown)
    assert len(rows) == data["count"] == len(made.devices)
    assert [row["id"] for row in rows] == column(data, "id")
    assert [row["maker"] or "unknown" for row in rows] == column(data, "maker")
    cards = texts(shown, "//article[contains(@class, 'maker')]")
    for maker, card in zip(made.makers, cards, strict=True):
        of_it = [row for row in rows if row["maker"] == (maker.maker or "")]
        confidence = Counter(row["confidence"] for row in of_it)
        proven = confidence["confirmed"] + confidence["probable"]
        if maker.maker in ("hikvision", "dahua"):
            assert card.startswith(f"{proven} made by {maker.name}")
            for level in ("confirmed", "probable", "possible"):
                if confidence[level]:
                    assert f"{confidence[level]} {level}" in card
                    assert (
                        f"{maker.name} {len(of_it)} device" in words
                        and f"{confidence[level]} {level}" in words
                    )
        else:
            assert (
                card.startswith(f"{len(of_it)} {maker.name}") and f"{maker.name} {len(of_it)} device" in words
            )


def test_what_was_not_seen_stands_beside_the_counts() -> None:
    [unseen] = texts(tree(census()), "//section[@aria-labelledby='unseen']")
    assert "945 of 1,006 addresses gave no answer" in unseen and "37020 is taken" in unseen
    assert "infusion pumps" in unseen and "does not show it is absent" in unseen


def test_each_device_carries_its_evidence() -> None:
    proofs = data_of(tree(census()), "evidence")
    for claims, device in zip(proofs["of"], census().devices, strict=True):
        said = {(proofs["claims"][claim][0].lower(), proofs["claims"][claim][1]) for claim in claims}
        assert len(claims) == len(device.evidence)
        assert said == {(claim.attribute, claim.value) for claim in device.evidence}


def test_a_page_of_very_many_devices_leaves_their_evidence_out_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "LIGHT_FROM", 300)
    shown = tree(large(300))
    assert data_of(shown, "evidence") == {"claims": [], "of": []}
    assert "leaves their evidence out" in shown.text_content()
    assert data_of(tree(large(299)), "evidence")["claims"]


def test_a_conflict_is_shown_at_the_top_and_at_its_device() -> None:
    shown = tree(census())
    [link] = shown.xpath("//section[@aria-labelledby='conflicts']//a")
    data = data_of(shown)
    row = column(data, "id").index(link.get("href").removeprefix("#device-"))
    assert column(data, "conflicts")[row] == ["http says Uniview, rtsp says Dahua"]


def test_the_page_speaks_of_covered_and_never_of_compliant() -> None:
    shown = tree(census())
    assert "covered by ndaa-889" in column(data_of(shown), "covered")
    assert "complian" not in shown.text_content().lower()


def test_the_page_asks_for_nothing_outside_itself() -> None:
    for made in (census(), hostile()):
        shown = tree(made)
        for attribute in shown.xpath("//@src | //@href | //@action | //@data | //@poster | //@srcset"):
            assert attribute.startswith("#") or attribute == "data:,"
        assert not shown.xpath("//iframe | //object | //embed | //img | //base | //link[@rel='stylesheet']")
        assert "url(http" not in page.render(made) and "@import" not in page.render(made)


def test_the_policy_allows_the_pages_own_style_and_script_by_hash_and_nothing_else() -> None:
    shown = tree(hostile())
    [policy] = shown.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for kind in ("style", "script"):
        [element] = shown.xpath(f"//{kind}[not(@type)]")
        hashed = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{hashed}'" in policy
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not shown.xpath("//@style | //@onclick | //@onerror | //@onmouseover")


def test_the_same_census_gives_the_same_bytes() -> None:
    assert page.render(census()) == page.render(census())


def test_a_text_of_ten_thousand_characters_is_shortened_and_says_so() -> None:
    text = page.render(hostile())
    assert "A" * 301 not in text and "(+9,700 characters)" in text


def test_every_control_has_a_label_and_every_column_a_heading() -> None:
    shown = tree(census())
    assert len(shown.xpath("//h1")) == 1 and shown.get("lang") == "en"
    assert all(field.getparent().tag == "label" for field in shown.xpath("//input | //select"))
    assert shown.xpath("//table[@id='table']/thead//th[@scope='col']")
    assert all(row.xpath("./th[@scope='row']") for row in shown.xpath("//table[@class='bars']//tr"))


def test_a_bill_that_is_cut_says_so() -> None:
    known = plan()
    long = msgspec.structs.replace(known, bill=(known.bill * page.BILL)[: page.BILL + 1])
    assert "Listed are the first 500 lines. All 501" in tree(census(plan=long)).text_content()
    assert "Listed are the first 500 lines" not in tree(census(plan=known)).text_content()
