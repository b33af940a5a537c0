"""Sentences and phrases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.report.drawings import (
    abbreviate,
    explain_comparison,
    format_ratio,
    join_names,
    name_classifier,
)
from crembo_cli.students.registry import family_names
from tests.report.example_reports import comparison, report


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


def test_utilities_are_explained() -> None:
    """With costs, depth is an expected utility, in the table's note and in the bounds."""
    costly = replace(report().student, utilities=[[1.0, 0.5], [0.0, 1.0]])
    text = replace(report(), student=costly).to_text(details=True)
    flat = " ".join(text.split())
    assert "Classes are decided by expected utility" in flat
    assert "the expected utility of the predicted class is below 0.5" in flat
    assert "teacher probability of the predicted class is below" not in flat


def test_the_criteria_of_a_comparison_are_named_in_their_order() -> None:
    """With --objective scores, the KL divergence alone."""
    labels, scores = (
        explain_comparison(comparison(), each, "teacher probability")
        for each in ("labels", "scores")
    )
    assert "mean teacher probability (mean prob.) and, of those, of the lowest KL" in labels
    assert "within one standard error of the lowest KL divergence" in scores
    assert "mean teacher probability" not in scores
