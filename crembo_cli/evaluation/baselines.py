"""The baselines: CART trees of the size that was requested, and what all classifiers predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.core.utilities import decisions
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Family, Floats, Indices, Student
from crembo_cli.students.tree.bins import Bins, bin_rows
from crembo_cli.students.tree.cart import grow_cart

LEAVES = 16  # of the baselines of a student that is not a tree: a tree that people still read


@dataclass(frozen=True, kw_only=True)
class TreeSize:
    """The size that the baselines may have; None: no limit of that kind."""

    max_depth: int | None
    max_leaves: int | None

    def text(self) -> str:
        """Describe the size: "depth 5", "16 leaves" or both."""
        depth = None if self.max_depth is None else f"depth {self.max_depth}"
        leaves = None if self.max_leaves is None else f"{self.max_leaves} leaves"
        return ", ".join(each for each in (depth, leaves) if each is not None)


@dataclass(frozen=True, kw_only=True)
class BaselineRows:
    """The rows that the baselines are fitted on: those of the student."""

    rows: Floats  # (n, p) real and synthetic rows
    beliefs: Floats  # (n, c) the teacher's class probabilities
    real: Floats  # (m, p) the real rows among them
    y_true: Indices | None  # (m,) true class indices of the real rows; None without labels
    utilities: Doubles | None = None  # (c, c) of decisions; None: plain labels


def requested_size(family: Family, size: Mapping[str, int]) -> TreeSize:
    """Return the size that was requested of a student of `family`, which has sizes `size`.

    It depends on the family's options and not on what was left of the student after pruning. A
    limit of leaves is one of `max_leaves`, or of `max_rules` and the default rule. A limit of
    tree depth counts for a single tree; beside a limit of leaves, only where it is not the
    family's default. A student with neither limit gets LEAVES leaves.
    """
    options: dict[str, Any] = asdict(family)  # type: ignore[call-overload]  # a dataclass
    usual = {each.name: each.default for each in fields(family)}  # type: ignore[arg-type]  # same
    # The nodes of several trees, as of a boosted student, are fewer.
    single = "tree_depth" in size and size.get("nodes") == 2 * size["leaves"] - 1
    depth = options.get("max_depth") if single else None
    leaves = options.get("max_leaves") if single else None
    if "max_rules" in options:
        leaves = max(options["max_rules"] + 1, 2)
    if depth is not None and (leaves is None or leaves >= 2**depth):
        return TreeSize(max_depth=depth, max_leaves=None)
    return TreeSize(
        max_depth=None if depth == usual.get("max_depth") else depth,
        max_leaves=LEAVES if leaves is None else leaves,
    )


def predict_all(
    student: Student, test: LabelledTable, baselines: Mapping[str, Prediction]
) -> dict[str, Prediction]:
    """What the student, the teacher and the baselines predict for the rows of `test`, by name."""
    return {
        "student": Prediction(
            labels=student.predict(test.rows), probabilities=student.predict_proba(test.rows)
        ),
        "teacher": Prediction(labels=test.teacher_labels(), probabilities=test.beliefs),
        **baselines,
    }


def predict_baselines(
    fitted: BaselineRows, test: Floats, size: TreeSize, threads: int = 1
) -> dict[str, Prediction]:
    """Fit CART trees of at most `size` and predict the rows `test` (m, p).

    `baseline_labels` is fitted to the true labels on the real rows; without labels there is
    none. `baseline_teacher` is fitted to the teacher's labels and `baseline_soft` to its class
    probabilities, on all rows. With a limit of leaves the trees grow leaf by leaf, the best
    split first. Missing values follow the direction that CART learned. With utilities, the
    teacher's labels are its decisions, and the other two decide by their probabilities.
    """
    c = fitted.beliefs.shape[1]
    bins = bin_rows(fitted.rows, threads)

    def predict(bins: Bins, targets: Floats, utilities: Doubles | None) -> Prediction:
        # Of two classes one is enough: the other mirrors it, at half the time.
        wanted = targets[:, 1:] if c == 2 else targets
        cart = grow_cart(
            bins, wanted, max_depth=size.max_depth, max_leaves=size.max_leaves, threads=threads
        )
        means = cart.predict(test).astype(np.float32)
        probabilities = np.hstack([1 - means, means]) if c == 2 else means
        return Prediction(labels=decisions(probabilities, utilities), probabilities=probabilities)

    def hot(labels: Indices) -> Floats:
        return np.eye(c, dtype=np.float32)[labels]

    found: dict[str, Prediction] = {}
    if fitted.y_true is not None:
        real = bin_rows(fitted.real, threads)
        found["baseline_labels"] = predict(real, hot(fitted.y_true), fitted.utilities)
    labels = decisions(fitted.beliefs, fitted.utilities)
    found["baseline_teacher"] = predict(bins, hot(labels), None)
    found["baseline_soft"] = predict(bins, fitted.beliefs, fitted.utilities)
    return found
