"""The test rows class by class: what is found, what is right, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.evidence import Evidence
from crembo_cli.students.contract import Indices


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """One class: its rows are those with that true label; without labels, those where the
    teacher says it.
    """

    name: str
    rows: int
    said: list[int]  # on how many of them the student says each class, in the classes' order
    found: float | None  # the share of them where it says this one; None without rows
    right: float | None  # of the rows where it says this one, the share that are; None: never
    mean_belief: float | None  # in what it says on them; None without rows or a teacher


def by_class(
    test: Evidence, said: Indices, classes: Sequence[str], *, teacher: bool
) -> list[ClassFacts] | None:
    """A student that says `said` (n,) on the rows of `test`, by class.

    None where there is nothing to be right about: no labels, and no teacher.
    """
    truth = test.truth if test.truth is not None else test.said() if teacher else None
    if truth is None:
        return None
    c = len(classes)
    counts = np.bincount(truth * c + said, minlength=c * c).reshape(c, c)
    depths = depth_by_row(test.beliefs, said).astype(np.float64)
    sums = np.bincount(truth, depths, minlength=c)

    def share(part: float, of: float) -> float | None:
        return float(part / of) if of else None

    return [
        ClassFacts(
            name=name,
            rows=int(counts[k].sum()),
            said=counts[k].tolist(),
            found=share(counts[k, k], counts[k].sum()),
            right=share(counts[k, k], counts[:, k].sum()),
            mean_belief=share(sums[k], counts[k].sum()) if teacher else None,
        )
        for k, name in enumerate(classes)
    ]
