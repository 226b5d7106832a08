"""Targets, exclusions, and the guard on public addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.targets import Scope, scope

TODAY = date(2026, 11, 22)


def resolve(name: str) -> Sequence[str]:
    names = {
        "cam7.example": ["10.0.0.7"],
        "both.example": ["10.0.0.8", "fd00::8"],
        "far.example": ["8.8.8.8"],
    }
    if name not in names:
        raise OSError("Name or service not known")
    return names[name]


def within(*targets: str, exclude: Sequence[str] = (), allow_public: bool = False) -> Scope:
    return scope(targets, resolve=resolve, today=TODAY, exclude=exclude, allow_public=allow_public)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("10.20.0.5", ["10.20.0.5"]),
        ("10.20.0.0/30", ["10.20.0.0", "10.20.0.1", "10.20.0.2", "10.20.0.3"]),
        ("10.20.0.1/30", ["10.20.0.0", "10.20.0.1", "10.20.0.2", "10.20.0.3"]),
        ("10.20.0.5-10.20.0.7", ["10.20.0.5", "10.20.0.6", "10.20.0.7"]),
        ("10.20.0.254-1.1", ["10.20.0.254", "10.20.0.255", "10.20.1.0", "10.20.1.1"]),
        ("10.20.0.5-7", ["10.20.0.5", "10.20.0.6", "10.20.0.7"]),
        ("cam7.example", ["10.0.0.7"]),
        ("both.example", ["10.0.0.8", "fd00::8"]),
        ("fd00::7", ["fd00::7"]),
        ("fd00::/127", ["fd00::", "fd00::1"]),
    ],
)
def test_every_form_of_target_means_its_addresses(text: str, addresses: list[str]) -> None:
    found = within(text)
    assert list(found.addresses()) == addresses
    assert len(found) == len(addresses)
    assert all(address in found for address in addresses)


@pytest.mark.parametrize(
    ("text", "why", "fix"),
    [
        ("10.20.0.0/33", "10.20.0.0/33", "10.20.0.0/22"),
        ("10.20.0.300", "none of the forms", "a network such as"),
        ("10.20.0.9-5", "before it starts", "10.20.0.5-10.20.0.9"),
        ("10.20.0.5-300", "not IPv4 addresses", "10.20.0.5-90"),
        ("nowhere.example", "no address was found", "correct the name"),
        ("http://10.0.0.1/", "does not appear to be", "a network such as"),
        ("", "none of the forms", "a network such as"),
        ("fd00::/64", "too large", "--interface"),
        ("0.0.0.0/0", "too large", "--interface"),
        ("224.0.0.1", "not the address of a device", "an address"),
        ("255.255.255.255", "not the address of a device", "an address"),
    ],
)
def test_a_wrong_target_is_named_with_what_would_be_right(text: str, why: str, fix: str) -> None:
    with pytest.raises(CamcensusError) as caught:
        within(text)
    assert f'"{text}"' in caught.value.what
    assert why in caught.value.why
    assert fix in caught.value.fix
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "9.255.255.250-10.0.0.5", "far.example", "2001:4860:4860::8888", "192.168.0.0-192.169.0.1"],
)
def test_public_addresses_are_refused_unless_allowed_in_so_many_words(text: str) -> None:
    with pytest.raises(CamcensusError) as caught:
        within(text)
    assert "public address" in caught.value.why and "--allow-public" in caught.value.fix
    assert len(within(text, allow_public=True)) > 0


def test_exclusions_are_taken_out_and_counted() -> None:
    found = within("10.0.0.0/29", exclude=["10.0.0.2-3", "10.0.0.7"])
    assert list(found.addresses()) == ["10.0.0.0", "10.0.0.1", "10.0.0.4", "10.0.0.5", "10.0.0.6"]
    assert found.excluded == 3
    assert found.excludes("10.0.0.2") and not found.excludes("10.0.0.1")


def test_an_exclusion_file_carries_reasons_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "leave-alone.txt"
    file.write_text(
        "# what facilities asked for\n"
        "10.0.0.1 until 2026-11-22  # dialysis ward, ticket 4711\n"
        "10.0.0.2 until 2026-11-21  # over\n\n"
        "10.0.0.3\n"
    )
    found = scope(["10.0.0.0/30"], resolve=resolve, today=TODAY, exclude_files=[file])
    assert list(found.addresses()) == ["10.0.0.0", "10.0.0.2"]
    assert [(one.block.text, one.reason) for one in found.exclusions] == [
        ("10.0.0.1", "dialysis ward, ticket 4711"),
        ("10.0.0.3", ""),
    ]
    assert [one.reason for one in found.expired] == ["over"]


def test_an_error_in_a_file_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "targets.txt"
    file.write_text("10.0.0.1\n10.0.0.2  # fine\n10.0.0.x\n")
    for give in ({"targets": [f"@{file}"]}, {"targets": [], "targets_files": [file]}):
        with pytest.raises(CamcensusError) as caught:
            scope(**give, resolve=resolve, today=TODAY)
        assert "line 3" in caught.value.what and "10.0.0.x" in caught.value.what


def test_an_exclusion_line_with_rubbish_after_the_target_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "leave-alone.txt"
    file.write_text("10.0.0.1 till tomorrow\n")
    with pytest.raises(CamcensusError, match="line 1"):
        scope(["10.0.0.0/30"], resolve=resolve, today=TODAY, exclude_files=[file])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match=r"none\.txt"):
        within(f"@{tmp_path / 'none.txt'}")


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=5)


@given(spans, spans)
def test_targets_less_exclusions_is_what_set_arithmetic_says(
    targets: list[tuple[int, int]], exclusions: list[tuple[int, int]]
) -> None:
    def texts(chosen: list[tuple[int, int]]) -> list[str]:
        return [f"10.0.0.{first}-{first + length}" for first, length in chosen]

    def numbers(chosen: list[tuple[int, int]]) -> set[int]:
        return {number for first, length in chosen for number in range(first, first + length + 1)}

    found = within(*texts(targets), exclude=texts(exclusions))
    left = numbers(targets) - numbers(exclusions)
    assert {int(ipaddress.IPv4Address(address)) & 0xFF for address in found.addresses()} == left
    assert len(found) == len(left)
    assert found.excluded == len(numbers(targets) & numbers(exclusions))
    assert all((f"10.0.0.{number}" in found) == (number in left) for number in range(80))
