"""Build a Report from the results of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.arrays import Doubles
from crembo_cli.dataset.labelled import LabelledTable, Splits
from crembo_cli.evaluation.curves import curves_of
from crembo_cli.evaluation.differences import differences_of
from crembo_cli.evaluation.measured import Measured
from crembo_cli.evaluation.metrics import as_decimal, measure, measure_by_class
from crembo_cli.evaluation.totals import TableTotals
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
from crembo_cli.student_file.build import StudentFile
from crembo_cli.student_file.groups import count_groups
from crembo_cli.student_file.metadata import ReadableStudent, StudentMetadata, check_names
from crembo_cli.student_file.outputs import label_values
from crembo_cli.students.contract import Family, Student

if TYPE_CHECKING:
    from crembo_cli.evaluation.drift import Drift
    from crembo_cli.teachers.contract import Teacher


def describe_teacher(
    path: str, teacher: Teacher, totals: TableTotals, temperature: float = 1.0
) -> TeacherInfo:
    """Describe the teacher, by the `totals` of the test rows.

    `path` is as the user gave it; `temperature` is what its probabilities were softened with.
    """
    return TeacherInfo(
        path=path,
        sha256=teacher.sha256,
        format=teacher.format,
        bytes=teacher.bytes,
        classes=list(teacher.classes),
        classes_source=teacher.classes_source,
        output_format=teacher.output_format,
        temperature=temperature,
        certain=(totals.certain or 0) / totals.rows,
    )


def describe_data(
    path: str,
    test_path: str | None,
    parts: Splits,
    totals: TableTotals,
    found: Compression,
    classes: Sequence[str],
) -> DataInfo:
    """Describe the table, its split and the `totals` of its test rows.

    The paths are as the user gave them.
    """
    columns = parts.train.columns
    queried = sum(len(each.rows) for each in parts.without_test())
    return DataInfo(
        path=path,
        sha256=parts.train.table.sha256,
        rows=parts.train.total,
        features=list(columns.features),
        label=columns.label,
        queried_rows=queried + (totals.rows if test_path is None else 0),
        training_rows=found.train.real,
        validation_rows=found.validation.real,
        test_rows=totals.rows,
        grouped_rows=len(parts.test.rows),
        test_path=test_path,
        test_sha256=parts.test.table.sha256,
        rare_class=totals.rare_class(classes),
        synthetic_rows=len(found.train.rows) - found.train.real,
        validation_synthetic_rows=len(found.validation.rows) - found.validation.real,
    )


def describe_student(
    path: str, file: StudentFile, family: Family, student: Student, utilities: Doubles | None
) -> StudentInfo:
    """Describe the student and its file, measured by `utilities` (c, c)."""
    return StudentInfo(
        path=path,
        sha256=file.sha256,
        family=family.name,
        options=asdict(family),  # type: ignore[call-overload]  # the contract: a dataclass
        size={**student.size(), "bytes": len(file.content)},
        utilities=None if utilities is None else utilities.tolist(),
    )


def describe_as_text(explained: ReadableStudent) -> str:
    """Describe the student as text; characters that cannot be printed are escaped in names."""
    named = explained.printable()
    return named.student.describe(named.features, named.class_names())


def class_names(teacher: Teacher, names: Sequence[str] | None = None) -> list[str]:
    """Convert the classes to text; `names`, of --classes, go first.

    Raises UsageError for too few or too many names.
    """
    return list(check_names(names or [str(each) for each in teacher.classes], teacher.classes))


def describe_search(
    search: Search, found: Compression, comparison: Comparison | None, prefer: str | None
) -> SearchInfo:
    """Describe how the student was found."""
    return SearchInfo(
        objective=search.objective,
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
                depth=as_decimal(scores.depth),
                insensitive_depth=as_decimal(scores.insensitive_depth),
                mean_belief=scores.mean_belief,
                accuracy=scores.accuracy,
            )
            for threshold, scores in found.steps
        ],
        comparison=None if comparison is None else describe_comparison(comparison, prefer),
    )


def describe_comparison(comparison: Comparison, prefer: str | None) -> ComparisonInfo:
    """Describe the candidates that were compared."""
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
                kl=each.kl,
                within_budget=each.within_budget,
                on_front=each.on_front,
            )
            for each in comparison.entries
        ],
    )


def build_evaluation_report(
    student: Teacher,
    own: StudentMetadata | None,
    teacher: Teacher | None,
    test: LabelledTable,
    measured: Measured,
    robustness: Robustness,
    drift: Drift | None,
    *,
    paths: tuple[str, str, str | None],
    names: Sequence[str],
) -> Report:
    """Build the report of an evaluated student, without requirements and with 0 seconds.

    `test` holds the rows whose features are held. `measured` is what the student, and the teacher
    where there is one, predict for them and for all measured rows. `paths` are those of the
    student, the table and the teacher, as the user gave them; `names` (c,) those of the classes.
    """
    totals = measured.totals
    internals = None if own is None else own.internals
    size = {} if own is None else own.size
    speeds = [
        each.rows_per_second(test.frame) if each is not None and each.answers_new_rows else None
        for each in (student, teacher)
    ]
    return Report(
        crembo=version("crembo-cli"),
        teacher=None
        if teacher is None
        else describe_teacher(
            str(paths[2]), teacher, totals, 1.0 if own is None else own.temperature
        ),
        data=DataInfo(
            path=paths[1],
            sha256=test.table.sha256,
            rows=test.total,
            features=list(test.columns.features),
            label=test.columns.label,
            queried_rows=totals.rows,
            training_rows=None,
            validation_rows=None,
            test_rows=totals.rows,
            grouped_rows=len(test.rows),
            test_path=None,
            test_sha256=test.table.sha256,
            rare_class=totals.rare_class(names),
            synthetic_rows=None,
            validation_synthetic_rows=None,
        ),
        student=StudentInfo(
            path=paths[0],
            sha256=student.sha256 or "",  # a file always has one
            family=None if own is None else own.family,
            options=None if own is None else own.options,
            size={**size, "bytes": student.bytes or 0},
            utilities=None if test.utilities is None else test.utilities.tolist(),
        ),
        search=None,
        baselines=None,
        metrics={name: measure(each) for name, each in totals.each.items()},
        differences=differences_of(measured),
        references={},
        by_class=measure_by_class(totals.each["student"], names),
        robustness=robustness,
        drift=drift,
        requirements=[],
        timing=Timing(
            seconds=0.0,
            student_rows_per_second=speeds[0] or 0.0,
            teacher_rows_per_second=speeds[1],
        ),
        description=("" if internals is None else describe_as_text(internals)),
        internals=internals,
        curves=curves_of(totals.each),
    )


def readable_student(
    path: str, student: Student, train: LabelledTable, teacher: Teacher, names: Sequence[str]
) -> ReadableStudent:
    """The student with what a drawing needs: names, training rows by leaf, and units."""
    return ReadableStudent(
        name=Path(path).name,
        student=student,
        features=train.encoding.features,
        classes=tuple(label_values(teacher.classes).tolist()),
        names=tuple(names),
        missing_texts=train.encoding.missing_texts,
        groups=count_groups(student, train),
        units=tuple(train.units.tolist()),
    )
