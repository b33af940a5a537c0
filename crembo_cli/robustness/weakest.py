"""Where depth is lost: the leaves, or the classes said, in which the teacher believes least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.assessment import as_decimal
from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.evidence import Evidence
from crembo_cli.robustness.margins import Classifier
from crembo_cli.robustness.model import WeakSpot
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.rules import leaf_rule

SHOWN = 10


def weakest_spots(student: Classifier, test: Evidence, classes: Sequence[str]) -> list[WeakSpot]:
    """The SHOWN leaves with the least depth on the rows of `test`, the least first.

    Of equals the one with the lesser mean belief comes first. Leaves that no test row reaches
    are left out. For a student without leaves they are the classes that it says.
    """
    said = student.predict(test.rows)
    depths = depth_by_row(test.beliefs, said).astype(np.float64)
    spot = np.asarray(student.leaves_of(test.rows) if isinstance(student, Tree) else said)
    spots, at = np.unique(spot, return_inverse=True)
    rows = np.bincount(at)
    least = np.full(len(spots), np.inf)
    np.minimum.at(least, at, depths)
    means = np.stack(
        [np.bincount(at, column) / rows for column in test.beliefs.T.astype(np.float64)], axis=1
    )
    believed = np.bincount(at, depths) / rows
    label = np.zeros(len(spots), np.int64)
    label[at] = said

    def rule(k: int) -> str:
        if isinstance(student, Tree):
            return leaf_rule(student, int(spots[k]), test.encoding.features)
        return f"where it says {classes[label[k]]}"

    return [
        WeakSpot(
            rule=rule(k),
            says=classes[label[k]],
            rows=int(rows[k]),
            depth=as_decimal(float(least[k])),
            mean_belief=float(believed[k]),
            beliefs=means[k].tolist(),
        )
        for k in np.lexsort((believed, least))[:SHOWN].tolist()
    ]
