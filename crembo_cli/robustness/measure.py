"""The robustness of a student, measured on test rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.robustness.depths import bounds_on, curve_on, depths_on, weakest_groups
from crembo_cli.robustness.margins import Classifier, margins_on, units_of
from crembo_cli.robustness.model import CONTAMINATION, DepthByRows, Robustness
from crembo_cli.robustness.noise import PredictFrame, noise_on
from crembo_cli.robustness.refits import (
    RESAMPLES,
    measure_agreement,
    measure_contamination,
    refits_of,
)
from crembo_cli.search.student import Compression, Search, Stages, silent
from crembo_cli.students.contract import Family, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.teachers.contract import Teacher


def robustness_of(
    found: Compression,
    parts: Splits,
    teacher: Teacher,
    answers: dict[str, Indices],
    family: Family,
    search: Search,
    *,
    quick: bool = False,
    stages: Stages = silent,
) -> Robustness:
    """Measure the robustness of the student that was `found`, on the test rows of `parts`.

    `answers` are the predictions of the student, the teacher and the same-size trees there, by
    the report's names. `quick` leaves out what needs refitting.
    """
    from dataclasses import replace

    student, train, validation = found.student, parts.train, parts.validation
    stages("measuring margins and noise", 0)
    measured = robustness_on(
        student,
        parts.test,
        teacher,
        answers,
        units=units_of(train.rows, train.encoding),
        seen=train.frame,
        classes=[str(each) for each in teacher.classes],
        fitted_on=parts.fitted_on,
        seed=search.seed,
    )
    depth = measured.depth and replace(
        measured.depth,
        training=depths_on(train.beliefs, student.predict(train.rows)),
        validation=depths_on(validation.beliefs, student.predict(validation.rows)),
    )
    if quick:
        return replace(measured, depth=depth)
    refits = refits_of(found, family, search, parts.test.rows)
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
) -> Robustness:
    """Measure what needs no rows other than those of `test`.

    `units` (p,) is the size of one step of each feature; noise draws categories from the columns
    of `seen`; `classes` are the names of the classes in the order of the beliefs; `fitted_on`
    tells whether the student was fitted on rows of this table. Without a teacher, `test` has no
    meaningful beliefs and what needs them is None.
    """
    known = teacher is not None
    margin, above = margins_on(student, test, units, teacher=known, seed=seed)
    predicted = answers["student"]
    depth = None
    if known:
        depth = DepthByRows(
            training=None,
            validation=None,
            test=depths_on(test.beliefs, predicted),
            curve=curve_on(test.beliefs, answers, fitted_on=fitted_on),
        )
    return Robustness(
        agreement=None,
        noise=noise_on(student, _predictor(teacher), test, seen, units, seed),
        margin=margin,
        margin_upper_bound=above,
        contamination=None,
        depth=depth,
        bounds=bounds_on(test, predicted, teacher=known, fitted_on=fitted_on),
        weakest_groups=weakest_groups(student, test, classes) if known else None,
    )


def _predictor(teacher: Teacher | None) -> PredictFrame | None:
    """The function that predicts new rows; None without a teacher that can."""
    if teacher is None or not teacher.answers_new_rows:
        return None
    return lambda frame: np.asarray(teacher.beliefs(frame).argmax(axis=1), np.int64)
