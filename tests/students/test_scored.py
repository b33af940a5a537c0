"""What all families of scores share: which rows a fit sees, how a student is finished."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.contract import Task
from crembo_cli.students.scored import model as module
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.scored.mlp import MlpFamily
from crembo_cli.students.scored.model import total_reward
from crembo_cli.students.scored.softmax import softmax
from crembo_cli.students.scored.weights import WeightsLearner, WeightsStudent

RNG = np.random.default_rng(1)
ROWS = RNG.normal(size=(200, 2)).astype(np.float32)
BELIEFS = softmax(3 * ROWS @ np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])).astype(np.float32)


def learner_of(seed: int = 0) -> WeightsLearner:
    """A learner of the task above."""
    nothing = ROWS[:0], BELIEFS[:0]
    return LinearFamily().learner(
        Task(
            rows=ROWS,
            beliefs=BELIEFS,
            validation_rows=nothing[0],
            validation_beliefs=nothing[1],
            seed=seed,
        )
    )


def test_finishing_brings_the_probabilities_to_the_beliefs() -> None:
    """After finish the labels are the same and the probabilities are nearer to the beliefs."""
    learner = learner_of()
    allowed = (BELIEFS >= 0.5).astype(np.float32)
    student = learner.fit(allowed, learner.fit(BELIEFS))
    finished = learner.finish(student)
    np.testing.assert_array_equal(finished.predict(ROWS), student.predict(ROWS))
    before, after = (
        -(BELIEFS * np.log(each.predict_proba(ROWS) + 1e-9)).sum() for each in (student, finished)
    )
    assert after < before


def test_students_of_other_families_are_refused() -> None:
    """A start or a student of another family raises TypeError that names both."""
    learner = learner_of()
    net = MlpFamily(hidden=1, steps=1).learner(learner.task).fit(BELIEFS)
    with pytest.raises(TypeError, match="expected a WeightsStudent, got a MlpStudent"):
        learner.fit(BELIEFS, net)
    with pytest.raises(TypeError, match="expected a WeightsStudent, got a MlpStudent"):
        learner.finish(net)


def test_many_rows_are_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more rows than a fit looks at, it draws so many by the seed, and each only once."""
    monkeypatch.setattr(module, "FITTED_ROWS", 50)
    learner = learner_of()
    assert learner.design.matrix.shape == (50, 2)
    assert len(set(learner.chosen)) == 50
    np.testing.assert_array_equal(learner.chosen, learner_of().chosen)
    assert not np.array_equal(learner.chosen, learner_of(seed=1).chosen)
    student = learner.finish(learner.fit(BELIEFS))
    assert (student.predict(ROWS) == BELIEFS.argmax(axis=1)).mean() > 0.9


def test_wide_rows_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the matrix would have too many cells, every so-many-th row is looked at."""
    monkeypatch.setattr(module, "FITTED_CELLS", 150)
    learner = learner_of()
    np.testing.assert_array_equal(learner.chosen, np.arange(0, 200, 3))
    assert learner.design.matrix.size <= 150


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows answered in blocks get the answers they get in one."""
    student = learner_of().fit(BELIEFS)
    together = student.predict_proba(ROWS), student.scores(ROWS)
    monkeypatch.setattr("crembo_cli.students.scored.columns.BLOCK", 7)
    np.testing.assert_allclose(student.predict_proba(ROWS), together[0], atol=1e-7)
    np.testing.assert_allclose(student.scores(ROWS), together[1], atol=1e-6)


def test_no_rows_get_no_answers() -> None:
    """A table without rows gives arrays without rows, of the right types and widths."""
    student = learner_of().fit(BELIEFS)
    assert student.predict(ROWS[:0]).shape == (0,)
    assert student.predict_proba(ROWS[:0]).shape == (0, 3)


def test_total_reward_sums_the_rewards_of_the_labels() -> None:
    """The total reward is that of the predicted labels."""
    student = learner_of().fit(BELIEFS)
    assert isinstance(student, WeightsStudent)
    predicted = np.eye(3, dtype=np.float32)[student.predict(ROWS)]
    assert total_reward(student, ROWS, predicted) == 200.0
    assert total_reward(student, ROWS, 1 - predicted) == 0.0
