"""Tests of crembo_cli.dataset.columns."""

from __future__ import annotations

from crembo_cli.dataset.columns import listed


def test_listed() -> None:
    """The first few are written out, the others counted."""
    assert listed(["a", 1, True]) == "'a', 1, True"
    assert listed(list(range(12)), 3) == "0, 1, 2 and 9 more"
