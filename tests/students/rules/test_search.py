"""The search finds the conjunction that gains most."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Floats
from crembo_cli.students.rules.search import best_rule
from crembo_cli.students.tree.bins import bin_rows

ROWS = np.random.default_rng(0).random((500, 3)).astype(np.float32)
EVERYONE = np.arange(len(ROWS))


def gains(inside: np.ndarray) -> Floats:
    """A rule of class 1 gains 1 inside and loses 1 outside; one of class 0 always loses."""
    found = np.full((len(inside), 2), -1.0, np.float32)
    found[inside, 1] = 1.0
    return found


@pytest.mark.parametrize("most", [1, 2, 3])
def test_it_finds_a_corner(most: int) -> None:
    """A corner of as many sides as there may be terms is found whole."""
    sides = [ROWS[:, 0] <= 0.6, ROWS[:, 1] > 0.3, ROWS[:, 2] <= 0.7][:most]
    inside = np.logical_and.reduce(sides)
    bins = bin_rows(ROWS, 1)
    rule, score = best_rule(bins, EVERYONE, gains(inside), most, 1, None)
    assert rule.label == 1
    assert len(rule.terms) == most
    # 500 values in 255 bins: the nearest edge may be off by a row or two for each side.
    assert score >= inside.sum() - 3 * most
    assert (rule.holds(bins) != inside).mean() < 0.01 * most


def test_a_strip_takes_two_terms_on_one_feature() -> None:
    """Both ends of a strip are found, one after the other, on the same feature."""
    inside = (ROWS[:, 0] > 0.4) & (ROWS[:, 0] <= 0.8)
    rule, score = best_rule(bin_rows(ROWS, 1), EVERYONE, gains(inside), 2, 1, None)
    assert [term.feature for term in rule.terms] == [0, 0]
    assert {term.low for term in rule.terms} == {True, False}
    assert score >= inside.sum() - 6


def test_a_known_rule_is_kept_where_nothing_gains_more() -> None:
    """From the best rule, the search returns as much."""
    bins = bin_rows(ROWS, 1)
    wanted = gains((ROWS[:, 0] <= 0.5) & (ROWS[:, 1] > 0.5))
    rule, score = best_rule(bins, EVERYONE, wanted, 2, 1, None)
    assert best_rule(bins, EVERYONE, wanted, 2, 1, rule) == (rule, score)


def test_missing_cells_may_be_what_a_rule_asks_for() -> None:
    """A rule can hold exactly where a cell is missing."""
    rows = ROWS.copy()
    rows[::4, 2] = np.nan
    bins = bin_rows(rows, 1)
    absent = np.isnan(rows[:, 2])
    rule, score = best_rule(bins, EVERYONE, gains(absent), 1, 1, None)
    assert score == absent.sum()
    np.testing.assert_array_equal(rule.holds(bins), absent)


def test_rows_outside_the_selection_do_not_matter() -> None:
    """Only the rows given are counted, whatever the others would gain."""
    inside = ROWS[:, 0] <= 0.5
    here = np.flatnonzero(inside)
    bins = bin_rows(ROWS, 1)
    _, score = best_rule(bins, here, gains(inside)[here], 2, 1, None)
    assert score == len(here)
