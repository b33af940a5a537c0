"""Rules and conditions that are worth too little are pruned."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.rules.model import RuleList
from crembo_cli.students.rules.prune import prune_by_worth, without_unused
from crembo_cli.students.tree.worth import Worth
from tests.students.rules.test_model import two_rules

ROWS = np.array([[1, 8], [1, 8], [1, 3], [9, 8], [9, 20], [9, 20]], np.float32)
BY_LABEL = 1.0  # an information so large a share of the entropy that only labels count


def prune(labels: list[int], alpha: float, information: float = BY_LABEL) -> RuleList:
    """`two_rules`, pruned on rows whose teacher is certain of `labels`."""
    beliefs = np.eye(3, dtype=np.float32)[labels]
    worth = Worth.of("labels", alpha, information)
    return prune_by_worth(two_rules(), ROWS, beliefs, np.eye(3), worth)


def test_rules_and_conditions_that_predict_better_labels_stay() -> None:
    """Rules and conditions that the rows need all stay."""
    assert prune([1, 1, 2, 2, 0, 0], 0.01).size() == two_rules().size()


def test_a_condition_without_effect_is_removed() -> None:
    """Where the rule predicts the same without a term, the term goes and the rule stays."""
    kept = prune([1, 1, 1, 2, 0, 0], 0.01)
    assert kept.label.tolist() == [1, 2, 0]
    assert [kept.feature[0, j] for j in kept.terms(0)] == [0]


def test_no_rule_is_worth_all_belief_and_all_information() -> None:
    """At the largest prices only the default rule is left."""
    assert prune([1, 1, 2, 0, 0, 0], 1.0, 1.0).label.tolist() == [0]


def test_a_rule_of_the_default_class_stays_for_its_probabilities() -> None:
    """Rows with other probabilities keep their rule, though no label depends on it."""
    same = two_rules().label * 0
    beliefs = np.array([[1, 0, 0]] * 3 + [[0.6, 0.4, 0]] + [[1, 0, 0]] * 2, np.float32)
    student = RuleList(**{**vars(two_rules()), "label": same})
    for information, stays in ((0.01, True), (1.0, False)):
        worth = Worth.of("labels", 0.01, information)
        kept = prune_by_worth(student, ROWS, beliefs, np.eye(3), worth)
        assert (len(kept.label) > 1) == stays


def test_rules_without_rows_go() -> None:
    """Unused rules go; where the default rule is unused, the last rule becomes the default."""
    assert without_unused(two_rules(), ROWS[3:]).label.tolist() == [2, 0]
    assert without_unused(two_rules(), ROWS[:3]).label.tolist() == [1, 2]
    for rows in (ROWS[:3], ROWS[3:], ROWS):
        np.testing.assert_array_equal(
            without_unused(two_rules(), rows).predict(rows), two_rules().predict(rows)
        )
