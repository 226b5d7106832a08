"""What files of fingerprints may say, who wins when two say it, and what follows from what they claim."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from fingerprints import Library
from fingerprints.blocks import Blocks
from fingerprints.library import HERE, data, files, plain
from fingerprints.policies import TEMPLATE, Policy
from fingerprints.rules import Defect, lines_of, parse, read
from scanner.model import Claim, Fields, Observation, Protocol, Reading

ACME = """
[maker]
slug     = "acme"
name     = "Acme"
category = "camera"
"""
BYWORD = """
[brand]
slug   = "by-word"
name   = "By Word"
makers = ["acme"]
"""


def rule(
    identifier: str,
    pattern: str,
    claims: str,
    *more: str,
    field: str = "http.server",
    strength: str = "strong",
) -> str:
    """One fingerprint as its file states it; `more` are further lines."""
    lines = (
        "[[fingerprint]]",
        f'id = "{identifier}"',
        f'field = "{field}"',
        f"pattern = '{pattern}'",
        f"claims = {{ {claims} }}",
        f'strength = "{strength}"',
        'source = "a test"',
        *more,
    )
    return "\n" + "\n".join(lines) + "\n"


def folder(where: Path, **texts: str) -> Path:
    """A folder with one file for each text."""
    where.mkdir()
    for name, text in texts.items():
        (where / f"{name}.toml").write_text(text, encoding="utf-8")
    return where


def only(where: Path, **texts: str) -> Library:
    """A library of these files alone, without the fingerprints that come with camcensus."""
    read_files = [read(path)[1] for path in files(folder(where, **texts))]
    return Library(
        [one for file in read_files for one in file.fingerprint],
        [maker for file in read_files for maker in ((file.maker,) if file.maker else file.makers)],
        [file.brand for file in read_files if file.brand],
    )


def reading(fields: Fields, protocol: Protocol = "http") -> Reading:
    return Reading(Observation(protocol=protocol), fields)


def served(server: str, **others: str) -> Reading:
    """What one web server says of itself; `others` are further fields, as in `title="…"`."""
    more = {f"http.{name}": (value,) for name, value in others.items()}
    return reading({"http.server": (server,), **more})


def told(claims: tuple[Claim, ...]) -> set[tuple[str, str]]:
    return {(claim.attribute, claim.value) for claim in claims}


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("'^Acme$'", "'^Acme('", 9, '"acme-server" has a pattern that cannot be used: missing )'),
        ("'a test'", "'a test'\nunless = { \"http.title\" = '[' }", 9, "has a pattern that cannot be used"),
        ("'a test'", "'a test'\nalso = { \"http.title\" = '*' }", 9, "has a pattern that cannot be used"),
        ("maker =", "colour =", 9, 'claims "colour"; it may claim maker, brand'),
        ('maker = "acme"', 'category = "toaster"', 9, 'claims the category "toaster"; the categories are'),
        ('maker = "acme"', 'model = "{model}"', 9, 'uses the group "model", which its pattern does not have'),
        ('maker = "acme"', 'model = "{model"', 9, "whose braces hold no name of a group"),
        (
            "'a test'",
            "'a test'\nmatches = [{ model = \"A\" }]",
            9,
            "has an example in `matches` without `text`",
        ),
        ("'^Acme$'", "'(?<=a+)Acme'", 9, "look-behind requires fixed-width pattern"),
        ("'^Acme$'", "'a{99999999999}'", 9, "the repetition number is too large"),
        ("'^Acme$'", f"'{'(' * 5000}'", 9, "it has 5,000 characters, and may have 1,000"),
        ("'^Acme$'", f"'{'(' * 101}{')' * 101}'", 9, "it opens 101 brackets, and may open 100"),
        ("'^Acme$'", "'[[a]cme'", 9, "Possible nested set"),
        (
            "'a test'",
            "'a test'\nunless = { \"http.title\" = '(?<!a*)b' }",
            9,
            "look-behind requires fixed-width",
        ),
        ('"strong"', '"certain"', 13, "Invalid enum value 'certain'"),
        ("field =", "feild =", 10, "unknown field `feild`"),
        ("'a test'", "3", 14, "Expected `str`, got `int`"),
        ("'a test'", "'a test'\nafter = " + "[" * 5000, 1, "nested more than"),
        ('name     = "Acme"', "", 2, "missing required field `name`"),
        ("[[fingerprint]]", "[[fingerprints]]", 8, "unknown field `fingerprints`"),
        ('name     = "Acme"', 'name     = "Acme', 4, "Illegal character"),
        ("[[fingerprint]]", "[[fingerprint]", 8, "Expected"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, why: str
) -> None:
    text = (ACME + "\n" + rule("acme-server", "^Acme$", 'maker = "acme"')).replace('"a test"', "'a test'")
    assert text.count(old) == 1
    file = folder(tmp_path / "own", acme=text.replace(old, new)) / "acme.toml"
    with pytest.raises(Defect) as caught:
        read(file)
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert why in caught.value.why
    assert str(caught.value) == f"{file}:{line}: {caught.value.why}"


def test_a_file_that_is_not_utf_8_is_told_with_the_line_of_the_wrong_byte(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", acme="")
    (own / "acme.toml").write_bytes(b'[maker]\nslug = "acme"\nname = "Acm\xe9"\n')
    with pytest.raises(Defect, match=r"acme\.toml:3: it is not UTF-8: byte 0xe9$"):
        Library.load([own])


def test_a_file_that_cannot_be_read_is_a_defect(tmp_path: Path) -> None:
    (folder(tmp_path / "own") / "acme.toml").mkdir()
    with pytest.raises(Defect, match=r"acme\.toml:1: it cannot be read: Is a directory"):
        Library.load([tmp_path / "own"])


@pytest.mark.parametrize("spelt", ["[[fingerprint]]", "[[ fingerprint ]]", "  [[fingerprint]] # one of ours"])
def test_the_line_of_each_fingerprint_is_found_however_its_table_is_spelt(spelt: str) -> None:
    rules = [rule(one, "a", 'maker = "acme"').replace("[[fingerprint]]", spelt) for one in ("b", "a", "b")]
    text = ACME + "# [[fingerprint]]\n" + "".join(rules)
    lines = lines_of(text, parse(text, "acme.toml").fingerprint)
    assert [text.splitlines()[line - 1] for line in lines] == ['id = "b"', 'id = "a"', 'id = "b"']
    assert lines == sorted(set(lines))


def test_the_line_is_that_of_the_wrong_fingerprint_and_not_of_the_first() -> None:
    good, bad = rule("good", "a", 'maker = "acme"'), rule("bad", "b", 'maker = "acme"', strength="huge")
    with pytest.raises(Defect) as caught:
        parse(good + bad, "acme.toml")
    assert (good + bad).splitlines()[caught.value.line - 1] == 'strength = "huge"'
    assert caught.value.line > good.count("\n")


def test_loading_a_folder_with_a_wrong_file_names_that_file(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", acme=ACME, wrong=rule("a", "(", 'maker = "acme"'))
    with pytest.raises(Defect, match=r"wrong\.toml:3: "):
        Library.load([own])


def test_two_fingerprints_of_one_folder_may_not_share_an_id(tmp_path: Path) -> None:
    twice = rule("acme-server", "^Acme$", 'maker = "acme"')
    own = folder(tmp_path / "own", first=twice, second=twice)
    (own / "first.toml").write_text(ACME + twice)
    with pytest.raises(Defect, match=r'second\.toml:3: "acme-server" stands in .*first\.toml:8 too'):
        Library.load([own])


def test_two_fingerprints_of_one_file_may_not_share_an_id(tmp_path: Path) -> None:
    twice = rule("acme-server", "^Acme$", 'maker = "acme"')
    with pytest.raises(Defect, match=r'acme\.toml:11: "acme-server" stands in .*acme\.toml:3 too'):
        Library.load([folder(tmp_path / "own", acme=twice + twice)])


def test_a_later_folder_replaces_the_fingerprint_with_the_same_id(tmp_path: Path) -> None:
    first = folder(tmp_path / "first", acme=rule("acme-server", "^Acme$", 'maker = "acme"'))
    later = folder(tmp_path / "later", acme=rule("acme-server", "^Bolt$", 'maker = "bolt"'))
    library = Library.load([first, later])
    assert [one.pattern for one in library.fingerprints if one.id == "acme-server"] == ["^Bolt$"]
    assert library.claims([served("Acme")]) == ()
    assert told(library.claims([served("Bolt")])) == {("maker", "bolt")}
    assert told(Library.load([later, first]).claims([served("Acme")])) == {("maker", "acme")}


def test_where_a_fingerprint_is_stated_is_remembered_and_what_it_replaces(tmp_path: Path) -> None:
    first = folder(tmp_path / "first", acme=rule("acme-server", "^Acme$", 'maker = "acme"'))
    later = folder(tmp_path / "later", acme=rule("acme-server", "^Bolt$", 'maker = "bolt"'))
    library = Library.load([first, later])
    assert library.origins["acme-server"] == [first / "acme.toml", later / "acme.toml"]
    assert library.origins.keys() == {one.id for one in library.fingerprints}


def test_a_users_folder_replaces_a_maker_and_a_brand_and_adds_its_own(tmp_path: Path) -> None:
    known = Library.load()
    own = folder(
        tmp_path / "own",
        dahua='[maker]\nslug = "dahua"\nname = "Zhejiang Dahua"\n',
        amcrest='[brand]\nslug = "amcrest"\nname = "AMCREST"\n',
        byword=BYWORD,
    )
    library = Library.load([own])
    assert (known.makers["dahua"].name, library.makers["dahua"].name) == ("Dahua", "Zhejiang Dahua")
    assert (known.brands["amcrest"].name, library.brands["amcrest"].name) == ("Amcrest", "AMCREST")
    assert library.makers.keys() == known.makers.keys()
    assert library.brands.keys() - known.brands.keys() == {"by-word"}


def test_files_lie_in_the_folder_itself_and_in_its_makers_brands_and_devices(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", here="", policies="")
    for name in ("makers", "brands", "devices", "elsewhere"):
        folder(own / name, there="")
    (own / "notes.txt").write_text("not a fingerprint")
    found = [str(path.relative_to(own)) for path in files(own)]
    assert found == ["brands/there.toml", "devices/there.toml", "here.toml", "makers/there.toml"]


def test_the_version_changes_with_any_fingerprint_maker_or_brand(tmp_path: Path) -> None:
    server = rule("acme-server", "^Acme$", 'maker = "acme"')
    versions = [
        only(tmp_path / "a", acme=ACME, byword=BYWORD, server=server).version,
        only(tmp_path / "b", acme=ACME, byword=BYWORD, server=server.replace("^Acme$", "^Acme")).version,
        only(tmp_path / "c", acme=ACME, byword=BYWORD, server=server.replace("strong", "weak")).version,
        only(tmp_path / "d", acme=ACME.replace("camera", "nvr"), byword=BYWORD, server=server).version,
        only(tmp_path / "e", acme=ACME, byword=BYWORD.replace("By Word", "BYWORD"), server=server).version,
        only(tmp_path / "f", acme=ACME, byword=BYWORD).version,
    ]
    assert len(set(versions)) == len(versions)
    again = only(tmp_path / "again", acme=ACME, byword=BYWORD, server=f"# a remark\n{server}").version
    assert again == versions[0]


def test_the_version_changes_with_address_blocks_and_with_policies(tmp_path: Path) -> None:
    (tmp_path / "blocks.csv").write_text("prefix,registrant,maker,brand,source\n")
    policy = Policy(id="site", name="Our own", makers=("acme",), since=date(2026, 1, 1), source="a letter")
    versions = {
        Library([], [], []).version,
        Library([], [], [], [policy]).version,
        Library([], [], [], [msgspec.structs.replace(policy, makers=("bolt",))]).version,
        Library([], [], [], blocks=Blocks(tmp_path / "blocks.csv")).version,
    }
    assert len(versions) == 4


def test_every_file_of_data_counts_for_the_version() -> None:
    stated = {*files(HERE), HERE / "policies.toml", HERE / "blocks.csv", HERE / "other-blocks.csv"}
    stated |= {HERE / "enterprises.tsv", HERE / "names.tsv", *data()}
    found = {path for kind in ("toml", "csv", "tsv") for path in HERE.rglob(f"*.{kind}")}
    assert stated == found - {TEMPLATE}, "a policy of one's own covers nothing"


def test_a_fingerprint_counts_only_where_the_other_field_also_matches(tmp_path: Path) -> None:
    library = only(
        tmp_path / "own",
        acme=rule("acme", "^Webs$", 'maker = "acme"', "also = { \"http.title\" = '(?i)acme' }"),
    )
    assert told(library.claims([served("Webs", title="ACME NVR")])) == {("maker", "acme")}
    assert library.claims([served("Webs", title="Bolt")]) == ()
    assert library.claims([served("Webs")]) == ()


def test_what_also_must_match_has_to_stand_in_the_same_reply(tmp_path: Path) -> None:
    library = only(
        tmp_path / "own",
        acme=rule("acme", "^Webs$", 'maker = "acme"', "also = { \"http.title\" = 'Acme' }"),
    )
    assert library.claims([served("Webs"), reading({"http.title": ("Acme",)})]) == ()


def test_a_fingerprint_is_silent_where_the_excluded_field_matches(tmp_path: Path) -> None:
    library = only(
        tmp_path / "own",
        acme=rule("acme", "^Webs$", 'maker = "acme"', "unless = { \"http.title\" = 'Bolt' }"),
    )
    assert told(library.claims([served("Webs")])) == {("maker", "acme")}
    assert told(library.claims([served("Webs", title="Acme")])) == {("maker", "acme")}
    assert library.claims([served("Webs", title="Bolt")]) == ()


AFTER = rule("after", "^Ab12$", 'model = "Ab12"', 'after = ["acme", "bolt"]', field="http.title")


@pytest.mark.parametrize("maker", ["acme", "bolt"])
def test_a_text_that_means_something_at_some_makers_counts_once_one_of_them_is_claimed(
    tmp_path: Path, maker: str
) -> None:
    library = only(tmp_path / "own", own=AFTER + rule("maker", "^Webs$", f'maker = "{maker}"'))
    assert told(library.claims([served("Webs", title="Ab12")])) == {("maker", maker), ("model", "Ab12")}


def test_the_maker_may_be_claimed_by_another_reply_that_comes_later(tmp_path: Path) -> None:
    library = only(tmp_path / "own", own=AFTER + rule("maker", "^Webs$", 'maker = "acme"'))
    claims = library.claims([reading({"http.title": ("Ab12",)}), reading({"http.server": ("Webs",)}, "html")])
    assert told(claims) == {("maker", "acme"), ("model", "Ab12")}


@pytest.mark.parametrize(
    "claimed",
    [
        rule("maker", "^Webs$", 'maker = "other"'),
        rule("maker", "^Webs$", 'brand = "acme"'),
        rule("maker", "^Webs$", 'maker = "acme"', strength="weak"),
    ],
    ids=["another maker", "a brand of that name", "a weak claim"],
)
def test_a_text_of_one_maker_says_nothing_without_a_sound_claim_for_it(tmp_path: Path, claimed: str) -> None:
    claims = only(tmp_path / "own", own=AFTER + claimed).claims([served("Webs", title="Ab12")])
    assert len(claims) == 1 and claims[0].fingerprint == "maker"


SERIAL = rule("serial", "^S/(?P<serial>.+)$", 'serial = "{serial}"')
MAKER_OF_SERIAL = rule("maker", "^A[0-9]", 'maker = "acme"', field="claim.serial")
MODEL_OF_MAKER = rule("model", "^A1", 'model = "M1"', 'after = ["acme"]', field="claim.serial")
BRAND_OF_MODEL = rule("brand", "^M1$", 'brand = "by-word"', field="claim.model")


def test_claims_lead_to_claims_from_serial_to_maker_to_model_to_brand(tmp_path: Path) -> None:
    # The rules stand in the order that helps least: each waits for one that comes after it.
    text = BRAND_OF_MODEL + MODEL_OF_MAKER + MAKER_OF_SERIAL + SERIAL
    claims = only(tmp_path / "own", own=text).claims([reading({"http.server": ("S/A123",)}, "rtsp")])
    assert [claim.fingerprint for claim in claims] == ["serial", "maker", "model", "brand"]
    assert {claim.protocol for claim in claims} == {"rtsp"}  # who stated it first is the witness
    assert [claim.excerpt for claim in claims] == ["S/A123", "A123", "A123", "M1"]


@pytest.mark.parametrize("missing", [SERIAL, MAKER_OF_SERIAL, MODEL_OF_MAKER])
def test_a_chain_of_claims_ends_where_a_link_is_missing(tmp_path: Path, missing: str) -> None:
    text = (SERIAL + MAKER_OF_SERIAL + MODEL_OF_MAKER + BRAND_OF_MODEL).replace(missing, "")
    claims = only(tmp_path / "own", own=text).claims([served("S/A123")])
    assert "brand" not in {claim.attribute for claim in claims}


def test_claims_that_lead_to_ever_new_claims_come_to_an_end(tmp_path: Path) -> None:
    longer = rule("longer", "^(?P<model>A+)$", 'model = "{model}A"', field="claim.model")
    claims = only(tmp_path / "own", own=longer + rule("first", "^A$", 'model = "A"')).claims([served("A")])
    assert [claim.value for claim in claims] == ["A", "AA", "AAA", "AAAA"]


def test_a_maker_or_a_brand_may_stand_only_once_in_a_folder(tmp_path: Path) -> None:
    maker = '[[makers]]\nslug = "{}"\nname = "{}"\n'
    (own := tmp_path / "own").mkdir()
    (own / "first.toml").write_text(maker.format("bolt", "Bolt") + maker.format("acme", "Acme"))
    Library.load([own])
    (own / "second.toml").write_text("# more\n" + maker.format("acme", "Acme Ltd"))
    with pytest.raises(Defect, match=r'second\.toml:3: the maker "acme" stands in .*first\.toml:5 too'):
        Library.load([own])
    (own / "second.toml").write_text('[brand]\nslug = "acme"\nname = "Acme"\n')
    Library.load([own])
    (own / "third.toml").write_text('[brand]\nslug = "acme"\nname = "Acme"\n')
    with pytest.raises(Defect, match=r'third\.toml:2: the brand "acme" stands in .*second\.toml:2 too'):
        Library.load([own])


def test_the_same_claim_of_one_protocol_is_kept_once_and_of_two_protocols_twice(tmp_path: Path) -> None:
    library = only(tmp_path / "own", own=rule("maker", "^Acme", 'maker = "acme"'))
    again = [served("Acme/1"), reading({"http.server": ("Acme/2", "Acme/3")}), served("Acme/4")]
    assert [claim.excerpt for claim in library.claims(again)] == ["Acme"]
    assert len(library.claims([*again, reading({"http.server": ("Acme",)}, "rtsp")])) == 2


BRANDED = BYWORD + rule("brand", "^(?P<brand>.+)$", 'brand = "{brand}"')


@pytest.mark.parametrize("spelt", ["By Word", "BY WORD", "by-word", "ByWord", "by_word"])
def test_a_brand_is_shown_as_its_owner_spells_it_however_the_device_does(tmp_path: Path, spelt: str) -> None:
    assert only(tmp_path / "own", own=BRANDED).identify([served(spelt)]).brand == "By Word"


def test_two_spellings_of_a_brand_speak_for_one_brand(tmp_path: Path) -> None:
    # Two witnesses of By Word, each with a spelling of its own, outweigh one of another brand that comes first.
    spellings = [served("Rival"), reading({"http.server": ("BYWORD",)}, "rtsp")]
    library = only(tmp_path / "own", own=BRANDED)
    assert library.identify(spellings).brand == "Rival"
    assert library.identify([*spellings, reading({"http.server": ("by word",)}, "ftp")]).brand == "By Word"


def test_names_of_brands_are_compared_without_case_and_signs() -> None:
    assert plain("CP_PLUS") == plain("cp plus") == plain("CP-Plus!") == "cpplus"
    assert plain("Cp Plus 2") != plain("CP Plus")


def test_a_brand_that_nobody_knows_stays_as_the_device_spells_it_unless_it_is_a_weak_word(
    tmp_path: Path,
) -> None:
    strong, weak = BRANDED, BRANDED.replace('"strong"', '"weak"')
    assert only(tmp_path / "strong", own=strong).identify([served("Warehouse 3")]).brand == "Warehouse 3"
    assert only(tmp_path / "weak", own=weak).identify([served("Warehouse 3")]).brand is None
    assert only(tmp_path / "known", own=weak).identify([served("BYWORD")]).brand == "By Word"


@pytest.mark.parametrize(
    ("claimed", "maker", "name"),
    [
        ("hikvision", "hikvision", "Hikvision"),
        ("dahua", "dahua", "Dahua"),
        ("acme", "other", "Acme"),
        ("never-heard-of", "other", "never-heard-of"),
    ],
)
def test_every_maker_but_the_two_is_another_in_the_contract_and_keeps_its_name(
    tmp_path: Path, claimed: str, maker: str, name: str
) -> None:
    own = folder(tmp_path / "own", acme=ACME, own=rule("maker", "^Test Maker$", f'maker = "{claimed}"'))
    it = Library.load([own]).identify([served("Test Maker")])
    assert (it.maker, it.maker_name, it.confidence) == (maker, name, "probable")
    assert bool(it.covered) is (maker != "other")


def test_without_any_claim_there_is_no_maker_at_all(tmp_path: Path) -> None:
    it = only(tmp_path / "own", acme=ACME).identify([served("nginx")])
    assert (it.maker, it.maker_name, it.brand, it.category, it.confidence) == (None, None, None, None, "none")


def test_a_device_is_of_its_makers_kind_unless_it_says_otherwise(tmp_path: Path) -> None:
    text = rule("maker", "^Acme", 'maker = "acme"') + rule("kind", "NVR$", 'category = "nvr"')
    library = only(tmp_path / "own", acme=ACME, own=text)
    assert library.identify([served("Acme")]).category == "camera"
    assert library.identify([served("Acme NVR")]).category == "nvr"
