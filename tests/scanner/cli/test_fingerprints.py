"""`camcensus fingerprints`: what is wrong is named with its place, and a verdict can be followed to its reasons."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fingerprints.library import HERE
from scanner.cli.fingerprints import fingerprints
from scanner.errors import CamcensusError
from scanner.identify import user_folder
from scanner.model import Observation, Protocol
from scanner.observations import write

GOOD = """
[brand]
slug   = "acme"
name   = "Acme"
makers = ["dahua"]

[[fingerprint]]
id       = "acme-title"
field    = "html.title"
pattern  = '^Acme$'
claims   = { brand = "acme" }
strength = "supporting"
source   = "a unit on the desk"
matches  = ["Acme"]
rejects  = ["Acme Reseller"]
"""
HELLO = b'{"address":"10.0.0.9","protocol":"html","payload":"<title>Acme</title>"}\n'


def run(*words: str, give: bytes = b"") -> Result:
    return CliRunner().invoke(fingerprints, words, input=give)


def explained(protocol: Protocol, payload: str) -> str:
    observation = Observation(protocol=protocol, address="10.0.0.9", payload=payload.encode())
    return run("explain", "-", give=write(observation)).output


def test_our_own_fingerprints_are_sound() -> None:
    result = run("check")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("'^Acme$'", "'^Acme('", 8, "has a pattern that cannot be used"),
        ("'^Acme$'", "'^(A+)+cme$'", 8, "repetition inside a repetition"),
        ("'^Acme$'", "'^Acm$'", 8, "does not match 'Acme'"),
        ("'^Acme$'", "'^Acme'", 8, "which it must reject"),
        ("html.title", "html.tittle", 8, "html.tittle, which no probe fills"),
        ('brand = "acme"', 'brand = "other"', 8, 'the brand "other", of whom there is no file'),
        ('brand = "acme"', 'colour = "red"', 8, 'claims "colour"'),
        ('"supporting"', '"crushing"', 12, "Invalid enum value"),
        ('"a unit on the desk"', '" "', 8, "has no source"),
        ('rejects  = ["Acme Reseller"]', "", 8, "no example in `rejects`"),
        ("[[fingerprint]]", "[[fingerprint]", 7, "Expected"),
    ],
)
def test_each_mistake_is_named_with_its_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD.replace(old, new))
    result = run("check", str(file))
    assert result.exit_code == 2
    assert f"{file}:{line}: " in result.output and what in result.output, result.output


def test_a_fingerprint_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD)
    (tmp_path / "again.toml").write_text(GOOD.replace("[brand]", "[maker]").replace('makers = ["dahua"]', ""))
    result = run("check", str(tmp_path))
    assert result.exit_code == 2 and "stands in" in result.output


def test_a_fingerprint_that_says_what_another_says_is_named(tmp_path: Path) -> None:
    twin = GOOD[GOOD.index("[[fingerprint]]") :].replace("acme-title", "acme-again")
    (tmp_path / "acme.toml").write_text(GOOD + twin)
    result = run("check", str(tmp_path))
    assert result.exit_code == 2 and '"acme-title" says the same' in result.output


def test_a_folder_of_ones_own_adds_to_the_list_and_to_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD)
    assert "acme-title" not in run("list", "--brand", "acme").output
    assert "acme-title" in run("list", "--brand", "acme", "--fingerprints", str(tmp_path)).output
    shown = run("show", "acme-title", "--fingerprints", str(tmp_path)).output
    assert "a unit on the desk" in shown and "Acme Reseller" in shown
    explained = run("explain", "-", "--fingerprints", str(tmp_path), give=HELLO).output
    assert "brand acme" in explained and "acme-title" in explained


def test_the_explanation_says_who_speaks_for_the_maker_and_what_that_comes_to() -> None:
    output = explained("rtsp", 'WWW-Authenticate: Digest realm="Login to 4K01234PAGABCDE", nonce="1"')
    assert "dahua: rtsp (strong); one strong witness, so probable" in output


def test_what_nearly_matched_is_shown_with_the_reason_it_does_not_count() -> None:
    address = "<tt:XAddr>http://10.0.0.9/onvif/hik_ext</tt:XAddr>"
    output = explained("onvif", f"<SOAP-ENV:Envelope>{address}</SOAP-ENV:Envelope>")
    assert "not counted hikvision-onvif-extension" in output and "onvif.prefix does not match" in output


def test_an_unknown_fingerprint_is_an_error_that_helps() -> None:
    error = run("show", "lts-modl").exception
    assert isinstance(error, CamcensusError) and "fingerprints list" in error.fix
    assert "lts-model" in error.why


@pytest.mark.parametrize("wrong", ["--maker", "--brand", "--field", "--protocol"])
def test_a_filter_for_what_nobody_knows_is_an_error_and_not_an_empty_list(wrong: str) -> None:
    error = run("list", wrong, "nosuchthing").exception
    assert isinstance(error, CamcensusError) and "'nosuchthing'" in error.what


def listed(*words: str) -> set[str]:
    return {line.split()[0] for line in run("list", *words).stdout.splitlines()}


def test_the_list_is_filtered_by_maker_brand_field_and_protocol_together() -> None:
    assert listed("--brand", "lts") == listed("--brand", "LTS") >= {"lts-model", "lts-named"}
    assert "lts-model" in listed("--brand", "lts", "--protocol", "claim")
    assert "lts-named" not in listed("--brand", "lts", "--protocol", "claim")
    assert "lts-named" in listed("--brand", "lts", "--field", "sadp.Manufacturer")
    assert "dahua-realm-serial" in listed("--maker", "Dahua", "--protocol", "rtsp")
    assert not listed("--maker", "hikvision", "--brand", "amcrest")
    assert listed("--brand", "lts") < listed()


def test_a_list_by_protocol_shows_a_field_of_that_protocol() -> None:
    lines = run("list", "--protocol", "rtsp").stdout.splitlines()
    assert lines and all(" rtsp." in line for line in lines)


def test_a_fingerprint_is_shown_with_its_place_and_with_what_it_replaces(tmp_path: Path) -> None:
    shown = run("show", "lts-model").stdout
    file, line = next(row.split()[1] for row in shown.splitlines() if row.startswith("file")).rsplit(":", 1)
    assert 'id       = "lts-model"' in Path(file).read_text().splitlines()[int(line) - 1]
    (tmp_path / "lts.toml").write_text(GOOD.replace("acme-title", "lts-model"))
    replaced = run("show", "lts-model", "--fingerprints", str(tmp_path)).stdout
    assert f"file        {tmp_path}/lts.toml:8" in replaced and f"replaces    {file}:{line}" in replaced


def test_an_address_block_is_shown_like_a_fingerprint() -> None:
    shown = run("show", "block-142ffd").stdout
    assert "LT SECURITY" in shown and "brand lts" in shown and "weak" in shown


def test_a_block_of_others_is_shown_with_its_own_file() -> None:
    shown = run("show", "block-641666").stdout
    assert "Nest Labs" in shown and "maker google" in shown and "other-blocks.csv" in shown


def test_an_enterprise_number_is_shown_like_a_fingerprint() -> None:
    shown = run("show", "enterprise-27533").stdout
    assert "maker BKE a.s." in shown and "weak" in shown and "enterprises.tsv" in shown


def test_files_of_ones_own_are_checked_with_ours_and_may_replace_them(tmp_path: Path) -> None:
    own = user_folder()
    own.mkdir(parents=True)
    (own / "lts.toml").write_text(GOOD.replace("acme-title", "lts-model").replace("^Acme$", "^Acm$"))
    more = tmp_path / "more"
    more.mkdir()
    (more / "bolt.toml").write_text(GOOD.replace("acme", "bolt").replace("^Acme$", "^Acme"))
    output = run("check", "--fingerprints", str(more)).output
    assert f"{own}/lts.toml:8: " in output and "stands in" not in output
    assert f"{more}/bolt.toml:8: " in output


def test_a_file_may_name_what_a_file_of_ones_own_declares(tmp_path: Path) -> None:
    own = user_folder()
    own.mkdir(parents=True)
    (own / "acme.toml").write_text(GOOD)
    rest = tmp_path / "rest.toml"
    rest.write_text(
        GOOD[GOOD.index("[[fingerprint]]") :].replace("acme-title", "acme-2").replace("Acme", "ACME")
    )
    assert run("check", str(rest)).exit_code == 0
    (own / "acme.toml").write_text("[brand")  # what is broken elsewhere does not stop the check of a file
    assert "of whom there is no file" in run("check", str(rest)).output


def test_without_files_of_ones_own_the_check_says_where_they_belong() -> None:
    assert f"Files of your own belong in {user_folder()}" in run("check").stderr


def test_a_folder_without_fingerprints_is_not_called_sound(tmp_path: Path) -> None:
    error = run("check", str(tmp_path)).exception
    assert isinstance(error, CamcensusError) and "there are no fingerprints in" in error.what


@pytest.mark.parametrize(
    "pattern", ["(?<=A+)cme", "A{99999999999}", "(" * 5000, "(" * 400 + ")" * 400, "A**", "[[A]cme"]
)
def test_a_pattern_that_cannot_be_used_has_a_place_and_stops_no_other_file(
    tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "acme.toml").write_text(GOOD.replace("^Acme$", pattern))
    (tmp_path / "bolt.toml").write_text(GOOD.replace("Acme Reseller", "Acme").replace("acme", "bolt"))
    output = run("check", str(tmp_path)).output
    assert f"{tmp_path}/acme.toml:8: " in output and "cannot be used" in output
    assert f"{tmp_path}/bolt.toml:8: " in output
    error = run("list", "--fingerprints", str(tmp_path)).exception
    assert isinstance(error, CamcensusError) and "acme.toml, line 8" in error.what


def test_bytes_that_are_no_text_have_a_place(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_bytes(GOOD.encode() + b"\n# caf\xe9\n")
    assert f"{tmp_path}/acme.toml:17: it is not UTF-8" in run("check", str(tmp_path)).output


def spoil(folder: Path) -> list[str]:
    """Put into a folder all that may be wrong with a file as such, and say what is to be found."""
    brands = folder / "brands"
    brands.mkdir(parents=True, exist_ok=True)
    for name in ("zz-one.toml", "zz-two.toml"):
        (brands / name).write_text(GOOD.replace("acme", f"zz-{folder.name}"))
    (brands / "zz-broken.toml").write_text("[brand]\n[[fingerprint]\n")
    (brands / "zz-bytes.toml").write_bytes(b"# caf\xc3\xa9\n# caf\xe9\n")
    (brands / "zz-folder.toml").mkdir()
    (brands / "zz-gone.toml").symlink_to("nowhere.toml")
    (brands / "zz-nested.toml").write_text("x = " + "[" * 100_000)
    (brands / "zz-pattern.toml").write_text(GOOD.replace("acme", "zz").replace("^Acme$", "^Acme("))
    (brands / "zz-secret.toml").touch(mode=0)
    return [
        f'{brands}/zz-two.toml:8: "zz-{folder.name}-title" stands in {brands}/zz-one.toml:8 too',
        f"{brands}/zz-broken.toml:2: Expected",
        f"{brands}/zz-bytes.toml:2: it is not UTF-8",
        f"{brands}/zz-folder.toml:1: it cannot be read: Is a directory",
        f"{brands}/zz-gone.toml:1: it cannot be read: No such file",
        f"{brands}/zz-nested.toml:1: ",
        f'{brands}/zz-pattern.toml:8: fingerprint "zz-title" has a pattern that cannot be used',
        f"{brands}/zz-secret.toml:1: it cannot be read: Permission denied",
    ]


def test_whatever_is_wrong_with_a_file_is_named_with_its_place_be_it_ours_or_ones_own(tmp_path: Path) -> None:
    ours, own, more = tmp_path / "fingerprints", tmp_path / "camcensus" / "fingerprints", tmp_path / "more"
    shutil.copytree(HERE, ours, ignore=shutil.ignore_patterns("__pycache__"))
    expected = [line for folder in (ours, own, more) for line in spoil(folder)]
    (ours / "policies.toml").write_text("[[policy]]\nid = 1\n")
    (ours / "own" / "my-organisation.toml").write_bytes(b"\xff")
    (ours / "flaws" / "dahua.toml").write_text("[[flaw]\n")
    (ours / "models" / "dahua.toml").write_text("[[grammar]]\nid = 1\n")
    (more / "makers").mkdir(mode=0)
    expected += [
        f"{ours}/policies.toml:2: ",
        f"{ours}/own/my-organisation.toml:1: it is not UTF-8",
        f"{ours}/flaws/dahua.toml:1: ",
        f"{ours}/models/dahua.toml:2: ",
        f"{more}/makers:1: it cannot be read: Permission denied",
    ]
    # root may read everything, unless it gives that up
    mortal = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    told = subprocess.run(
        [*mortal, sys.executable, "-m", "scanner.cli", "fingerprints", "check", "--fingerprints", str(more)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (more / "makers").chmod(0o700)
    assert told.returncode == 2 and "Traceback" not in told.stderr, told.stderr
    assert [line for line in expected if line not in told.stdout] == []
    assert f"{len(told.stdout.splitlines())} findings" in told.stderr


def test_an_explanation_fits_a_terminal() -> None:
    output = explained(
        "rtsp", 'WWW-Authenticate: Digest realm="Login to 4K01234PAGABCDE", nonce="' + "1" * 300 + '"'
    )
    assert max(map(len, output.splitlines())) <= 80


def test_one_device_is_explained_by_any_of_its_names() -> None:
    lines = write(
        Observation(protocol="html", subject="lobby", mac="00:00:5e:00:53:01", payload=b"<title>A</title>")
    )
    lines += HELLO
    for name in ("lobby", "00:00:5E:00:53:01"):
        output = run("explain", "-", "--subject", name, give=lines).stdout
        assert output.startswith("lobby: ") and "10.0.0.9" not in output
    error = run("explain", "-", "--subject", "nosuch", give=lines).exception
    assert isinstance(error, CamcensusError) and "lobby, 10.0.0.9" in error.why


def test_nonsense_is_named_and_the_rest_is_explained() -> None:
    result = run("explain", "-", give=b"nonsense\n" + HELLO)
    assert result.exit_code == 3 and "line 1" in result.stderr and result.stdout.startswith("10.0.0.9: ")


def test_nothing_to_explain_is_an_error_and_not_silence() -> None:
    error = run("explain", "-").exception
    assert isinstance(error, CamcensusError) and "holds no observations" in error.what


def test_a_broken_folder_of_ones_own_stops_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD.replace("[[fingerprint]]", "[[fingerprint]"))
    error = run("list", "--fingerprints", str(tmp_path)).exception
    assert isinstance(error, CamcensusError) and "acme.toml, line 7" in error.what
