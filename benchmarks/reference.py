"""The authors' loop, rendered plainly with its defects: what the paper's own code does.

One multi-output CART for each distinct belief: a binary search for the largest threshold with a
consistent tree (MEMO), then a scan upwards from there for the best validation accuracy (CREMBO,
delta 1). Kept as they are: a class that is never allowed counts as certain; the last threshold
is not scanned; MEMO's own tree is lost to any later one that scores above 0; ties go to the
first; nothing is seeded but what a caller passes in; it alone goes without the validation rows.

Not kept, because they are about other things than the loop, and would only make it look worse:
a forest's sub-trees answer class indices that are compared with the original labels (here all
classes are numbered from 0, where that is the same), the net's scaler refitted on the test rows
and its epoch picked there (here the teacher is the same for all students), and arrhythmia read
as if it had a header. Its classes are weighed evenly, as its code does unless it is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier


class AllowedTree:
    """A tree with one yes-or-no output a class: is this label allowed?"""

    def __init__(self, max_depth: int, seed: int) -> None:
        self.tree = DecisionTreeClassifier(max_depth=max_depth, random_state=seed)

    def fit(self, rows: NDArray[np.float32], allowed: NDArray[np.int64]) -> AllowedTree:
        """Fit to `allowed`, 0 or 1 (n, c)."""
        self.tree.fit(rows, allowed)
        return self

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """The class whose output most likely says yes; an output that never varied says 1."""
        # With one class seen, predict_proba has one column, of ones: never allowed reads as yes.
        yes = np.column_stack([each[:, -1] for each in self.tree.predict_proba(rows)])
        return np.argmax(yes, axis=1)


def reference_loop(
    rows: NDArray[np.float32],
    beliefs: NDArray[np.float64],
    validation: tuple[NDArray[np.float32], NDArray[np.int64]],
    max_depth: int,
    seed: int,
    most: int | None = None,
) -> AllowedTree:
    """The tree that the authors' loop keeps; `validation` is rows and their true class indices.

    It scans every threshold from MEMO's upwards; with `most`, that many of them, evenly spaced.
    """
    thresholds = np.unique(beliefs)
    each = np.arange(len(rows))

    def fitted(number: int) -> AllowedTree:
        allowed = (beliefs >= thresholds[number]).astype(np.int64)
        return AllowedTree(max_depth, seed).fit(rows, allowed)

    low, high, found, index = 0, len(thresholds) - 1, None, 0
    while low <= high:
        middle = (low + high) // 2
        tree = fitted(middle)
        if (beliefs[each, tree.predict(rows)] >= thresholds[middle]).all():
            found, index, low = tree, middle, middle + 1
        else:
            high = middle - 1

    best = 0.0
    scanned = np.arange(index, len(thresholds) - 1)
    if most is not None and len(scanned) > most:
        scanned = scanned[np.linspace(0, len(scanned) - 1, most).astype(int)]
    for number in scanned:
        tree = fitted(number)
        score = float(np.mean(tree.predict(validation[0]) == validation[1]))
        if score > best:
            best, found = score, tree
    return found if found is not None else fitted(0)
