"""Measure depth, bounds, weakest groups and robustness on the test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crembo_cli.arrays import Doubles, Indices
from crembo_cli.background import NONE, Background
from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.core.utilities import decisions, expected_utilities
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.evaluation.counts import Counts
from crembo_cli.evaluation.metrics import DELTAS, as_decimal, depth_of
from crembo_cli.evaluation.totals import Totals
from crembo_cli.robustness.model import (
    BELOW,
    CONFIDENCE,
    CONTAMINATION,
    NOISE_LEVELS,
    Bounds,
    Curve,
    DepthByRows,
    Depths,
    Robustness,
    WeakGroup,
)
from crembo_cli.robustness.perturbations import (
    Classifier,
    PredictFrame,
    margins_on,
    noise_on,
)
from crembo_cli.robustness.refits import (
    RESAMPLES,
    measure_agreement,
    measure_contamination,
    refits_of,
)
from crembo_cli.search.student import Compression, Search, Stages, silent
from crembo_cli.students.capabilities import groups_of
from crembo_cli.students.contract import Family

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import Teacher


def share_at_most(hits: ArrayLike, rows: int, confidence: float) -> NDArray[np.float64]:
    """The one-sided Clopper-Pearson upper bound on a share (Clopper & Pearson 1934).

    `hits` of `rows` independent draws were hits: whole numbers in [0, rows], rows >= 1. For any
    true share, the bound lies below it with probability at most 1 - `confidence`.
    """
    from scipy.special import betaincinv

    k = np.asarray(hits, np.float64)
    # The beta distribution is not defined at k = rows; the bound there is 1.
    found = betaincinv(k + 1, np.maximum(rows - k, 0.5), confidence)
    return np.where(k >= rows, 1.0, found)


def share_at_least(hits: int, rows: int, confidence: float) -> float:
    """The one-sided lower bound on a share: 1 minus the upper bound on the misses."""
    return float(1.0 - share_at_most(rows - hits, rows, confidence))


STEPS = 100  # the curve has a point at each multiple of 1/100


def depths_on(depths: Counts, total: float) -> Depths:
    """The depths of a classifier, counted over n rows, whose sum is `total`."""
    rows = depths.total()
    return Depths(
        rows=rows,
        depth=depth_of(depths, 0.0),
        insensitive_depth={f"{delta:g}": depth_of(depths, delta) for delta in DELTAS},
        mean_belief=total / rows,
    )


def curve_on(depths: Mapping[str, Counts], *, fitted_on: bool) -> Curve:
    """The shares of rows below each depth, for all classifiers by the report's names.

    `depths` counts the depths of the rows. If the student was `fitted_on` these rows, there is no
    bound for unseen rows.
    """
    d = np.arange(STEPS + 1) / STEPS
    n = depths["student"].total()
    counts = {name: each.below(d) for name, each in depths.items()}
    shares = {name: (count / n).tolist() for name, count in counts.items()}
    return Curve(
        d=d.tolist(),
        student=shares["student"],
        at_most=None if fitted_on else share_at_most(counts["student"], n, CONFIDENCE).tolist(),
        teacher=shares["teacher"],
        baseline_labels=shares.get("baseline_labels"),
        baseline_teacher=shares.get("baseline_teacher"),
        baseline_soft=shares.get("baseline_soft"),
    )


def bounds_on(student: Totals, *, fitted_on: bool) -> Bounds:
    """Bounds on the student's shares for unseen rows like those of its totals.

    Each bound alone holds with CONFIDENCE; all of them together hold with less. If the student
    was `fitted_on` these rows, there are no bounds.
    """
    if fitted_on:
        return Bounds(
            fitted_on=True, confidence=CONFIDENCE, accuracy=None, fidelity=None, below=None
        )
    n = student.rows

    def at_least(confusion: Indices | None) -> float | None:
        return (
            None if confusion is None else share_at_least(int(np.trace(confusion)), n, CONFIDENCE)
        )

    below = None
    if student.depths is not None:
        found = share_at_most(student.depths.below(np.array(BELOW)), n, CONFIDENCE)
        below = {f"{d:g}": float(share) for d, share in zip(BELOW, found, strict=True)}
    return Bounds(
        fitted_on=False,
        confidence=CONFIDENCE,
        accuracy=at_least(student.true),
        fidelity=at_least(student.expected),
        below=below,
    )


SHOWN = 10


def weakest_groups(
    student: Classifier, test: LabelledTable, classes: Sequence[str]
) -> list[WeakGroup]:
    """The SHOWN groups of rows with the smallest depth on `test`, smallest first.

    Groups are the student's own (a tree's leaves), else its predicted classes. Of equal depths
    the smaller mean belief comes first. Groups without test rows are left out.
    """
    predicted = student.predict(test.rows)
    depths = depth_by_row(test.rewards(), predicted).astype(np.float64)
    groups = groups_of(student, test.rows, predicted, test.encoding.features, classes)
    group, at = np.unique(groups.group, return_inverse=True)
    rows = np.bincount(at)
    least = np.full(len(group), np.inf)
    np.minimum.at(least, at, depths)
    means = np.stack(
        [np.bincount(at, column) / rows for column in test.beliefs.T.astype(np.float64)], axis=1
    )
    believed = np.bincount(at, depths) / rows
    label = np.zeros(len(group), np.int64)
    label[at] = predicted

    return [
        WeakGroup(
            rule=groups.text(int(group[k])),
            predicted=classes[label[k]],
            rows=int(rows[k]),
            depth=as_decimal(float(least[k])),
            mean_belief=float(believed[k]),
            beliefs=means[k].tolist(),
        )
        for k in np.lexsort((believed, least))[:SHOWN].tolist()
    ]


def robustness_of(
    found: Compression,
    parts: Splits,
    teacher: Teacher,
    totals: Mapping[str, Totals],
    family: Family,
    search: Search,
    *,
    names: Sequence[str] | None = None,
    quick: bool = False,
    background: Background = NONE,
    stages: Stages = silent,
) -> Robustness:
    """Measure the robustness of the student that was `found`, on the test rows of `parts`.

    `totals` are those of the student, the teacher and the baselines there, by the report's
    names. `names` are those of the classes. `quick` leaves out what needs refitting.
    """
    student, train, validation = found.student, parts.train, parts.validation
    measured = robustness_on(
        student,
        parts.test,
        teacher,
        totals,
        units=train.units,
        seen=train.frame,
        classes=list(names or map(str, teacher.classes)),
        fitted_on=parts.fitted_on,
        seed=search.seed,
        stages=stages,
    )
    utilities = search.utility_matrix()
    depth = measured.depth and replace(
        measured.depth,
        training=_depths_on(train, student.predict(train.rows), utilities),
        validation=_depths_on(validation, student.predict(validation.rows), utilities),
    )
    if quick:
        return replace(measured, depth=depth)
    refits = refits_of(found, family, search, parts.test.rows, background=background)
    agreement = measure_agreement(refits, stages("refitting on resampled rows", RESAMPLES))
    contamination = measure_contamination(
        refits, stages("refitting with label noise", len(CONTAMINATION) + 1)
    )
    return replace(measured, depth=depth, agreement=agreement, contamination=contamination)


def _depths_on(table: LabelledTable, predicted: Indices, utilities: Doubles | None) -> Depths:
    depths = depth_by_row(expected_utilities(table.beliefs, utilities), predicted)
    return depths_on(Counts.of(depths), float(depths.sum(dtype=np.float64)))


def robustness_on(
    student: Classifier,
    test: LabelledTable,
    teacher: Teacher | None,
    totals: Mapping[str, Totals],
    *,
    units: Doubles,
    seen: pd.DataFrame,
    classes: list[str],
    fitted_on: bool,
    seed: int,
    stages: Stages = silent,
) -> Robustness:
    """Measure what needs no rows other than those that the student is measured on.

    Margins, noise and weakest groups are measured on the rows of `test`, which are those of a
    large table whose features are held; depth and bounds on all rows, by the `totals`.
    `units` (p,) is the size of one step of each feature; noise draws categories from the columns
    of `seen`; `classes` are the names of the classes in the order of the beliefs; `fitted_on`
    tells whether the student was fitted on rows of this table. Without a teacher, `test` has no
    meaningful beliefs and what needs them is None.
    """
    known = teacher is not None
    done = stages("measuring margins and noise", 1 + len(NOISE_LEVELS))
    margin, above = margins_on(student, test, units, teacher=known, seed=seed)
    done(1)
    own, depth = totals["student"], None
    if own.depths is not None and own.depth is not None:
        depths = {name: each.depths for name, each in totals.items() if each.depths}
        depth = DepthByRows(
            training=None,
            validation=None,
            test=depths_on(own.depths, float(own.depth.sum())),
            curve=curve_on(depths, fitted_on=fitted_on),
        )
    return Robustness(
        agreement=None,
        noise=noise_on(
            student,
            _predictor(teacher, test.utilities),
            test,
            seen,
            units,
            seed,
            lambda levels: done(1 + levels),
        ),
        margin=margin,
        margin_upper_bound=above,
        contamination=None,
        depth=depth,
        bounds=bounds_on(own, fitted_on=fitted_on),
        weakest_groups=weakest_groups(student, test, classes) if known else None,
    )


def _predictor(teacher: Teacher | None, utilities: Doubles | None) -> PredictFrame | None:
    if teacher is None or not teacher.answers_new_rows:
        return None
    return lambda frame: decisions(teacher.beliefs(frame), utilities)
