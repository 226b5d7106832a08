"""Catalogues: the same keys in every language, no heading outside of them, and numbers as people write them."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import tomli

from reports import language as languages
from reports import page, terminal, unseen, wording
from reports.language import FOLDER, PLACE, Language, codes, language
from scanner.errors import CamcensusError
from tests.reports.samples import census, plan

TRANSLATED = [code for code in codes() if code != "en"]


def catalogue(code: str) -> dict[str, object]:
    """What the file itself says, without what it inherits."""
    return dict(languages._flat(tomli.loads((FOLDER / f"{code}.toml").read_text("utf-8"))))


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_language_that_comes_with_camcensus_is_complete(code: str) -> None:
    assert catalogue(code).keys() == catalogue("en").keys()


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_text_has_the_places_of_the_english_one(code: str) -> None:
    for key, text in catalogue("en").items():
        assert set(PLACE.findall(str(catalogue(code)[key]))) == set(PLACE.findall(str(text))), key


@pytest.mark.parametrize("code", TRANSLATED)
def test_hardly_a_text_is_left_in_english(code: str) -> None:
    alike = {key for key, text in catalogue("en").items() if catalogue(code)[key] == text}
    names = {key for key in alike if len(str(catalogue("en")[key])) < 12 or "{" in str(catalogue("en")[key])}
    assert alike - names == set()


def test_numbers_and_days_are_written_as_in_the_language() -> None:
    english, german = language("en"), language("de")
    noon = datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
    assert (english.number(1234567), german.number(1234567)) == ("1,234,567", "1.234.567")
    assert (english.number(Decimal("1234.5")), german.number(Decimal("1234.5"))) == ("1,234.50", "1.234,50")
    assert (english.money(Decimal("1234.5"), "EUR"), german.day(date(2026, 3, 1))) == (
        "1,234 EUR",
        "01.03.2026",
    )
    assert german.moment(noon) == "25.11.2026 12:05 UTC"
    assert german.say("counts.devices", n=1) == "1 Gerät" and german.say("counts.devices", n=2) == "2 Geräte"


def test_a_text_of_a_device_is_never_looked_through_for_places() -> None:
    assert language("en").say("runs.run", run="{n} {run} %s") == "Run {n} {run} %s"


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_heading_is_left_in_english_in_a_page_or_on_the_screen(code: str) -> None:
    made, say = census(plan=plan()), language(code)
    text = io.StringIO()
    terminal.summary(made, text, say)
    english = {
        str(value) for key, value in catalogue("en").items()
        if isinstance(value, str) and len(value) > 11 and "{" not in value and catalogue(code)[key] != value
    }  # fmt: skip
    shown = re.sub(r"<script.*?</script>|<style.*?</style>", "", page.render(made, say), flags=re.S)
    for words in english:
        assert not re.search(rf">\s*{re.escape(words)}\s*<", shown), words
        assert words not in text.getvalue(), words


def test_every_word_of_the_catalogue_is_used_somewhere() -> None:
    """A closed set of values finds its words by their names; the others stand in the code."""
    reports = Path(page.__file__).parent
    code = "".join(
        path.read_text("utf-8") for path in reports.rglob("*") if path.suffix in (".py", ".html", ".js")
    )
    sets = (
        "language",
        "confidence",
        "strength",
        "category",
        "reachable",
        "outcome",
        "kind",
        "state",
        "age",
        "makers",
    )
    for key in catalogue("en"):
        group, _, name = key.partition(".")
        known = key in code or f'"{name}"' in code or group in sets
        assert known or key.startswith(("unseen.gap", "headline.")), key


def test_a_language_of_ones_own_is_a_file_and_what_it_lacks_is_english(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(
        '[language]\nname = "Français"\nthousands = " "\n[report]\ndevices = "Appareils"\n', "utf-8"
    )
    own = language("fr", tmp_path)
    assert own.say("report.devices") == "Appareils" and own.number(12345) == "12 345"
    assert own.say("report.plan") == "Plan" and own.code == "fr"


@pytest.mark.parametrize("code", ["xx", "../en", "EN", "", "en/../de"])
def test_a_language_that_nobody_wrote_is_an_error_for_people(code: str, tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match="no words"):
        language(code, tmp_path)


@pytest.mark.parametrize("content", ["[report\n", '[report]\ndevises = "x"\n', '[language]\ncolour = "x"\n'])
def test_a_catalogue_with_a_mistake_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(content, "utf-8")
    with pytest.raises(CamcensusError, match=r"fr\.toml"):
        language("fr", tmp_path)


def test_the_words_of_the_vocabulary_are_used() -> None:
    say: Language = language("en")
    for words in ("Covered by", "Made by", "Shown as"):
        assert words in say.texts.values()
    assert say.texts["report.not_seen"] == "What was not seen"
    assert not any("complian" in str(text).lower() for code in codes() for text in catalogue(code).values())


def test_the_headline_and_the_blind_spots_speak_german() -> None:
    made, say = census(), language("de")
    assert wording.headline(made, say).startswith("20 Geräte von Hikvision oder Dahua hergestellt")
    said = [spot.what for site in made.unseen for spot in unseen.lines(site, say)]
    assert "945 von 1.006 Adressen gaben keine Antwort" in said
