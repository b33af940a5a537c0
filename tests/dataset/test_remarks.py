"""Tests of crembo_cli.dataset.notes."""

from __future__ import annotations

import numpy as np

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.notes import notes
from tests.dataset.conftest import table_of

N = 24
COUNT = np.arange(N)
CELLS = {
    "plain": COUNT % 5 * 0.25,
    "few": COUNT % 3,
    "continuous": COUNT * 0.1,
    "id": COUNT + 100,
    "key": [f"k{i}" for i in COUNT],
    "text": [f"k{i % 4}" for i in COUNT],
    "one": np.ones(N),
    "word": ["x"] * N,
    "none": np.full(N, np.nan),
    "holes": np.where(COUNT % 7 == 0, np.nan, COUNT % 5),
    "gaps": [None if i % 3 else f"k{i % 2}" for i in COUNT],
    "code": [f"{i % 9:03}" for i in COUNT],
    "large": (COUNT % 2) * (2**24 + 1),
    "huge": (COUNT % 2) * (2**53 + 1),
    "whole": (COUNT % 2) * 1e300,
    "exact": (COUNT % 2) * 2**30,
    "other": COUNT,
}


def said_of(*names: str, extra: tuple[str, ...] = ()) -> list[str]:
    """What is said of these features."""
    return notes(table_of(**CELLS), Columns(label=None, features=names, extra=extra))


def test_each_remark() -> None:
    """Each feature is named with what holds of it, and only that."""
    names = tuple(name for name in CELLS if name != "other")
    assert said_of(*names, extra=("other",)) == [
        "column ignored, neither label nor feature: 'other'",
        "2 columns like an identifier, with another value in each row: 'id', 'key'",
        "3 columns with a single value or none: 'one', 'word', 'none'",
        "3 columns with missing cells: 'none', 'holes', 'gaps'",
        "column kept as text, digits though they are, for a zero in front: 'code'",
        "3 columns with whole numbers beyond 2^24, which the student sees rounded to float32:"
        " 'large', 'huge', 'whole'",
    ]


def test_nothing_to_say() -> None:
    """Plain columns pass without a word."""
    assert said_of("plain", "few", "continuous", "text", "exact") == []


def test_few_rows() -> None:
    """In a small table, different values mean nothing."""
    table = table_of(a=[1, 2, 3], b=["x", "y", "z"])
    assert notes(table, Columns(label=None, features=("a", "b"), extra=())) == []
