"""Words and numbers on the command line."""

from __future__ import annotations

import math

import pytest

from crembo_cli.commands import options as checks
from crembo_cli.errors import UsageError


def test_choices() -> None:
    """A choice is one of the words, spelled as they are."""
    checks.check_choice("--algorithm", "memo", ("crembo", "memo"))
    with pytest.raises(UsageError, match=r"--algorithm: .*'Memo'.*crembo or memo"):
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
    assert checks.whole_or_auto("--synthetic", "auto") is None
    assert checks.whole_or_auto("--synthetic", "0") == 0
    assert checks.whole_or_auto("--synthetic", "10000000") == 10_000_000


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "²", "10000001", "9" * 5000, "AUTO"])
def test_no_number_of_rows(text: str) -> None:
    """All else is refused, digits of other scripts and endless ones too."""
    with pytest.raises(UsageError, match="--synthetic: this is no number of rows"):
        checks.whole_or_auto("--synthetic", text)


def test_options_that_exclude_each_other() -> None:
    """An option without a meaning beside another is refused where it was given, at 0 too."""
    checks.refuse_both("--test-data", {"--test-size": None})
    with pytest.raises(UsageError, match="--test-size 0: --test-size means nothing with --test-d"):
        checks.refuse_both("--test-data", {"--test-size": 0})


def test_settings_of_a_family() -> None:
    """What has an option of its own is one among the others; a value may hold an equals sign."""
    assert checks.family_settings([], {"max_depth": None}) == {}
    found = checks.family_settings(["a=1", "b=x=y"], {"max_depth": 3, "max_leaves": None})
    assert found == {"max_depth": "3", "a": "1", "b": "x=y"}


@pytest.mark.parametrize("setting", ["alpha", "=3", ""])
def test_settings_that_set_nothing(setting: str) -> None:
    """A setting has a name and a value."""
    with pytest.raises(UsageError, match="KEY=VALUE"):
        checks.family_settings([setting], {})
