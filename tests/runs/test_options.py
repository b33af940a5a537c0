"""The options of a run, and their checks."""

from __future__ import annotations

import math
import os

import pytest

from crembo_cli.errors import UsageError
from crembo_cli.runs import options as checks


def test_choices() -> None:
    """A choice is one of the words, spelled as they are."""
    checks.check_choice("--algorithm", "memo", ("crembo", "memo"))
    with pytest.raises(UsageError, match=r"--algorithm: .*'Memo'; did you mean 'memo'"):
        checks.check_choice("--algorithm", "Memo", ("crembo", "memo"))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_numbers_in_range(value: float) -> None:
    """A range holds its ends."""
    checks.check_range("--delta", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [-1e-9, 1.0000001, math.inf, -math.inf, math.nan])
def test_numbers_out_of_range(value: float) -> None:
    """Nothing outside is in it, NaN and infinity least of all."""
    with pytest.raises(UsageError, match="--delta: out of range"):
        checks.check_range("--delta", value, 0.0, 1.0)


def test_rows_or_auto() -> None:
    """A number of rows is `auto` or a whole number up to ten million."""
    assert checks.parse_synthetic("auto") is None
    assert checks.parse_synthetic("0") == 0
    assert checks.parse_synthetic("10000000") == 10_000_000


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "²", "10000001", "9" * 5000, "AUTO"])
def test_an_invalid_number_of_rows_is_refused(text: str) -> None:
    """All else is refused, digits of other scripts and endless ones too."""
    with pytest.raises(UsageError, match="--synthetic: invalid number of rows"):
        checks.parse_synthetic(text)


def test_options_that_exclude_each_other() -> None:
    """An option without a meaning beside another is refused where it was given, at 0 too."""
    checks.refuse_both("--test-data", {"--test-size": None})
    with pytest.raises(UsageError, match="--test-size 0: not available with --test-data"):
        checks.refuse_both("--test-data", {"--test-size": 0})


def test_settings_of_a_family_are_texts() -> None:
    """From "KEY=VALUE", where a value may hold an equals sign, or from a mapping."""
    assert checks.parse_settings(None) == {}
    assert checks.parse_settings(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    assert checks.parse_settings({"a": 1, "b": None}) == {"a": "1", "b": "None"}


@pytest.mark.parametrize("setting", ["alpha", "=3", ""])
def test_a_setting_without_a_key_is_refused(setting: str) -> None:
    """A setting has a name and a value."""
    with pytest.raises(UsageError, match=r"invalid setting.*KEY=VALUE"):
        checks.parse_settings([setting])


def test_a_setting_that_comes_twice_is_refused() -> None:
    """The second value would silently win."""
    with pytest.raises(UsageError, match="alpha is set twice"):
        checks.parse_settings(["alpha=1", "alpha=2"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", ("a",)),
        ("a,b c, d ", ("a", "b c", "d")),
        ('"a, b",c', ("a, b", "c")),
        ('a, "b ""x"""', ("a", 'b "x"')),
        (["a, b", "c"], ("a, b", "c")),
        (None, None),
    ],
)
def test_names_are_separated_by_commas_or_listed(text: object, found: tuple[str, ...]) -> None:
    """In text, a name with a comma is quoted."""
    assert checks.parse_names("--drop", text) == found


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), ("a,,b", "empty"), ("a,b,a", "twice")])
def test_empty_and_repeated_names_are_refused(text: str, reason: str) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=f"--drop.*{reason}"):
        checks.parse_names("--drop", text)


def test_threads_default_to_the_cores_of_this_process() -> None:
    """As many as requested, else one for each core that this process may use."""
    assert checks.count_threads(3) == 3
    assert checks.count_threads(None) == len(os.sched_getaffinity(0))
