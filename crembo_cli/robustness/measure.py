"""All of it: what a student can be trusted with, on rows that nothing was fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.robustness.depths import bounds_on, curve_on, depths_on, weakest_groups
from crembo_cli.robustness.margins import Classifier, margins_on, units_of
from crembo_cli.robustness.model import CONTAMINATION, DepthByRows, Robustness
from crembo_cli.robustness.noise import Says, noise_on
from crembo_cli.robustness.refits import RESAMPLES, agreement, contamination, refits_of
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
    """The robustness of the student that was `found`, on the test rows of `parts`.

    `answers` is what it, the teacher and the same-size trees say there, by the report's names.
    `quick` leaves out what needs refitting.
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
    resampled = agreement(refits, stages("refitting on resampled rows", RESAMPLES))
    contaminated = contamination(
        refits, stages("refitting on wrong beliefs", len(CONTAMINATION) + 1)
    )
    return replace(measured, depth=depth, agreement=resampled, contamination=contaminated)


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
    """What can be measured on the rows of `test` alone.

    `units` (p,) is what a change of 1 is for each feature; `seen` holds the columns that noise
    draws categories from; `classes` are the names of the classes in the order of the beliefs;
    `fitted_on` tells that the student was fitted on rows of that very table.
    Without a teacher the beliefs of `test` are nobody's, and what needs them is None.
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
        noise=noise_on(student, _says(teacher), test, seen, units, seed),
        margin=margin,
        margin_upper_bound=above,
        contamination=None,
        depth=depth,
        bounds=bounds_on(test, predicted, teacher=known, fitted_on=fitted_on),
        weakest_groups=weakest_groups(student, test, classes) if known else None,
    )


def _says(teacher: Teacher | None) -> Says | None:
    """How the teacher answers new rows, where there is one that does."""
    if teacher is None or not teacher.answers_new_rows:
        return None
    return lambda frame: np.asarray(teacher.beliefs(frame).argmax(axis=1), np.int64)
