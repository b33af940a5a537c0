"""The exported tree, run in onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.model import Tree
from crembo_cli.testing.answers import model_bytes
from tests.students.tree.tables import Table, students, tables

LARGEST = np.finfo(np.float32).max


def in_onnxruntime(tree: Tree, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of the exported tree."""
    model = model_bytes(tree, rows.shape[1], tree.probabilities.shape[1])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(None, {session.get_inputs()[0].name: rows})
    return label, probabilities


def probes(tree: Tree, rows: np.ndarray, seed: int) -> np.ndarray:
    """The rows, and more with cells at thresholds, one ulp beside them, missing and extreme."""
    rng = np.random.default_rng(seed)
    cells = [np.float32([np.nan, 0, -0.0, LARGEST, -LARGEST]) for _ in range(rows.shape[1])]
    for v in tree.splits():
        at = tree.threshold[v]
        beside = [at, *np.nextafter(at, np.float32([-np.inf, np.inf]))] if abs(at) < LARGEST else []
        cells[tree.feature[v]] = np.append(cells[tree.feature[v]], np.float32(beside))
    drawn = np.stack([rng.choice(np.append(at, rows[:, j]), 200) for j, at in enumerate(cells)], 1)
    return np.concatenate([rows, drawn]).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 6), st.integers(0, 2**16))
def test_onnxruntime_predicts_what_the_tree_predicts(drawn: Table, depth: int, seed: int) -> None:
    """At thresholds, one ulp beside, missing and at the ends of float32: the same label, always."""
    for _, tree in students(drawn, depth):
        rows = probes(tree, drawn.rows, seed)
        label, probabilities = in_onnxruntime(tree, rows)
        assert np.array_equal(label, tree.predict(rows))
        assert np.array_equal(probabilities, tree.predict_proba(rows))
        assert np.array_equal(label, probabilities.argmax(axis=1))


def with_missing(side: float, empty: bool) -> Task:
    """Two classes split at 0, missing ones in the class of `side`; the second column is empty."""
    column = np.linspace(-1, 1, 40)
    column[::4] = np.nan
    rows = np.column_stack([column, np.full(40, np.nan) if empty else np.arange(40) % 2])
    label = np.where(np.isnan(column), side, column) > 0
    beliefs = np.eye(2, dtype=np.float32)[label.astype(int)]
    rows = rows.astype(np.float32)
    return Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )


@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("empty", [True, False])
def test_missing_values_go_where_they_were_learned_to_go(side: float, empty: bool) -> None:
    """Left or right, as the fitted rows say, in memory and in onnxruntime."""
    task = with_missing(side, empty)
    learner = TreeFamily(max_depth=1).learner(task)
    tree = learner.finish(learner.fit(task.beliefs))
    assert bool(tree.missing_left[0]) == (side < 0)
    rows = np.float32([[np.nan, np.nan], [np.nan, 0]])
    assert tree.predict(rows).tolist() == [int(side > 0)] * 2
    assert in_onnxruntime(tree, rows)[0].tolist() == [int(side > 0)] * 2


@pytest.mark.parametrize("sign", [-1, 1])
def test_values_that_were_never_missing_go_where_most_rows_go(sign: int) -> None:
    """A feature without gaps in the fit sends a missing value to its larger side."""
    rows = sign * np.arange(10, dtype=np.float32)[:, None]
    beliefs = np.eye(2, dtype=np.float32)[(np.arange(10) < 3).astype(int)]
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    learner = TreeFamily(max_depth=2).learner(task)
    tree = learner.finish(learner.fit(beliefs))
    absent = np.float32([[np.nan]])
    assert tree.predict(absent).tolist() == [0]
    assert in_onnxruntime(tree, absent)[0].tolist() == [0]


@settings(deadline=None, max_examples=30)
@given(tables, st.integers(1, 4), st.integers(0, 2**16))
def test_labels_that_no_probability_leads_are_predicted_all_the_same(
    drawn: Table, depth: int, seed: int
) -> None:
    """A tree fitted to labels of low teacher probability predicts them in both places."""
    c = drawn.beliefs.shape[1]
    against = np.eye(c, dtype=np.float32)[np.random.default_rng(seed).integers(0, c, 60)]
    task = drawn.task(validation_rows=drawn.rows[:0], validation_beliefs=drawn.beliefs[:0])
    learner = TreeFamily(max_depth=depth).learner(task)
    fitted = learner.fit(against[: len(task.rows)])
    tree = learner.finish(fitted)
    assert np.array_equal(tree.predict(task.rows), fitted.predict(task.rows))
    label, probabilities = in_onnxruntime(tree, task.rows)
    assert np.array_equal(label, tree.predict(task.rows))
    assert np.array_equal(probabilities.argmax(axis=1), label)
