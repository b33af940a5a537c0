"""A list in codes predicts what the student made of it predicts."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.rules.draft import first_that_holds, from_student, to_student
from crembo_cli.students.rules.fit import RuleFit
from tests.students.rules.test_fit import BINS, REWARDS, ROWS


def test_the_first_rule_that_holds_is_named() -> None:
    """Of the rules that hold on a row the first is named; their count where none does."""
    holds = [np.array([True, False, False]), np.array([True, True, False])]
    assert first_that_holds(holds, 3).tolist() == [0, 1, 2]
    assert first_that_holds([], 2).tolist() == [0, 0]


def test_a_student_comes_back_as_it_was() -> None:
    """A list made a student and taken up again has the same rules."""
    fit = RuleFit(BINS, REWARDS, 2, 1)
    fit.grow(6)
    student = to_student(fit.rules, fit.otherwise, BINS, np.eye(3, dtype=np.float32)[[0] * 7])
    rules, otherwise = from_student(student, BINS)
    assert otherwise == fit.otherwise
    assert [rule.label for rule in rules] == [rule.label for rule in fit.rules]
    again = RuleFit(BINS, REWARDS, 2, 1)
    again.begin_from(rules, otherwise)
    assert again.objective() == fit.objective()
    predicted = np.array([*(rule.label for rule in rules), otherwise])[student.rule_of(ROWS)]
    np.testing.assert_array_equal(student.predict(ROWS), predicted)
    assert REWARDS[np.arange(600), predicted].sum(dtype=np.float64) == fit.objective()
