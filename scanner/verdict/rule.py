"""The rule by which absence proves a removal: data, printed with every verdict that it gives."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from scanner.errors import CamcensusError

Count = Annotated[int, msgspec.Meta(ge=1)]
Some = Annotated[int, msgspec.Meta(ge=0)]
Percent = Annotated[float, msgspec.Meta(gt=0, le=100)]


class Replaced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is enough when the unit that replaces it hangs at its port of the switch."""

    runs: Count = 2
    days: Some = 7
    chance: Percent = 5.0


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters; rule.toml says what each is."""

    name: str = "camcensus"
    runs: Count = 3
    days: Some = 14
    chance: Percent = 1.0
    controls: Count = 3
    answering: Percent = 90.0
    by_protocol: Percent = 50.0
    unasked: Some = 0
    together: Some = 0
    newcomers: Literal["site", "anywhere"] = "site"
    replaced: Replaced = Replaced()

    def __str__(self) -> str:
        lighter, at = self.replaced, "at its site" if self.newcomers == "site" else "at any site"
        return (
            f"rule {self.name}: at least {self.runs} conclusive looks over {self.days} days, all of them missing it "
            f"by chance in at most {self.chance:g} %; in each, {self.answering:g} % of the control devices answered, "
            f"{self.by_protocol:g} % by each protocol, {self.controls} or more by one that tells it from others; "
            f"{self.unasked} addresses of its site unasked since; each newcomer {at} told from it. With its "
            f"replacement at its port of the switch: {lighter.runs} looks, {lighter.days} days, {lighter.chance:g} %"
        )


class File(msgspec.Struct, frozen=True):
    """A rule or policy file. What else it holds is for others."""

    verification: Rule = Rule()


def usual() -> Rule:
    """The rule that comes with camcensus."""
    text = resources.files(__package__).joinpath("rule.toml").read_bytes()
    return msgspec.toml.decode(text, type=File).verification


def read(path: Path) -> Rule:
    """The rule of a file. Raises CamcensusError when it holds none, or a wrong one."""
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=dict[str, object])
        if "verification" not in content:
            raise ValueError("it has no section [verification]")
        return msgspec.convert(content, File).verification
    except (OSError, ValueError) as error:
        raise CamcensusError(
            f"{path} cannot be used as a rule",
            why=str(error),
            fix="docs/explanation/removal.md describes the file",
        ) from None
