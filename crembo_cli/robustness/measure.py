"""Measure depth, bounds, weakest groups and robustness on the test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.background import NONE, Background
from crembo_cli.core.beliefs import depth_by_row, empirical_depth, insensitive_depth, mean_belief
from crembo_cli.core.utilities import decisions, expected_utilities
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.evaluation.metrics import DELTAS, as_decimal
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
    units_of,
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


def depths_on(beliefs: Floats, predicted: Indices) -> Depths:
    """The depth of a classifier that predicts `predicted` (n,) on rows with `beliefs` (n, c)."""
    depths = depth_by_row(beliefs, predicted)
    return Depths(
        rows=len(depths),
        depth=as_decimal(empirical_depth(depths)),
        insensitive_depth={
            f"{delta:g}": as_decimal(insensitive_depth(depths, delta)) for delta in DELTAS
        },
        mean_belief=mean_belief(depths),
    )


def curve_on(beliefs: Floats, answers: Mapping[str, Indices], *, fitted_on: bool) -> Curve:
    """The shares of rows below each depth, for all `answers` on rows with `beliefs` (n, c).

    `answers` maps the report's names to predicted classes (n,). If the student was `fitted_on`
    these rows, there is no bound for unseen rows.
    """
    d = np.arange(STEPS + 1) / STEPS
    n = len(beliefs)
    counts = {
        name: rows_below(depth_by_row(beliefs, predicted), d) for name, predicted in answers.items()
    }
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


def bounds_on(test: LabelledTable, predicted: Indices, *, teacher: bool, fitted_on: bool) -> Bounds:
    """Bounds on the student's shares for unseen rows like those of `test`.

    Each bound alone holds with CONFIDENCE; all of them together hold with less. `teacher` tells
    whether the beliefs of `test` are a teacher's. If the student was `fitted_on` these rows,
    there are no bounds.
    """
    if fitted_on:
        return Bounds(
            fitted_on=True, confidence=CONFIDENCE, accuracy=None, fidelity=None, below=None
        )
    n = len(predicted)

    def at_least(right: Indices | None) -> float | None:
        return (
            None
            if right is None
            else share_at_least(int((predicted == right).sum()), n, CONFIDENCE)
        )

    below = None
    if teacher:
        counts = rows_below(depth_by_row(test.rewards(), predicted), np.array(BELOW))
        found = share_at_most(counts, n, CONFIDENCE)
        below = {f"{d:g}": float(share) for d, share in zip(BELOW, found, strict=True)}
    return Bounds(
        fitted_on=False,
        confidence=CONFIDENCE,
        accuracy=at_least(test.y_true),
        fidelity=at_least(test.teacher_labels() if teacher else None),
        below=below,
    )


def rows_below(depths: NDArray[np.floating], d: NDArray[np.float64]) -> Indices:
    """How many of `depths` (n,) lie below each of `d` (k,): int64 (k,).

    They are compared in the dtype of the depths, so that a depth of 0.7 is not below 0.7.
    """
    return np.asarray(np.searchsorted(np.sort(depths), d.astype(depths.dtype)), np.int64)


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
    answers: dict[str, Indices],
    family: Family,
    search: Search,
    *,
    names: Sequence[str] | None = None,
    quick: bool = False,
    background: Background = NONE,
    stages: Stages = silent,
) -> Robustness:
    """Measure the robustness of the student that was `found`, on the test rows of `parts`.

    `answers` are the predictions of the student, the teacher and the baselines there, by
    the report's names. `names` are those of the classes. `quick` leaves out what needs refitting.
    """
    student, train, validation = found.student, parts.train, parts.validation
    measured = robustness_on(
        student,
        parts.test,
        teacher,
        answers,
        units=units_of(train.rows, train.encoding, train.shape),
        seen=train.frame,
        classes=list(names or map(str, teacher.classes)),
        fitted_on=parts.fitted_on,
        seed=search.seed,
        stages=stages,
    )
    utilities = search.utility_matrix()
    depth = measured.depth and replace(
        measured.depth,
        training=depths_on(
            expected_utilities(train.beliefs, utilities), student.predict(train.rows)
        ),
        validation=depths_on(
            expected_utilities(validation.beliefs, utilities), student.predict(validation.rows)
        ),
    )
    if quick:
        return replace(measured, depth=depth)
    refits = refits_of(found, family, search, parts.test.rows, background=background)
    agreement = measure_agreement(refits, stages("refitting on resampled rows", RESAMPLES))
    contamination = measure_contamination(
        refits, stages("refitting with label noise", len(CONTAMINATION) + 1)
    )
    return replace(measured, depth=depth, agreement=agreement, contamination=contamination)


def robustness_on(
    student: Classifier,
    test: LabelledTable,
    teacher: Teacher | None,
    answers: dict[str, Indices],
    *,
    units: Doubles,
    seen: pd.DataFrame,
    classes: list[str],
    fitted_on: bool,
    seed: int,
    stages: Stages = silent,
) -> Robustness:
    """Measure what needs no rows other than those of `test`.

    Of a large table, margins, noise and weakest groups are measured on the rows that are held.
    `units` (p,) is the size of one step of each feature; noise draws categories from the columns
    of `seen`; `classes` are the names of the classes in the order of the beliefs; `fitted_on`
    tells whether the student was fitted on rows of this table. Without a teacher, `test` has no
    meaningful beliefs and what needs them is None.
    """
    known = teacher is not None
    held = test.held_rows()
    done = stages("measuring margins and noise", 1 + len(NOISE_LEVELS))
    margin, above = margins_on(student, held, units, teacher=known, seed=seed)
    done(1)
    predicted = answers["student"]
    depth = None
    if known:
        depth = DepthByRows(
            training=None,
            validation=None,
            test=depths_on(test.rewards(), predicted),
            curve=curve_on(test.beliefs, answers, fitted_on=fitted_on),
        )
    return Robustness(
        agreement=None,
        noise=noise_on(
            student,
            _predictor(teacher, test.utilities),
            held,
            seen,
            units,
            seed,
            lambda levels: done(1 + levels),
        ),
        margin=margin,
        margin_upper_bound=above,
        contamination=None,
        depth=depth,
        bounds=bounds_on(test, predicted, teacher=known, fitted_on=fitted_on),
        weakest_groups=weakest_groups(student, held, classes) if known else None,
    )


def _predictor(teacher: Teacher | None, utilities: Doubles | None) -> PredictFrame | None:
    if teacher is None or not teacher.answers_new_rows:
        return None
    return lambda frame: decisions(teacher.beliefs(frame), utilities)
