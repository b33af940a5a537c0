"""All of it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.evaluation.totals import Totals
from crembo_cli.robustness.measure import robustness_of, robustness_on
from crembo_cli.search.student import Search
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.teachers.contract import Teacher
from tests.robustness.small_runs import ConstantFamily, found_on, small_parts, three_classes

SEARCH = Search(thresholds=3, synthetic=0)


class AgeAndColour:
    """A teacher in memory: what `three_classes` believes."""

    classes = ("old", "young", "red")
    answers_new_rows = True

    def beliefs(self, frame: pd.DataFrame) -> Floats:
        """Of each row."""
        return three_classes(frame)


TEACHER = cast(Teacher, AgeAndColour())


def totals_of(
    test: LabelledTable, labels: dict[str, Indices], *, teacher: bool = True
) -> Mapping[str, Totals]:
    """The totals of classifiers that predict these labels."""
    predicted = {name: Prediction(labels=each, probabilities=None) for name, each in labels.items()}
    return measure_rows(test, predicted, teacher=teacher).totals.each


def measured(family: Any, *, quick: bool = False, stages: Any = None) -> Any:
    """The robustness of a student of `family` on the small parts."""
    parts = small_parts()
    found = found_on(parts, family, SEARCH)
    labels = {
        "student": found.student.predict(parts.test.rows),
        "teacher": parts.test.teacher_labels(),
        "baseline_labels": parts.test.teacher_labels(),
        "baseline_teacher": parts.test.teacher_labels(),
    }
    answers = totals_of(parts.test, labels)
    more = {} if stages is None else {"stages": stages}
    return robustness_of(found, parts, TEACHER, answers, family, SEARCH, quick=quick, **more)


def test_everything_is_there_for_a_tree() -> None:
    """Each part is measured, on the rows it is about, and each refit is reported."""
    told: list[tuple[str, int]] = []

    def stages(name: str, steps: int) -> Any:
        return lambda done: told.append((name, done))

    found = measured(TreeFamily(max_depth=3), stages=stages)
    assert found.agreement is not None
    assert set(found.contamination) == {"0.05", "0.1", "0.2"}
    assert found.margin_upper_bound is None
    assert found.margin.rows == found.depth.test.rows == 40
    assert (found.depth.training.rows, found.depth.validation.rows) == (120, 40)
    assert found.bounds.confidence == 0.95
    assert 1 <= len(found.weakest_groups) <= 10
    assert [done for _, done in told] == [*range(1, 5), *range(1, 11), *range(1, 5)]


def test_a_constant_student_has_trivial_robustness() -> None:
    """It agrees with itself, never flips, and has no change that matters."""
    found = measured(ConstantFamily())
    assert found.agreement.student == 1.0
    assert [each.student for each in found.contamination.values()] == [1.0, 1.0, 1.0]
    assert [each.student for each in found.noise.values()] == [0.0, 0.0, 0.0]
    assert found.margin is None
    assert found.margin_upper_bound.median == np.inf


def test_quick_leaves_out_what_needs_refitting_alone() -> None:
    """The rest is the same to the last bit."""
    quick, whole = measured(TreeFamily(max_depth=3), quick=True), measured(TreeFamily(max_depth=3))
    assert (quick.agreement, quick.contamination) == (None, None)
    assert replace(whole, agreement=None, contamination=None) == quick


def test_without_a_teacher_what_needs_one_is_null() -> None:
    """Margins, noise and accuracy remain."""
    parts = small_parts()
    student = found_on(parts, TreeFamily(max_depth=3), SEARCH).student
    found = robustness_on(
        student,
        parts.test,
        None,
        totals_of(parts.test, {"student": student.predict(parts.test.rows)}, teacher=False),
        units=parts.train.units,
        seen=parts.train.frame,
        classes=["old", "young", "red"],
        fitted_on=False,
        seed=0,
    )
    assert (found.depth, found.weakest_groups, found.bounds.fidelity, found.bounds.below) == (
        None,
    ) * 4
    assert found.margin is not None
    assert found.bounds.accuracy is not None
    assert {each.teacher for each in found.noise.values()} == {None}
