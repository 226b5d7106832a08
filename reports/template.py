"""Templates: whose report it is. A folder with a `report.toml` gives it title, logo, language and colour; no code."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from reports.language import Language, english, language
from scanner.errors import CamcensusError

FILE = "report.toml"
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
LARGEST_LOGO = 1_000_000  # bytes: it is in every page
KINDS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<"}
MEDIA = {".png": "image/png", ".svg": "image/svg+xml"}
CONTRAST = 4.5  # of text on white (WCAG 2.2, 1.4.3)


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a template says; each part may be missing."""

    title: str = ""
    subtitle: str = ""
    organisation: str = ""
    logo: str = ""  # PNG or SVG, beside the file
    language: str = ""
    accent: str = "#1f5673"
    footer: str = ""  # as in `Confidential`
    folder: str = ""  # where it was found; nobody writes that

    def named(self, title: str) -> Template:
        """The same with another title."""
        return msgspec.structs.replace(self, title=title)

    def logo_file(self) -> Path | None:
        return Path(self.folder) / self.logo if self.logo else None

    def logo_url(self) -> str:
        """The logo as an address that holds it, so that a page needs no other file."""
        file = self.logo_file()
        if file is None:
            return ""
        return f"data:{MEDIA[file.suffix.lower()]};base64,{base64.b64encode(file.read_bytes()).decode()}"

    def speaks(self, wanted: str = "") -> Language:
        """The language that is wanted, or else the template's own, or English."""
        code = wanted or self.language
        return language(code, Path(self.folder) if self.folder else None) if code else english()


def read(at: Path) -> Template:
    """The template of a folder, or of the file itself. Raises CamcensusError."""
    import tomli

    file = at / FILE if at.is_dir() else at
    try:
        known = tomli.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CamcensusError(
            f"the template {file} cannot be read", why=why, fix=f"it needs a {FILE}"
        ) from None
    made = _template(known, file)
    _check_logo(made)
    if contrast_on_white(made.accent) < CONTRAST:
        raise CamcensusError(
            f"the accent colour {made.accent} cannot be read on white",
            why=f"its contrast is {contrast_on_white(made.accent):.1f}, and text needs {CONTRAST}",
            fix="choose a darker one",
        )
    return made


def contrast_on_white(colour: str) -> float:
    """The contrast of a colour such as `#1f5673` with white."""
    return contrast([int(colour[at : at + 2], 16) for at in (1, 3, 5)], (255, 255, 255))


def contrast(one: Sequence[int], other: Sequence[int]) -> float:
    """The contrast of two colours in red, green and blue (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Sequence[int]) -> float:
    """The relative luminance of a colour in red, green and blue."""
    parts = (part / 255 for part in colour)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _template(known: dict[str, Any], file: Path) -> Template:
    known.pop("folder", None)
    try:
        made = msgspec.convert({**known, "folder": str(file.parent)}, Template)
    except msgspec.ValidationError as error:
        fields = ", ".join(name for name in Template.__struct_fields__ if name != "folder")
        raise CamcensusError(
            f"the template {file} cannot be used", why=str(error), fix=f"it may say: {fields}"
        ) from None
    if not COLOUR.fullmatch(made.accent):
        raise CamcensusError(
            f"{made.accent!r} in {file} is no colour", why="it is written as in #1f5673", fix="mend accent"
        )
    return made


def _check_logo(made: Template) -> None:
    file = made.logo_file()
    if file is None:
        return
    kind = file.suffix.lower()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CamcensusError(
            f"the logo {file} cannot be read", why=error.strerror or "", fix="put it beside report.toml"
        ) from None
    wrong = ""
    if kind not in KINDS or not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(KINDS[kind]):
        wrong = "it is neither PNG nor SVG"
    elif len(content) > LARGEST_LOGO:
        wrong = f"it has {len(content):,} bytes, and stands in every report: {LARGEST_LOGO:,} at most"
    if wrong:
        raise CamcensusError(f"the logo {file} cannot be used", why=wrong, fix="choose another file")
