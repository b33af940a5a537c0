"""The baselines: CART trees of the size that was requested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.core.utilities import decisions
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Family, Floats, Indices
from crembo_cli.students.tree.bins import Bins, bin_rows
from crembo_cli.students.tree.cart import Cart, grow_cart

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


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A CART tree that was fitted, and how its means become predictions."""

    cart: Cart
    classes: int  # c; of two, the tree has the mean of the second alone
    utilities: Doubles | None = None  # (c, c) that it decides by; None: the most probable class

    def predict(self, rows: Floats) -> Prediction:
        """Predict `rows`, float32 (n, p)."""
        means = self.cart.predict(rows).astype(np.float32)
        probabilities = np.hstack([1 - means, means]) if self.classes == 2 else means
        labels = decisions(probabilities, self.utilities)
        return Prediction(labels=labels, probabilities=probabilities)


def fit_baselines(fitted: BaselineRows, size: TreeSize, threads: int = 1) -> dict[str, Baseline]:
    """Fit CART trees of at most `size`.

    `baseline_labels` is fitted to the true labels on the real rows; without labels there is
    none. `baseline_teacher` is fitted to the teacher's labels and `baseline_soft` to its class
    probabilities, on all rows. With a limit of leaves the trees grow leaf by leaf, the best
    split first. Missing values follow the direction that CART learned. With utilities, the
    teacher's labels are its decisions, and the other two decide by their probabilities.
    """
    c = fitted.beliefs.shape[1]
    bins = bin_rows(fitted.rows, threads)

    def fit(bins: Bins, targets: Floats, utilities: Doubles | None) -> Baseline:
        # Of two classes one is enough: the other mirrors it, at half the time.
        wanted = targets[:, 1:] if c == 2 else targets
        cart = grow_cart(
            bins, wanted, max_depth=size.max_depth, max_leaves=size.max_leaves, threads=threads
        )
        return Baseline(cart=cart, classes=c, utilities=utilities)

    def hot(labels: Indices) -> Floats:
        return np.eye(c, dtype=np.float32)[labels]

    found: dict[str, Baseline] = {}
    if fitted.y_true is not None:
        real = bin_rows(fitted.real, threads)
        found["baseline_labels"] = fit(real, hot(fitted.y_true), fitted.utilities)
    labels = decisions(fitted.beliefs, fitted.utilities)
    found["baseline_teacher"] = fit(bins, hot(labels), None)
    found["baseline_soft"] = fit(bins, fitted.beliefs, fitted.utilities)
    return found
