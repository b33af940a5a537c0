"""One run of `evaluate`, from a student and a table to the report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.commands.messages import Messages
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.errors import StudentError
from crembo_cli.files import write_together
from crembo_cli.robustness.teacher_classifier import TeacherClassifier
from crembo_cli.runs.classes import match_student_classes, names_of_student
from crembo_cli.runs.inputs import gather, read_features
from crembo_cli.runs.outputs import add_to_summary, check_outputs, report_files, show
from crembo_cli.student_file.read import StudentMetadata, read_student_metadata
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.report.gates import Gate
    from crembo_cli.report.model import Report
    from crembo_cli.robustness.margins import Classifier
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything that `crembo evaluate` was asked."""

    student: str
    data: str
    teacher: str | None
    label: str | None
    features: tuple[str, ...] | None
    drop: tuple[str, ...]
    classes: tuple[str, ...] | None
    seed: int
    activation: str
    hard_labels: bool
    trust_pickle: bool
    teacher_timeout: float
    threads: int
    reports: tuple[Path, ...]
    gates: tuple[Gate, ...]
    as_json: bool
    quiet: bool
    command: str  # what was typed


def run_evaluation(job: Evaluation, messages: Messages) -> None:
    """Read, ask, measure, judge the gates, write, and draw; in that order.

    Raises CremboError; unless it is a GateError, or the report could not be printed, nothing was
    written.
    """
    began = perf_counter()
    check_outputs(None, job.reports, (job.student, job.data, job.teacher))
    if Path(job.student).suffix.lower() != ".onnx":
        raise StudentError(
            "a student is an ONNX model", where=job.student, wanted="a file that ends in .onnx"
        )
    with messages.progress():
        messages.stage(f"opening {job.student}", 0)
        own = read_student_metadata(job.student)
        with _models(job) as (student, teacher):
            report = _evaluated(job, own, student, teacher, messages, began)
        write_together(report_files(report, job.reports))
    from crembo_cli.report.gates import raise_for_gates

    add_to_summary(report)
    try:
        show(report, as_json=job.as_json, quiet=job.quiet)
    finally:
        raise_for_gates(report)


@contextmanager
def _models(job: Evaluation) -> Iterator[tuple[Teacher, Teacher | None]]:
    """The student, asked as any classifier is, and the teacher where there is one."""
    from crembo_cli.teachers.load import load_teacher
    from crembo_cli.teachers.output_format import LARGEST

    # --activation is for the teacher. Of the student only what it says counts, not how surely.
    alone = job.teacher is None and job.activation != "auto"
    student = load_teacher(
        job.student,
        activation=job.activation if alone else LARGEST,
        hard_labels=job.hard_labels,
        timeout=job.teacher_timeout,
        threads=job.threads,
    )
    with closing(student):
        if job.teacher is None:
            yield student, None
            return
        teacher = load_teacher(
            job.teacher,
            activation=job.activation,
            trust_pickle=job.trust_pickle,
            hard_labels=job.hard_labels,
            timeout=job.teacher_timeout,
            threads=job.threads,
        )
        with closing(teacher):
            yield student, teacher


def _evaluated(
    job: Evaluation,
    own: StudentMetadata | None,
    student: Teacher,
    teacher: Teacher | None,
    messages: Messages,
    began: float,
) -> Report:
    """The report, gates judged."""
    from crembo_cli.report.build import evaluated_report
    from crembo_cli.report.gates import with_gates
    from crembo_cli.robustness.margins import units_of
    from crembo_cli.robustness.measure import robustness_on

    meant = student if teacher is None else teacher
    named = names_of_student(job.classes, student, teacher)
    test = _rows(job, own, meant, messages, None if named else job.classes)
    messages.stage("asking the student", 0)
    predicted = student.beliefs(test.frame).argmax(axis=1)
    places, notes = match_student_classes(student, meant, named, job.student)
    messages.note(notes)
    answers = {"student": np.asarray(places[predicted], np.int64)}
    if teacher is not None:
        answers["teacher"] = test.teacher_labels()
    messages.stage("measuring margins and noise", 0)
    units = units_of(test.rows, test.encoding)
    robustness = robustness_on(
        _classifier(own, student, test, places),
        test,
        teacher,
        answers,
        units=units if own is None or own.units is None else np.array(own.units),
        seen=test.frame,
        classes=[str(each) for each in meant.classes],
        fitted_on=own is not None and own.data_sha256 == test.table.sha256,
        seed=job.seed,
    )
    messages.note([*student.warnings, *(teacher.warnings if teacher else ())])
    report = evaluated_report(
        student, own, teacher, test, answers, robustness, paths=(job.student, job.data, job.teacher)
    )
    timing = replace(report.timing, seconds=perf_counter() - began)
    return with_gates(replace(report, timing=timing, command=job.command), job.gates)


def _rows(
    job: Evaluation,
    own: StudentMetadata | None,
    meant: Teacher,
    messages: Messages,
    class_names: tuple[str, ...] | None,
) -> LabelledTable:
    """The table, with the beliefs of the teacher, or of the student where it is alone."""
    from crembo_cli.dataset.notes import list_notes

    messages.stage(f"reading {job.data}", 0)
    encoding = None if own is None else _encoding(own)
    table = read_features(
        job.data,
        meant,
        label=job.label,
        features=job.features,
        drop=job.drop,
        encoding=encoding,
    )
    count = len(table.frame)
    found = gather(
        table,
        meant,
        label=job.label,
        features=job.features,
        drop=job.drop,
        class_names=class_names,
        encoding=encoding,
        progress=messages.stage(f"asking about {count:,} rows", count),
    )
    messages.note(list_notes(table, found.columns))
    if own is not None and own.data_sha256 == table.sha256:
        messages.note([f"{job.data} is what the student was fitted on: its figures flatter"])
    if own is None:
        return found
    encoding = replace(found.encoding, dtypes=tuple(found.frame.dtypes))
    return replace(found, encoding=encoding)


def _encoding(own: StudentMetadata) -> Encoding:
    """How the student reads a table; the dtypes are those of no table yet."""
    from crembo_cli.dataset.encode import Encoding

    return Encoding(
        features=own.features,
        dtypes=tuple(np.dtype(object if each.categories else float) for each in own.features),
        missing_texts=own.missing_texts,
        absent=(None,) * len(own.features),
    )


def _classifier(
    own: StudentMetadata | None, student: Teacher, test: LabelledTable, places: Indices
) -> Classifier:
    """The student's insides where they are known, else the student as it is asked."""
    if own is not None and own.internals is not None and (places == np.arange(len(places))).all():
        return own.internals.student
    return TeacherClassifier(model=student, encoding=test.encoding, places=places)
