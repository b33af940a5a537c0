"""Where depth is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crembo_cli.robustness.measure import weakest_groups
from crembo_cli.robustness.model import WeakGroup
from crembo_cli.students.tree.model import Tree
from tests.robustness.small_runs import Constant, evidence_of

# Quarters and halves, so that means are exact.
BELIEFS = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], np.float32)
EVIDENCE = evidence_of(pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0]}), BELIEFS)


def test_leaves_written_out() -> None:
    """The leaf with the least belief comes first; one that no row reaches is left out."""
    tree = Tree(
        feature=np.array([0, -1, 0, -1, -1], np.int32),
        threshold=np.array([1.5, 0, 99, 0, 0], np.float32),
        missing_left=np.zeros(5, np.bool_),
        left=np.array([1, 1, 3, 3, 4], np.int32),
        right=np.array([2, 1, 4, 3, 4], np.int32),
        label=np.array([0, 0, 0, 1, 0]),
        probabilities=np.full((5, 2), 0.5, np.float32),
    )
    assert weakest_groups(tree, EVIDENCE, ["no", "yes"]) == [
        WeakGroup(
            rule="1.5 < x <= 99",
            predicted="yes",
            rows=2,
            depth=0.0,
            mean_belief=0.375,
            beliefs=[0.625, 0.375],
        ),
        WeakGroup(
            rule="x <= 1.5",
            predicted="no",
            rows=2,
            depth=0.5,
            mean_belief=0.625,
            beliefs=[0.625, 0.375],
        ),
    ]


def test_a_student_without_groups_is_grouped_by_predicted_class() -> None:
    """Only the classes that it predicts are listed."""
    (spot,) = weakest_groups(Constant(1, 2), EVIDENCE, ["no", "yes"])
    assert (spot.rule, spot.predicted, spot.rows) == ("predicted as yes", "yes", 4)
    assert (spot.depth, spot.mean_belief, spot.beliefs) == (0.0, 0.375, [0.625, 0.375])


def test_at_most_ten_groups_are_listed() -> None:
    """Of many classes the ten weakest."""

    class Each:
        def predict(self, rows: np.ndarray) -> np.ndarray:
            return np.arange(len(rows))

    n = 15
    beliefs = np.full((n, n), 0.5 / (n - 1), np.float32)
    beliefs[np.arange(n), np.arange(n)] = np.linspace(0.2, 0.9, n)
    evidence = evidence_of(pd.DataFrame({"x": np.arange(float(n))}), beliefs)
    found = weakest_groups(Each(), evidence, [str(k) for k in range(n)])
    assert [spot.predicted for spot in found] == [str(k) for k in range(10)]
