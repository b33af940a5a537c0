"""The first rule that holds decides, also at the bounds and for missing cells."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.rules.model import RuleList

INF = np.inf


def two_rules() -> RuleList:
    """Class 1 where a <= 2 and b > 5, else class 2 where b <= 9; else class 0.

    A missing `a` holds in the first rule; a missing `b` in none but the last word.
    """
    below_minus_5 = np.nextafter(np.float32(-5), np.float32(-INF))
    return RuleList(
        feature=np.array([[0, 1], [1, 1], [0, 0]]),
        sign=np.array([[1, -1], [1, 1], [1, 1]], np.float32),
        bound=np.array([[2, below_minus_5], [9, 9], [3e38, 3e38]], np.float32),
        # What sign * this is: -infinity holds, infinity does not.
        missing=np.array([[-INF, -INF], [INF, INF], [-INF, -INF]], np.float32),
        label=np.array([1, 2, 0]),
        probabilities=np.array([[0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.6, 0.2, 0.2]], np.float32),
    )


ROWS = np.array(
    [[2, 6], [2, 5], [3, 9], [3, 10], [np.nan, 6], [0, np.nan], [np.nan, np.nan]], np.float32
)


def test_the_first_rule_that_holds_decides() -> None:
    """Rows go by the first rule all of whose terms hold; the last word takes the rest."""
    rules = two_rules()
    assert rules.rule_of(ROWS).tolist() == [0, 1, 1, 2, 0, 2, 2]
    assert rules.predict(ROWS).tolist() == [1, 2, 2, 0, 1, 0, 0]
    np.testing.assert_array_equal(rules.predict_proba(ROWS[:1]), [np.float32([0.1, 0.8, 0.1])])


def test_no_rows_get_no_answers() -> None:
    """Of no rows there are no answers, of the right shape."""
    rules = two_rules()
    assert rules.predict(ROWS[:0]).shape == (0,)
    assert rules.predict_proba(ROWS[:0]).shape == (0, 3)


def test_sizes_count_rules_and_terms_once() -> None:
    """A repeated term is no second one: three terms, and a label for each rule and the rest."""
    assert two_rules().size() == {"leaves": 3, "parameters": 9}
