"""Students of weights: what a fit keeps, where it begins, and how it is finished."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Task
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.scored.model import total_reward
from crembo_cli.students.scored.softmax import softmax
from crembo_cli.students.scored.weights import WeightsLearner

RNG = np.random.default_rng(1)
ROWS = RNG.normal(size=(300, 2)).astype(np.float32)
BELIEFS = softmax(3 * ROWS @ np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])).astype(np.float32)
TASK = Task(
    rows=ROWS[:200],
    beliefs=BELIEFS[:200],
    validation_rows=ROWS[200:],
    validation_beliefs=BELIEFS[200:],
)


def learner_of(task: Task) -> WeightsLearner:
    """A learner on the features as they are."""
    return WeightsLearner(task, learn_columns, ridge=1e-4)


def test_a_linear_teacher_is_reproduced() -> None:
    """Beliefs that are a softmax of weighted sums are learned: the same label on unseen rows."""
    learner = learner_of(TASK)
    student = learner.finish(learner.fit(TASK.beliefs))
    assert (
        student.predict(TASK.validation_rows) == TASK.validation_beliefs.argmax(axis=1)
    ).mean() > 0.98


# Ten rows far off, on the other side of the class in the middle, bend the cross-entropy.
FAR_ROWS = np.concatenate([np.linspace(-1, 1, 90), np.full(10, 3.0)]).astype(np.float32)[:, None]
MIDDLE = (FAR_ROWS > 0.2) & (FAR_ROWS < 2)
FAR_BELIEFS = np.where(MIDDLE, [0.1, 0.9], [0.9, 0.1]).astype(np.float32)


def test_climbing_beats_the_cross_entropy_where_the_validation_rows_agree() -> None:
    """Where far-off rows bend the cross-entropy, the first fit earns more than it does."""
    task = Task(
        rows=FAR_ROWS, beliefs=FAR_BELIEFS, validation_rows=FAR_ROWS, validation_beliefs=FAR_BELIEFS
    )
    learner = learner_of(task)
    nearest = learner._student(*learner._nearest(FAR_BELIEFS))
    assert total_reward(nearest, FAR_ROWS, FAR_BELIEFS) < 60
    best = 90 * 0.9 + 10 * 0.1
    assert total_reward(learner.fit(FAR_BELIEFS), FAR_ROWS, FAR_BELIEFS) == pytest.approx(best)


def test_a_first_fit_keeps_the_cross_entropy_where_it_validates_better() -> None:
    """A change that gains on training rows and loses on validation rows is not kept."""
    nothing = FAR_ROWS[:0], FAR_BELIEFS[:0]
    task = Task(
        rows=FAR_ROWS,
        beliefs=FAR_BELIEFS,
        validation_rows=nothing[0],
        validation_beliefs=nothing[1],
    )
    learner = learner_of(task)
    nearest = learner._student(*learner._nearest(FAR_BELIEFS))
    agreeing = np.eye(2, dtype=np.float32)[nearest.predict(FAR_ROWS)]
    other = Task(
        rows=FAR_ROWS, beliefs=FAR_BELIEFS, validation_rows=FAR_ROWS, validation_beliefs=agreeing
    )
    kept = learner_of(other).fit(FAR_BELIEFS)
    np.testing.assert_allclose(kept.weights, nearest.weights, rtol=1e-4)
    climbed = learner.fit(FAR_BELIEFS)
    assert np.abs(climbed.weights - nearest.weights).max() > 0.1


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_a_fit_from_a_start_is_not_worse(threshold: float) -> None:
    """From a start the sum of rewards does not fall; with nothing to earn it stays the start."""
    learner = learner_of(TASK)
    start = learner.fit(TASK.beliefs)
    allowed = (TASK.beliefs >= threshold).astype(np.float32)
    found = learner.fit(allowed, start)
    assert total_reward(found, TASK.rows, allowed) >= total_reward(start, TASK.rows, allowed)
    assert learner.fit(np.zeros_like(allowed), start) is start


def test_a_start_from_other_columns_is_a_place_to_begin() -> None:
    """A student of another learner's columns is matched first, so little of it is lost."""
    start = learner_of(TASK).fit(TASK.beliefs)
    holed = TASK.rows.copy()
    holed[:20, 0] = np.nan
    learner = learner_of(Task(**{**vars(TASK), "rows": holed}))
    weights, bias = learner._place(start)
    placed = learner._student(weights, bias)
    assert placed.weights.shape == (3, 3)
    assert (placed.predict(ROWS) == start.predict(ROWS)).mean() > 0.95


@pytest.mark.parametrize("family", [LinearFamily(), AdditiveFamily()])
def test_a_rare_class_keeps_its_probabilities(family: LinearFamily | AdditiveFamily) -> None:
    """Where one label earns the most on all rows, rewards alone would make a constant."""
    rows = np.random.default_rng(0).normal(size=(2000, 3)).astype(np.float32)
    rare = 0.45 / (1 + np.exp(4 - 2 * rows[:, 0]))
    beliefs = np.stack([1 - rare, rare], axis=1).astype(np.float32)
    task = Task(
        rows=rows[:1600],
        beliefs=beliefs[:1600],
        validation_rows=rows[1600:],
        validation_beliefs=beliefs[1600:],
    )
    learner = family.learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    order = np.argsort(rare)
    found = student.predict_proba(rows)[order, 1]
    assert np.corrcoef(found, rare[order])[0, 1] > 0.95
