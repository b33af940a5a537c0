"""Sentences and phrases."""

from __future__ import annotations

import pytest

from crembo_cli.report.drawings import (
    abbreviate,
    format_ratio,
    join_names,
    name_classifier,
)
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
def test_each_family_has_the_right_article(family: str | None, words: str) -> None:
    """A name without a vowel is spelled letter by letter."""
    assert name_classifier(family) == words


def test_our_families_have_the_right_article() -> None:
    """Every family that is installed."""
    an = {"additive", "mlp", "oblique"}
    for family in family_names():
        assert name_classifier(family).startswith("an " if family in an else "a ")


def test_names_are_joined_with_commas_and_and() -> None:
    """None, one, two and three."""
    assert [join_names(["a", "b", "c"][:k]) for k in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_ratios_and_counts_are_abbreviated() -> None:
    """A ratio below one is inverted; a count has about three digits."""
    assert format_ratio(12.5, "smaller", "larger") == "12.5x smaller"
    assert format_ratio(0.5, "smaller", "larger") == "2.0x larger"
    assert [abbreviate(each) for each in (678, 34_500, 1_200_000)] == ["678", "34.5k", "1.2M"]
