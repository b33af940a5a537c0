"""Margins of students, and which of them are exact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crembo_cli.core.margin_search import margin_upper_bound
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.robustness.perturbations import margins_on
from crembo_cli.students.capabilities import exact_margins
from crembo_cli.students.contract import Task
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.model import Tree
from tests.robustness.small_runs import Constant, evidence_of, mixed_frame, three_classes


def mixed(count: int = 120) -> LabelledTable:
    """Rows of all kinds, labels as the teacher says."""
    frame = mixed_frame(np.random.default_rng(1), count)
    beliefs = three_classes(frame)
    return evidence_of(frame, beliefs, beliefs.argmax(axis=1))


def task_of(evidence: LabelledTable) -> Task:
    """All rows for training, none for validation."""
    return Task(
        rows=evidence.rows,
        beliefs=evidence.beliefs,
        validation_rows=evidence.rows[:0],
        validation_beliefs=evidence.beliefs[:0],
    )


def test_units_are_deviations_of_numbers_alone() -> None:
    """Text, yes or no, and constants do not move; missing cells do not count."""
    frame = pd.DataFrame(
        {
            "a": [1.0, np.nan, 3.0],
            "b": [True, False, True],
            "c": pd.Series(["x", "y", "x"], dtype=object),
            "d": [5, 5, 5],
        }
    )
    evidence = evidence_of(frame, np.full((3, 2), 0.5, np.float32))
    assert evidence.units.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_linear_student_has_the_closed_form_and_it_is_tight() -> None:
    """No search finds a lesser change than the closed form, and the best one is near it."""
    evidence = mixed()
    student = LinearFamily().learner(task_of(evidence)).fit(evidence.beliefs)
    units = evidence.units
    exact = exact_margins(student, evidence.rows, units)
    assert exact is not None
    rng = np.random.default_rng(0)
    found = margin_upper_bound(student.predict, evidence.rows, units, rng)
    both = np.isfinite(found) & np.isfinite(exact)
    assert (found[both] >= exact[both] * (1 - 1e-4)).all()
    assert np.median(found[both] / exact[both]) < 1.2


def test_certified_accuracy_counts_right_rows_that_hold() -> None:
    """One feature, threshold 0: a row counts where it is right and farther than the radius."""
    tree = Tree(
        feature=np.array([0, -1, -1], np.int32),
        threshold=np.zeros(3, np.float32),
        missing_left=np.zeros(3, np.bool_),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        label=np.array([0, 0, 1]),
        probabilities=np.full((3, 2), 0.5, np.float32),
    )
    rows = [-0.5, -0.07, -0.02, 0.03, 0.5, np.nan]
    beliefs = np.tile(np.array([[0.6, 0.4]], np.float32), (6, 1))
    evidence = evidence_of(pd.DataFrame({"x": rows}), beliefs, np.array([0, 0, 0, 0, 1, 1]))
    found, above = margins_on(tree, evidence, np.ones(1), teacher=True, seed=0)
    assert found is not None
    assert above is None
    assert found.certified_accuracy == {"0.01": 5 / 6, "0.05": 4 / 6, "0.1": 3 / 6}
    assert found.certified_fidelity == {"0.01": 3 / 6, "0.05": 2 / 6, "0.1": 1 / 6}
    assert (found.unchangeable, found.rows) == (1 / 6, 6)
    assert np.isclose(found.median, 0.07)
    assert np.isclose(found.quantile_5, 0.02)


def test_without_labels_or_teacher_nothing_is_certified() -> None:
    """There is nothing to be right about."""
    evidence = evidence_of(mixed().frame, mixed().beliefs)
    tree = TreeFamily().learner(task_of(evidence)).fit(evidence.beliefs)
    found, _ = margins_on(tree, evidence, np.ones(4), teacher=False, seed=0)
    assert found is not None
    assert (found.certified_accuracy, found.certified_fidelity) == (None, None)


def test_a_constant_of_a_family_we_do_not_know() -> None:
    """It has no exact margin, and the search finds nothing: never a certificate."""
    found, above = margins_on(Constant(1, 3), mixed(), np.ones(4), teacher=True, seed=0)
    assert found is None
    assert above is not None
    assert (above.median, above.quantile_5, above.rows) == (np.inf, np.inf, 120)


def test_a_constant_tree_is_certified_at_every_radius() -> None:
    """Its margins are infinite, its certified accuracy is its accuracy."""
    evidence = mixed()
    tree = Tree(
        feature=np.full(1, -1, np.int32),
        threshold=np.zeros(1, np.float32),
        missing_left=np.zeros(1, np.bool_),
        left=np.zeros(1, np.int32),
        right=np.zeros(1, np.int32),
        label=np.array([1]),
        probabilities=np.full((1, 3), 1 / 3, np.float32),
    )
    found, _ = margins_on(tree, evidence, np.ones(4), teacher=True, seed=0)
    share = float(np.mean(evidence.teacher_labels() == 1))
    assert found is not None
    assert (found.median, found.quantile_5, found.unchangeable) == (np.inf, np.inf, 1.0)
    assert found.certified_accuracy == {"0.01": share, "0.05": share, "0.1": share}


def test_a_large_table_is_measured_on_a_subset() -> None:
    """The result says on how many rows it was measured."""
    evidence = mixed()
    tree = TreeFamily().learner(task_of(evidence)).fit(evidence.beliefs)
    found, _ = margins_on(tree, evidence, np.ones(4), teacher=True, seed=0, most_distances=320)
    assert found is not None
    assert found.rows == 320 // int(tree.is_leaf().sum())
