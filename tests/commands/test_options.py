"""Options that commands share."""

from __future__ import annotations

import os

import pytest

from crembo_cli.commands import options
from crembo_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", ("a",)),
        ("a,b c, d ", ("a", "b c", "d")),
        ('"a, b",c', ("a, b", "c")),
        ('a, "b ""x"""', ("a", 'b "x"')),
    ],
)
def test_names(text: str, found: tuple[str, ...]) -> None:
    """Names are parted by commas; one with a comma in it stands in quotes."""
    assert options.names(text, "--drop") == found


def test_no_names() -> None:
    """An option that was not given is not an empty one."""
    assert options.names(None, "--drop") is None


@pytest.mark.parametrize(
    ("text", "predicted"), [("", "empty"), ("a,,b", "empty"), ("a,b,a", "twice")]
)
def test_bad_names(text: str, predicted: str) -> None:
    """Empty names and names that come twice are refused."""
    with pytest.raises(UsageError, match=f"--drop.*{predicted}|{predicted}.*--drop"):
        options.names(text, "--drop")


def test_threads() -> None:
    """As many threads as asked for, else one for each core that this process may use."""
    assert options.threads(3) == 3
    assert options.threads(None) == len(os.sched_getaffinity(0))
