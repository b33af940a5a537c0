"""Numbers and names in words."""

from __future__ import annotations

import pytest

from crembo_cli.report.words import kind, listed, ratio, short
from crembo_cli.students.registry import family_names


@pytest.mark.parametrize(
    ("family", "words"),
    [
        (None, "a classifier"),
        ("tree", "a tree student"),
        ("oblique", "an oblique student"),
        ("mlp", "an mlp student"),
        ("dnn", "a dnn student"),
    ],
)
def test_each_family_has_its_article(family: str | None, words: str) -> None:
    """As it is said aloud: letters without a vowel one by one."""
    assert kind(family) == words


def test_the_families_there_are() -> None:
    """None is called by the wrong one."""
    an = {"additive", "mlp", "oblique"}
    for family in family_names():
        assert kind(family).startswith("an " if family in an else "a ")


def test_names_in_a_row() -> None:
    """None, one, two and three."""
    assert [listed(["a", "b", "c"][:k]) for k in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_ratios_and_short_numbers() -> None:
    """More or less, in three digits or so."""
    assert ratio(12.5, "smaller", "larger") == "12.5x smaller"
    assert ratio(0.5, "smaller", "larger") == "2.0x larger"
    assert [short(each) for each in (678, 34_500, 1_200_000)] == ["678", "34.5k", "1.2M"]
