"""The drawn curves are the student's own."""

from __future__ import annotations

import re

import numpy as np

from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.scored.text import curves_of
from crembo_cli.students.scored.weights import WeightsStudent

RNG = np.random.default_rng(0)
ROWS = RNG.uniform(0, 10, (300, 3)).astype(np.float32)
ROWS[::5, 1] = np.nan
ROWS[:, 2] = RNG.integers(0, 3, 300)
SCORES = np.where(np.isnan(ROWS[:, 1]), 2.0, ROWS[:, 1] - 5) + np.where(ROWS[:, 2] == 1, 3, 0)
YES = 1 / (1 + np.exp(-SCORES))
BELIEFS = np.stack([1 - YES, YES], axis=1).astype(np.float32)
FEATURES = (
    Feature(name="idle"),
    Feature(name="age"),
    Feature(name="colour", categories=("red", "green", "blue")),
)


def fitted(family: AdditiveFamily | LinearFamily) -> WeightsStudent:
    """A student of the task above."""
    task = Task(
        rows=ROWS, beliefs=BELIEFS, validation_rows=ROWS[:0], validation_beliefs=BELIEFS[:0]
    )
    return family.learner(task).fit(BELIEFS)


def test_curves_add_up_to_the_scores() -> None:
    """Start, curves between their knots, and points for missing cells give the scores."""
    student = fitted(AdditiveFamily(knots=4))
    scores = np.tile(student.bias.astype(np.float64), (len(ROWS), 1))
    for curve in curves_of(student.sums()):
        cells = ROWS[:, curve.feature]
        for y in range(2):
            along = np.interp(np.nan_to_num(cells), curve.knots, curve.points[:, y])
            scores[:, y] += np.where(np.isnan(cells), curve.missing[y], along)
    np.testing.assert_allclose(scores, student.scores(ROWS), atol=1e-4)


def test_the_text_draws_each_curve() -> None:
    """A feature has its range and, of two classes, one curve: the log-odds of the second."""
    lines = fitted(AdditiveFamily(knots=3)).describe(FEATURES, ("no", "yes")).splitlines()[1:]
    assert lines[2].startswith("start: yes ")
    assert lines[3].startswith("age, from 0")
    assert re.match("  ▁[▂-▇][▇█] yes", lines[4])
    assert "; missing +" in lines[4]
    assert lines[5] == "colour, from red to blue"
    assert "missing" not in lines[6]
    assert lines[7].startswith("idle, from 0")
    assert len(lines) == 9


def test_a_student_without_curves_draws_none() -> None:
    """Where no feature has two values, only the start is written."""
    rows = np.ones((4, 1), np.float32)
    beliefs = np.array([[0.2, 0.8]] * 4, np.float32)
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    student = AdditiveFamily().learner(task).fit(beliefs)
    assert curves_of(student.sums()) == []
    text = student.describe(FEATURES[:1], ("no", "yes"))
    assert text.splitlines()[3:] == ["start: yes +1.39"]
