"""What earns too little on held rows goes, rule by rule and term by term."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.rules.prune import prune_by_belief, without_unused
from tests.students.rules.test_model import two_rules

ROWS = np.array([[1, 8], [1, 8], [1, 3], [9, 8], [9, 20], [9, 20]], np.float32)


def beliefs(labels: list[int]) -> np.ndarray:
    """Belief 1 in each label."""
    return np.eye(3, dtype=np.float32)[labels]


def test_what_earns_stays() -> None:
    """Rules and terms that the held rows need all stay."""
    kept = prune_by_belief(two_rules(), ROWS, beliefs([1, 1, 2, 2, 0, 0]), 0.01)
    assert kept.size() == two_rules().size()


def test_a_term_goes_where_the_other_does_alone() -> None:
    """Where the rule says the same without a term, the term goes and the rule stays."""
    kept = prune_by_belief(two_rules(), ROWS, beliefs([1, 1, 1, 2, 0, 0]), 0.01)
    assert kept.label.tolist() == [1, 2, 0]
    assert [kept.feature[0, j] for j in kept.terms(0)] == [0]


def test_a_rule_goes_that_earns_less_than_alpha() -> None:
    """A rule worth a sixth of the rows stays under a smaller alpha and goes under a larger."""
    asked = beliefs([1, 1, 0, 2, 0, 0])
    assert prune_by_belief(two_rules(), ROWS, asked, 0.0).label.tolist() == [1, 2, 0]
    wanted = beliefs([1, 1, 2, 0, 0, 0])
    assert len(prune_by_belief(two_rules(), ROWS, wanted, 0.2).label) < 3
    assert prune_by_belief(two_rules(), ROWS, wanted, 1.0).label.tolist() == [0]


def test_rules_without_rows_go() -> None:
    """A rule that never has the say goes; where the last word is never needed, a rule is it."""
    assert without_unused(two_rules(), ROWS[3:]).label.tolist() == [2, 0]
    assert without_unused(two_rules(), ROWS[:3]).label.tolist() == [1, 2]
    for rows in (ROWS[:3], ROWS[3:], ROWS):
        np.testing.assert_array_equal(
            without_unused(two_rules(), rows).predict(rows), two_rules().predict(rows)
        )
