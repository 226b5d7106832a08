"""What the pages of other makers' devices call themselves: told as their makers', and never what a relabel may say."""

from __future__ import annotations

import re

import pytest

from fingerprints import Library
from fingerprints.library import HERE
from fingerprints.rules import COVERED_MAKERS, read
from tests.fingerprints.conftest import Reply, Told

PAGES = [one for path in sorted((HERE / "devices").glob("pages-*.toml")) for one in read(path)[1].fingerprint]


@pytest.mark.parametrize(
    ("title", "brand", "model"),
    [
        ("Login :: IBR600C-150M", "Cradlepoint", "IBR600C-150M"),
        ("iDRAC-login", "Dell", "iDRAC"),
        ("FortiMail", "Fortinet", "FortiMail"),
        ("Celerra Manager", "EMC", "Celerra Manager"),
        ("LAPAC1750 Wireless AC1750 Access Point with PoE", "Linksys", "LAPAC1750"),
        ("HP Color LaserJet CP3525", "HP", "Color LaserJet CP3525"),
        ("UR5i v2L", "Advantech", "UR5i v2L"),
        ("NETGEAR Router WNR2000v5", "Netgear", "WNR2000v5"),
    ],
)
def test_a_title_with_a_product_line_alone_tells_maker_and_model(
    title: str, brand: str, model: str, told: Told
) -> None:
    it = told(("html", f"<title>{title}</title>"))
    assert (it.maker, it.brand, it.model, it.category) == ("other", brand, model, "other")


@pytest.mark.parametrize(
    "title", ["FortiCamera", "XFortiMail", "Storage Manager", "System Manager", "Exchange"]
)
def test_words_that_many_pages_use_tell_nobody(title: str, told: Told) -> None:
    assert told(("html", f"<title>{title}</title>")).maker is None


def test_no_page_of_a_brand_that_hikvision_or_dahua_build_for_is_taken_for_another_makers(
    library: Library,
) -> None:
    built_for = [one.name for one in library.brands.values() if set(one.makers) & set(COVERED_MAKERS)]
    pages = [
        f"{name}{more}"
        for name in built_for
        for more in ("", " Login", " WEB SERVICE", " Network Video Recorder")
    ]
    assert len(built_for) > 100
    assert [(one.id, page) for one in PAGES for page in pages if re.search(one.pattern, page)] == []


@pytest.mark.parametrize(
    ("reply", "brand"),
    [
        (("http", "HTTP/1.1 302 Found\r\nLocation: /+CSCOE+/logon.html\r\n\r\n"), "Cisco"),
        (("http", "HTTP/1.1 302 Found\r\nLocation: https://192.0.2.1/dana-na/auth/w.cgi\r\n\r\n"), "Pulse Secure"),
        (("html", '<html><meta http-equiv="refresh" content="0; url=/wcd/js_error.xml"></html>'), "Konica Minolta"),
        (("html", '<html><head><meta name="description" content="R7000"></head></html>'), "Netgear"),
    ],
)  # fmt: skip
def test_a_page_without_a_title_is_told_by_where_it_sends_its_reader(
    reply: Reply, brand: str, told: Told
) -> None:
    it = told(reply)
    assert (it.maker, it.brand, it.category) == ("other", brand, "other")
