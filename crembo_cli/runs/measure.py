"""Measure a student that was selected: its file, replayed, and its report.

To add a metric, compute it in `evaluation/metrics.py` from `Totals` (or in `robustness/`, if it
needs queries or refits), and describe it in `report/metrics.toml`: tables, gates and glossary
follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from crembo_cli.runs.options import Progress
from crembo_cli.runs.select import Selected

if TYPE_CHECKING:
    from crembo_cli.background import Background
    from crembo_cli.dataset.labelled import Splits
    from crembo_cli.report.model import Report
    from crembo_cli.search.student import Search
    from crembo_cli.student_file.signature import Signature
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Paths:
    """What the report calls the inputs and the output."""

    teacher: str
    data: str
    test_data: str | None
    student: str


def measure_student(
    selected: Selected,
    splits: Splits,
    teacher: Teacher,
    signature: Signature,
    search: Search,
    progress: Progress,
    background: Background,
    *,
    paths: Paths,
    names: Sequence[str] | None,
    quick: bool,
) -> tuple[bytes, Report]:
    """Measure the student on the test rows, build its file and replay it, and report."""
    from crembo_cli.evaluation.baselines import fit_baselines, requested_size
    from crembo_cli.evaluation.classifiers import Classifiers
    from crembo_cli.evaluation.curves import curves_of
    from crembo_cli.evaluation.differences import differences_of
    from crembo_cli.evaluation.metrics import measure, measure_by_class
    from crembo_cli.report import build
    from crembo_cli.report.model import Report, Timing
    from crembo_cli.report.references import describe_references
    from crembo_cli.robustness.measure import robustness_of
    from crembo_cli.robustness.refits import baseline_rows
    from crembo_cli.runs.rows import note_held
    from crembo_cli.runs.select import metadata_of
    from crembo_cli.search.defaults import PATH_ROWS
    from crembo_cli.search.references import wait_for_references
    from crembo_cli.search.training_rows import limit_total
    from crembo_cli.student_file.build import rows_per_second, student_file
    from crembo_cli.student_file.metadata import with_test_results

    family, found = selected.family, selected.found
    student, release = found.student, version("crembo-cli")
    names = build.class_names(teacher, names)
    size = requested_size(family, student.size())
    fitted = baseline_rows(
        *limit_total((found.train, found.validation), PATH_ROWS, search.seed),
        utilities=search.utility_matrix(),
    )
    baselines = fit_baselines(fitted, size, search.threads)
    count = len(splits.test.rows) + splits.more_test.count
    done = progress.stage(f"measuring the student and the baselines on {count:,} rows", count)
    classifiers = Classifiers(student=student, teacher=teacher, baselines=baselines)
    measured = classifiers.measure(splits.test, splits.more_test, done)
    totals = measured.totals
    metrics = {name: measure(each) for name, each in totals.each.items()}
    held_for = f"{'' if quick else 'refits, '}noise, margins and weakest groups"
    progress.note(note_held(splits.test, totals, held_for, names))
    robustness = robustness_of(
        found,
        splits,
        teacher,
        totals.each,
        family,
        search,
        names=names,
        quick=quick,
        background=background,
        stages=progress.stage,
    )
    train, test = splits.train, splits.test
    rows = train.total if test.table is train.table else train.total + test.total
    replayed = progress.stage(f"replaying the student on {rows:,} rows", rows)
    metadata = metadata_of(family, found, search, splits.train, teacher, release, names, signature)
    file = student_file(
        student,
        signature,
        teacher.classes,
        with_test_results(metadata, test.table.sha256, totals.rows, asdict(metrics["student"])),
        release,
        (*splits.without_test(), splits.test),
        search.threads,
        splits.others,
        replayed,
    )
    internals = build.readable_student(paths.student, student, splits.train, teacher, names)
    references = wait_for_references(selected.references, progress.stage)
    progress.stage("timing the student and the teacher", 0)
    student_speed = rows_per_second(file.running, signature, splits.test.frame)
    speed = teacher.rows_per_second(splits.test.frame) if teacher.answers_new_rows else None
    report = Report(
        crembo=release,
        teacher=build.describe_teacher(paths.teacher, teacher, totals, search.temperature),
        data=build.describe_data(paths.data, paths.test_data, splits, totals, found, names),
        student=build.describe_student(paths.student, file, family, student, splits.test.utilities),
        search=build.describe_search(search, found, selected.comparison, selected.prefer),
        baselines=size,
        metrics=metrics,
        differences=differences_of(measured),
        references=describe_references(references, splits.test, measured.predicted["student"]),
        by_class=measure_by_class(totals.each["student"], names),
        robustness=robustness,
        requirements=[],
        timing=Timing(
            seconds=0.0,
            student_rows_per_second=student_speed,
            teacher_rows_per_second=speed,
        ),
        description=build.describe_as_text(internals),
        internals=internals,
        curves=curves_of(totals.each),
    )
    return file.content, report
