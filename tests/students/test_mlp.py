"""The family `mlp` learns what no weighted sum can."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.mlp import MlpFamily
from crembo_cli.students.scored.model import total_reward

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(600, 2)) * [1, 100] + [0, 2000]).astype(np.float32)
SUMS = (((ROWS - [0, 2000]) / [1, 100]) ** 2).sum(axis=1)
LABELS = np.digitize(SUMS, [0.8, 2.2])
BELIEFS = np.full((600, 3), 0.1, np.float32)
BELIEFS[np.arange(600), LABELS] = 0.8
TASK = Task(
    rows=ROWS[:500],
    beliefs=BELIEFS[:500],
    validation_rows=ROWS[500:],
    validation_beliefs=BELIEFS[500:],
)


def test_rings_are_separated() -> None:
    """Three classes in rings, on features of different sizes, are learned."""
    learner = MlpFamily(steps=1000).learner(TASK)
    student = learner.finish(learner.fit(TASK.beliefs))
    assert (student.predict(TASK.validation_rows) == LABELS[500:]).mean() > 0.9


def test_a_fit_from_a_start_climbs_the_rewards() -> None:
    """From a start other rewards are earned too; where there are none it stays the start."""
    learner = MlpFamily(hidden=4, steps=400).learner(TASK)
    start = learner.fit(TASK.beliefs)
    rewards = np.ones((500, 3), np.float32)
    rewards[:, 0], rewards[:, 1] = LABELS[:500] != 2, 0.5
    before, after = (
        total_reward(student, TASK.rows, rewards)
        for student in (start, learner.fit(rewards, start))
    )
    assert after > before + 20
    assert learner.fit(np.zeros_like(rewards), start) is start


def test_a_start_from_other_columns_is_a_place_to_begin() -> None:
    """A net of another learner's columns is matched by a new one, so little of it is lost."""
    start = MlpFamily(steps=600).learner(TASK).fit(TASK.beliefs)
    holed = TASK.rows.copy()
    holed[:20, 0] = np.nan
    learner = MlpFamily(steps=600).learner(Task(**{**vars(TASK), "rows": holed}))
    placed = learner._student(learner._place(start))
    assert placed.net.inner.shape == (2 * 7 + 1, 32)
    assert (placed.predict(ROWS) == start.predict(ROWS)).mean() > 0.9


def test_its_size_and_text_count_its_numbers() -> None:
    """Ramps, flags, weights and biases are counted; the text has the layers."""
    holed = TASK.rows.copy()
    holed[0, 1] = np.nan
    task = Task(**{**vars(TASK), "rows": holed})
    net = MlpFamily(hidden=4, steps=1, knots=3).learner(task).fit(TASK.beliefs)
    ramps, flags = 2 * 2, 1
    assert net.size() == {
        "parameters": 4 * ramps + flags + (ramps + flags) * 4 + 4 + 4 * 3 + 3,
    }
    text = net.describe((Feature(name="a"), Feature(name="b")), ("x", "y", "z"))
    assert text == (
        "A net with one hidden layer: 5 inputs (2 features and 1 flags for missing values), "
        "4 hidden units (ReLU), 3 scores."
    )


def test_a_heavy_tail_hides_nothing() -> None:
    """A step among small values is learned beside values a million times as large."""
    small = RNG.uniform(0, 1, 900)
    rows = np.concatenate([small, 10 ** RNG.uniform(0, 6, 100)]).astype(np.float32)[:, None]
    beliefs = np.where(rows > 0.5, [0.05, 0.95], [0.95, 0.05]).astype(np.float32)
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    student = MlpFamily(steps=300).learner(task).fit(beliefs)
    assert (student.predict(rows) == (rows[:, 0] > 0.5)).mean() > 0.97


def test_all_features_begin_with_the_same_share() -> None:
    """A feature of 40 categories weighs as much in the inputs as a number of two knots."""
    rows = np.column_stack([RNG.integers(0, 40, 500), RNG.normal(size=500)]).astype(np.float32)
    task = Task(**{**vars(TASK), "rows": rows, "categories": (40, 0)})
    design = MlpFamily(knots=2).learner(task).design
    squares = (design.matrix**2).mean(axis=0)
    assert design.matrix.shape == (500, 40)
    np.testing.assert_allclose([squares[:39].sum(), squares[39]], 1.0, rtol=1e-3)


def test_a_wide_table_has_fewer_knots() -> None:
    """The number of inputs is bounded; each number keeps a ramp."""
    for width, inputs in ((100, 7 * 100), (500, 2 * 500), (1500, 1500)):
        rows = RNG.normal(size=(60, width)).astype(np.float32)
        task = Task(
            rows=rows,
            beliefs=BELIEFS[:60],
            validation_rows=rows[:0],
            validation_beliefs=BELIEFS[:0],
        )
        assert MlpFamily().learner(task).columns.width() == inputs
