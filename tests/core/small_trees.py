"""Small random trees and rows, with everything that moves a margin."""

from __future__ import annotations

import numpy as np

from crembo_cli.core.margins import Boxes, leaf_boxes
from crembo_cli.students.contract import Floats
from crembo_cli.students.tree.model import Tree


def random_tree(rng: np.random.Generator, *, features: int, depth: int, classes: int) -> Tree:
    """A tree with splits at random, some of them never taken, whole and broken thresholds."""
    feature, threshold, left, right = [-1], [0.0], [0], [0]
    level = [0]
    for _ in range(depth):
        below = []
        for v in level:
            if rng.random() < 0.75:
                feature[v] = int(rng.integers(features))
                threshold[v] = float(rng.choice([rng.normal(), rng.integers(-2, 3), 0.1]))
                left[v], right[v] = len(feature), len(feature) + 1
                for child in (left[v], right[v]):
                    feature.append(-1)
                    threshold.append(0.0)
                    left.append(child)
                    right.append(child)
                    below.append(child)
        level = below
    m = len(feature)
    return Tree(
        feature=np.array(feature, np.int32),
        threshold=np.array(threshold, np.float32),
        missing_left=rng.random(m) < 0.5,
        left=np.array(left, np.int32),
        right=np.array(right, np.int32),
        label=rng.integers(0, classes, m),
        probabilities=np.full((m, classes), 1 / classes, np.float32),
    )


def random_rows(rng: np.random.Generator, tree: Tree, count: int, features: int) -> Floats:
    """Rows with missing cells and with cells that are thresholds of `tree`, or one ulp beside."""
    rows = rng.normal(size=(count, features)).astype(np.float32)
    at = rng.choice(tree.threshold, rows.shape)
    beside = np.nextafter(at, rng.choice(np.array([-np.inf, np.inf], np.float32), rows.shape))
    kind = rng.integers(0, 6, rows.shape)
    rows = np.where(kind == 0, at, np.where(kind == 1, beside, rows))
    return np.where(kind == 2, np.float32(np.nan), rows).astype(np.float32)


def boxes_of(tree: Tree, features: int) -> Boxes:
    """The boxes of its leaves."""
    return leaf_boxes(
        tree.feature, tree.threshold, tree.missing_left, tree.left, tree.right, features
    )
