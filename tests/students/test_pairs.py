"""Pairs of features: which are found, what they add, and how that is written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.tables import tables_of
from crembo_cli.students.scored.text import curves_of
from crembo_cli.students.scored.weights import WeightsStudent

RNG = np.random.default_rng(0)
ROWS = RNG.uniform(0, 1, (3000, 5)).astype(np.float32)
ROWS[:, 4] = RNG.integers(0, 6, 3000)


def task_of(yes: np.ndarray, rows: np.ndarray = ROWS) -> Task:
    """A task of two classes, the last feature a category of six."""
    beliefs = np.where(yes[:, None], [0.05, 0.95], [0.95, 0.05]).astype(np.float32)
    return Task(
        rows=rows,
        beliefs=beliefs,
        validation_rows=rows[:0],
        validation_beliefs=beliefs[:0],
        categories=(0, 0, 0, 0, 6),
    )


def fitted(task: Task, **options: int) -> WeightsStudent:
    """A finished student of the task."""
    learner = AdditiveFamily(**options).learner(task)
    return learner.finish(learner.fit(task.beliefs))


def right(student: WeightsStudent, task: Task) -> float:
    """The share of rows with the likelier label."""
    return float((student.predict(task.rows) == task.beliefs.argmax(axis=1)).mean())


def pairs_in(student: WeightsStudent) -> set[tuple[int, int]]:
    """The two features of each table."""
    tables = tables_of(student.sums())
    return {(table.axes[0].feature, table.axes[1].feature) for table in tables}


BOTH = (ROWS[:, 1] > 0.5) ^ (ROWS[:, 3] > 0.5)
ODD = (ROWS[:, 0] > 0.5) ^ (ROWS[:, 4] > 2)
HOLED = ROWS.copy()
HOLED[::3, 2] = np.nan
ABSENT = (ROWS[:, 1] > 0.5) ^ np.isnan(HOLED[:, 2])
CASES = {
    "two numbers": (task_of(BOTH), (1, 3)),
    "a number and a category": (task_of(ODD), (0, 4)),
    "a number and whether another is missing": (task_of(ABSENT, HOLED), (1, 2)),
}


@pytest.mark.parametrize("case", CASES)
def test_one_pair_is_enough_for_what_no_curves_can_follow(case: str) -> None:
    """Of all pairs the one that decides is found, and its table is followed."""
    task, pair = CASES[case]
    assert right(fitted(task, pairs=0), task) < 0.85
    student = fitted(task, pairs=1)
    assert pairs_in(student) == {pair}
    assert right(student, task) > 0.93


def test_no_pairs_and_no_more_than_there_are() -> None:
    """`pairs` is an upper bound; a single feature has no pair."""
    task = CASES["two numbers"][0]
    assert pairs_in(fitted(task, pairs=0)) == set()
    assert len(pairs_in(fitted(task, pairs=4))) == 4
    assert len(pairs_in(fitted(task, pairs=1000))) == 10
    alone = replace(task, rows=task.rows[:, :1].copy(), categories=(0,))
    student = fitted(alone, pairs=5)
    assert pairs_in(student) == set()
    assert student.columns.products is None


def test_the_student_does_not_depend_on_threads() -> None:
    """The same weights and pairs with one thread of BLAS and with two."""
    task = CASES["a number and a category"][0]
    students = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            students.append(fitted(task, pairs=3))
    one, two = students
    np.testing.assert_array_equal(one.weights, two.weights)
    assert pairs_in(one) == pairs_in(two)


def test_curves_and_tables_add_up_to_the_scores() -> None:
    """On numbers between knots, missing cells with and without a place, and unseen categories."""
    student = fitted(CASES["a number and whether another is missing"][0], pairs=6, knots=5)
    rows = HOLED[:300].copy()
    rows[::7, 0] = np.nan  # no training row lacks it
    rows[::5, 4] = -1
    scores = np.tile(student.bias.astype(np.float64), (len(rows), 1))
    known = ~np.isnan(rows) & (rows >= 0)
    for curve in curves_of(student.sums()):
        j = curve.feature
        for i, cell in enumerate(rows[:, j]):
            if known[i, j]:
                scores[i] += [np.interp(cell, curve.knots, points) for points in curve.points.T]
            elif np.isnan(cell):
                scores[i] += curve.missing
    for table in tables_of(student.sums()):
        for i, row in enumerate(rows):
            places = []
            for axis in table.axes:
                cell = row[axis.feature]
                shares = np.zeros(len(axis.knots) + axis.missing)
                if known[i, axis.feature]:
                    units = np.eye(len(axis.knots))
                    shares[: len(axis.knots)] = [np.interp(cell, axis.knots, e) for e in units]
                elif np.isnan(cell) and axis.missing:
                    shares[-1] = 1
                places.append(shares)
            scores[i] += np.einsum("a,abc,b->c", places[0], table.points, places[1])
    np.testing.assert_allclose(scores, student.scores(rows), atol=1e-4)


def test_a_knot_is_not_listed_twice() -> None:
    """Where one ramp ends another begins: the same number, once."""
    student = fitted(CASES["two numbers"][0], pairs=1, knots=4)
    (table,) = tables_of(student.sums())
    for axis in table.axes:
        assert len(axis.knots) == 4
        assert np.diff(axis.knots).min() > 0.1


FEATURES = (
    *(Feature(name=name) for name in ("width", "height", "depth", "weight")),
    Feature(name="colour", categories=("red", "green", "blue", "white", "black", "pink")),
)


def test_the_texts_name_each_pair() -> None:
    """The description has a line, and the text a row for each two values."""
    student = fitted(CASES["a number and a category"][0], pairs=1)
    described = student.describe(FEATURES, ("no", "yes")).splitlines()
    assert described[-1].startswith("width and colour: ")
    text = student.to_text(FEATURES, ("no", "yes"), "s.onnx")
    rows = [line.split() for line in text.split("\n\n")[-1].splitlines()]
    assert rows[0] == ["feature", "value", "feature", "value", "no", "yes"]
    (table,) = tables_of(student.sums())
    assert len(rows) - 1 == table.points.shape[0] * table.points.shape[1]
    assert rows[1][0] == "width"
    assert rows[1][2:4] == ["colour", FEATURES[4].categories[int(table.axes[1].knots[0])]]
    assert float(rows[1][5]) == pytest.approx(table.points[0, 0, 1], rel=1e-4)


def test_of_a_wide_table_the_strongest_features_may_be_in_pairs() -> None:
    """The pair is found among a hundred features when one of its curves matters."""
    rows = RNG.uniform(0, 1, (4000, 100)).astype(np.float32)
    yes = (rows[:, 70] > 0.4) ^ (rows[:, 90] > 0.6)
    beliefs = np.where(yes[:, None], [0.05, 0.95], [0.95, 0.05]).astype(np.float32)
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    assert pairs_in(fitted(task, pairs=1)) == {(70, 90)}
