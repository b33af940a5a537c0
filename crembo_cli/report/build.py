"""Build a Report from the results of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.errors import printable
from crembo_cli.evaluation.metrics import as_decimal, by_class, measure, predict_baseline
from crembo_cli.report.model import (
    CandidateInfo,
    ComparisonInfo,
    DataInfo,
    Report,
    SearchInfo,
    StepInfo,
    StudentInfo,
    TeacherInfo,
    Timing,
)
from crembo_cli.robustness.model import Robustness
from crembo_cli.search.comparison import Comparison
from crembo_cli.search.student import Compression, Search
from crembo_cli.student_file.metadata import StudentMetadata
from crembo_cli.students.contract import Family, Feature, Indices, Student

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import ClassLabel, Teacher


def answers_of(student: Student, parts: Splits, seed: int) -> dict[str, Indices]:
    """What the student, the teacher and the same-size trees say of the test rows, by name.

    The same-size trees are fitted on all rows that are not tested on, as they need none to
    choose by. Without labels there is no `baseline_labels`.
    """
    train, test = _together(parts.untested()), parts.test
    size = student.size()
    answers = {"student": student.predict(test.rows), "teacher": test.teacher_labels()}
    fitted_to = {"baseline_labels": train.y_true, "baseline_teacher": train.teacher_labels()}
    for name, labels in fitted_to.items():
        if labels is not None:
            answers[name] = predict_baseline(train.rows, labels, test.rows, size, seed)
    return answers


def _together(parts: Sequence[LabelledTable]) -> LabelledTable:
    """The rows of all `parts`, as arrays: the frame stays that of the first."""
    truths = [each.y_true for each in parts if each.y_true is not None]
    return replace(
        parts[0],
        rows=np.vstack([each.rows for each in parts]),
        beliefs=np.vstack([each.beliefs for each in parts]),
        y_true=np.concatenate(truths) if len(truths) == len(parts) else None,
    )


def teacher_info(path: str, teacher: Teacher) -> TeacherInfo:
    """Who was compressed."""
    return TeacherInfo(
        path=path,
        sha256=teacher.sha256,
        format=teacher.format,
        bytes=teacher.bytes,
        classes=list(teacher.classes),
        classes_source=teacher.classes_source,
        output_format=teacher.output_format,
    )


def data_info(path: str, test_path: str | None, parts: Splits, found: Compression) -> DataInfo:
    """On what."""
    columns = parts.train.columns
    return DataInfo(
        path=path,
        sha256=parts.train.table.sha256,
        rows=len(parts.train.table.frame),
        features=list(columns.features),
        label=columns.label,
        training_rows=found.train.real,
        validation_rows=found.validation.real,
        test_rows=len(parts.test.rows),
        test_path=test_path,
        test_sha256=parts.test.table.sha256,
        synthetic_rows=len(found.train.rows) - found.train.real,
        validation_synthetic_rows=len(found.validation.rows) - found.validation.real,
    )


def student_info(
    path: str, sha256: str, family: Family, student: Student, size: int
) -> StudentInfo:
    """What came out; `size` is the file's, in bytes."""
    return StudentInfo(
        path=path,
        sha256=sha256,
        family=family.name,
        options=asdict(family),  # type: ignore[call-overload]  # the contract: a dataclass
        size={**student.size(), "bytes": size},
    )


def description(
    student: Student, features: Sequence[Feature], classes: Sequence[ClassLabel]
) -> str:
    """The student in words, whatever is in the names of its features and classes."""
    named = [
        replace(
            each,
            name=printable(each.name),
            categories=tuple(printable(text) for text in each.categories),
        )
        for each in features
    ]
    return student.describe(named, [printable(str(each)) for each in classes])


def names(teacher: Teacher) -> list[str]:
    """The classes as text."""
    return [str(each) for each in teacher.classes]


def search_info(
    search: Search, found: Compression, comparison: Comparison | None, prefer: str | None
) -> SearchInfo:
    """How it was found."""
    return SearchInfo(
        algorithm=search.algorithm,
        select=search.select,
        threshold=found.threshold,
        delta=search.delta,
        seed=search.seed,
        path_rows=found.path_rows,
        chosen=found.chosen,
        steps=[
            StepInfo(
                threshold=threshold,
                depth=as_decimal(judged.depth),
                insensitive_depth=as_decimal(judged.insensitive_depth),
                mean_belief=judged.mean_belief,
                accuracy=judged.accuracy,
            )
            for threshold, judged in found.steps
        ],
        comparison=None if comparison is None else comparison_info(comparison, prefer),
    )


def comparison_info(comparison: Comparison, prefer: str | None) -> ComparisonInfo:
    """What was tried beside it."""
    rows = comparison.rows
    return ComparisonInfo(
        budget=asdict(comparison.budget),
        prefer=prefer,
        comparison_rows=rows.real,
        comparison_synthetic_rows=len(rows.rows) - rows.real,
        chosen=comparison.chosen,
        students=[
            CandidateInfo(
                name=each.candidate.name(),
                family=each.candidate.family.name,
                settings=dict(each.candidate.settings),
                threshold=each.found.threshold,
                size=dict(each.size),
                fidelity=each.fidelity,
                insensitive_depth=as_decimal(each.insensitive_depth),
                mean_belief=each.mean_belief,
                mean_belief_error=each.error,
                within_budget=each.within_budget,
                on_front=each.on_front,
            )
            for each in comparison.entries
        ],
    )


def evaluated_report(
    student: Teacher,
    own: StudentMetadata | None,
    teacher: Teacher | None,
    test: LabelledTable,
    answers: dict[str, Indices],
    robustness: Robustness,
    *,
    paths: tuple[str, str, str | None],
) -> Report:
    """The report; its run took no time yet, and no gate is judged.

    `answers` is what the student, and the teacher where there is one, say of the rows of
    `test`; `paths` are those of the student, the table and the teacher as they were given.
    """
    known = teacher is not None
    internals = None if own is None else own.internals
    size = {} if own is None else own.size
    speeds = [
        each.rows_per_second(test.frame) if each is not None and each.answers_new_rows else None
        for each in (student, teacher)
    ]
    return Report(
        crembo=version("crembo-cli"),
        teacher=None if teacher is None else teacher_info(str(paths[2]), teacher),
        data=DataInfo(
            path=paths[1],
            sha256=test.table.sha256,
            rows=len(test.rows),
            features=list(test.columns.features),
            label=test.columns.label,
            training_rows=None,
            validation_rows=None,
            test_rows=len(test.rows),
            test_path=None,
            test_sha256=test.table.sha256,
            synthetic_rows=None,
            validation_synthetic_rows=None,
        ),
        student=StudentInfo(
            path=paths[0],
            sha256=student.sha256,
            family=None if own is None else own.family,
            options=None if own is None else own.options,
            size={**size, "bytes": student.bytes},
        ),
        search=None,
        metrics={
            name: measure(test, predicted, teacher=known) for name, predicted in answers.items()
        },
        by_class=by_class(test, answers["student"], names(teacher or student), teacher=known),
        robustness=robustness,
        requirements=[],
        timing=Timing(
            seconds=0.0,
            student_rows_per_second=speeds[0] or 0.0,
            teacher_rows_per_second=speeds[1],
        ),
        description=(
            ""
            if internals is None
            else description(internals.student, internals.features, internals.classes)
        ),
        internals=internals,
    )
