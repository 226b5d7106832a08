"""What is missing until a removal shows what a policy asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fingerprints.policies import TEMPLATE
from scanner import obligations
from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.evidence.removals import ROLES, Taken
from scanner.identifiers import Identifier
from scanner.inventory import RunSettings, Seen, log, open_inventory, places, removals
from scanner.model import Identification

WHOLE = Taken(
    at="2026-03-02", removed_by="A. Fitter", witness="C. Porter", isolated="2026-03-01", why="us-ndaa-889",
    disposal="destroyed", disposed_to="Example Recycling", receipt="WTN-1", media="destroy", media_serials="WD-1",
    media_method="shredded", certificate="D-1", note="-",
)  # fmt: skip
FILES = [removals.File(f"{role}.jpg", role, b"x") for role in ROLES]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A Hikvision camera, a Dahua one, a lead and a unit of another maker; the first two were removed."""
    with open_inventory(path := tmp_path / "inventory.db") as inventory:
        run = inventory.begin_run(RunSettings())
        seen = [
            Seen(Identification(address=f"10.20.0.{n}", mac=f"44:19:b6:00:00:0{n}", serial=f"C1234567{n}", maker=maker,
                                brand="LTS", model="IPC-1", confidence=sure),  # type: ignore[arg-type]
                 (), "on-link", (Identifier("serial", f"x C1234567{n}"),))
            for n, (maker, sure) in enumerate(
                [("hikvision", "confirmed"), ("dahua", "probable"), ("dahua", "possible"), ("other", "confirmed")], 1)
        ]  # fmt: skip
        first, second, *_ = inventory.record(run, seen)
        inventory.change(places.add_site, "jo", "hq")
        inventory.change(
            places.assign, "jo", [first], {"site": "hq", "room": "2.14", "owner": "us", "asset": "A1"}
        )
        inventory.change(removals.record, "jo", first, WHOLE, FILES)
        inventory.change(removals.record, "jo", second, Taken(at="2026-03-02", media="none"))
    return path


def missing(path: Path, policy: str, *files: Path) -> dict[str | None, set[str]]:
    with open_inventory(path) as inventory:
        return {
            one.serial: set(one.missing)
            for one in obligations.standings(inventory, obligations.policy(policy, files))
        }


def called(path: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(camcensus, ["removal", *arguments, "--inventory", str(path)])
    if isinstance(result.exception, CamcensusError):
        raise result.exception
    return result


@pytest.mark.parametrize("policy", [one.id for one in obligations.asking()])
def test_of_a_whole_record_only_the_verdict_is_missing(path: Path, policy: str) -> None:
    found = missing(path, policy)
    assert found.keys() == {"C12345671", "C12345672"}, "leads and other makers are nobody's finding"
    assert found["C12345671"] == {"verified"}


def test_what_a_record_lacks_is_named(path: Path) -> None:
    assert missing(path, "us-ndaa-889")["C12345672"] == {
        "site", "place", "owner", "removed-by", "why", "disposal", "media", "attached-label", "verified",
    }  # fmt: skip


def test_what_is_learnt_of_the_device_later_counts(path: Path) -> None:
    with open_inventory(path) as inventory:
        device = inventory.device("C12345672").id
        inventory.change(places.assign, "jo", [device], {"site": "hq", "floor": "2"})
    assert not {"site", "place"} & missing(path, "us-ndaa-889")["C12345672"]


def test_a_device_without_a_record_lacks_the_record(path: Path) -> None:
    with open_inventory(path) as inventory:
        record = inventory.ask(removals.standing, inventory.device("C12345671").id)
        assert record is not None
        inventory.change(removals.undo, "jo", record.id, "not gone")
    assert missing(path, "us-ndaa-889")["C12345671"] == {"record"}


def test_the_rule_of_verification_is_that_of_the_policy(tmp_path: Path) -> None:
    (file := tmp_path / "ours.toml").write_text(TEMPLATE.read_text().replace("runs = 3", "runs = 9"))
    rule = obligations.rule_of(obligations.policy("my-organisation", [file]))
    assert (rule.name, rule.runs, rule.days) == ("my-organisation", 9, 14)
    file.write_text(TEMPLATE.read_text().replace("runs = 3", "ruins = 3"))
    with pytest.raises(CamcensusError, match="verification of policy my-organisation cannot be used"):
        obligations.rule_of(obligations.policy("my-organisation", [file]))


def test_a_users_own_policies_are_read_from_the_configuration(path: Path) -> None:
    own = obligations.own_file()
    own.parent.mkdir(parents=True)
    own.write_text(TEMPLATE.read_text().replace("my-organisation", "ours").replace('"witness", ', ""))
    assert "witness" in missing(path, "my-organisation")["C12345672"]
    assert "witness" not in missing(path, "ours")["C12345672"]


def test_a_file_that_cannot_be_used_and_a_name_that_nobody_knows_are_errors(
    path: Path, tmp_path: Path
) -> None:
    with pytest.raises(CamcensusError, match="choose of: us-ndaa-889"):
        obligations.policy("ca-federal")
    (file := tmp_path / "ours.toml").write_text("[[policy]]\nid = 1\n")
    with pytest.raises(CamcensusError, match=r"ours.toml, line 2 cannot be used"):
        obligations.policy("my-organisation", [file])
    file.write_text(TEMPLATE.read_text().replace('"witness"', '"a blessing"'))
    with pytest.raises(CamcensusError, match="nobody knows what 'a blessing' asks"):
        missing(path, "my-organisation", file)


def test_the_command_lists_and_counts_and_accuses_nobody_of_complying(path: Path) -> None:
    table = called(path, "check", "--policy", "us-ndaa-889", "--all")
    assert table.exit_code == 1
    assert (
        "2 devices are covered by us-ndaa-889." in table.stderr and "of which 0 lack nothing" in table.stderr
    )
    assert "state of the log: " in table.stderr
    lines = called(path, "check", "--policy", "us-ndaa-889", "--format", "csv").stdout.splitlines()
    assert lines[0].startswith("device,removal,verdict,missing") and len(lines) == 3
    assert "compliant" not in table.stdout + table.stderr


def test_the_template_is_a_policy_file_and_each_policy_can_be_shown(tmp_path: Path) -> None:
    run = CliRunner()
    (file := tmp_path / "ours.toml").write_text(
        run.invoke(camcensus, ["removal", "policies", "--template"]).stdout
    )
    assert obligations.policy("my-organisation", [file]).removal
    for one in obligations.asking():
        shown = run.invoke(camcensus, ["removal", "policies", one.id])
        assert shown.exit_code == 0 and one.source in shown.stdout and "legal advice" in shown.stdout


def test_nobody_is_asked_about_a_device_that_a_condition_leaves_out(path: Path) -> None:
    with open_inventory(path) as inventory:
        chosen = obligations.policy("us-ndaa-889")
        assert [one.site for one in obligations.standings(inventory, chosen, "site = hq")] == ["hq"]


def test_the_inventory_is_only_read(path: Path) -> None:
    before = state(path)
    called(path, "check", "--policy", "us-ndaa-889")
    assert state(path) == before


def state(path: Path) -> object:
    with open_inventory(path) as inventory:
        return log.head(inventory)
