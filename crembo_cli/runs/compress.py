"""One run of `compress`, from a teacher and a table to a verified student and its report."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.errors import UsageError
from crembo_cli.files import write_together
from crembo_cli.runs.inputs import read_splits
from crembo_cli.runs.outputs import add_to_summary, check_outputs, report_files, show
from crembo_cli.runs.select import StudentRequest
from crembo_cli.search.student import Search
from crembo_cli.student_file.signature import signature_of

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import Splits
    from crembo_cli.report.gates import Gate
    from crembo_cli.report.model import Report
    from crembo_cli.search.comparison import Comparison
    from crembo_cli.search.student import Compression
    from crembo_cli.student_file.signature import Signature
    from crembo_cli.students.contract import Family
    from crembo_cli.teachers.contract import Teacher

VALIDATION_SHARE = 0.1  # of the rows that are not tested on


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that `crembo compress` was asked."""

    teacher: str
    data: str
    output: Path
    request: StudentRequest
    label: str | None
    features: tuple[str, ...] | None
    drop: tuple[str, ...]
    classes: tuple[str, ...] | None
    search: Search
    test_size: float
    test_data: str | None
    activation: str
    hard_labels: bool
    trust_pickle: bool
    teacher_timeout: float
    reports: tuple[Path, ...]
    gates: tuple[Gate, ...]
    quick: bool  # leave out of the report what needs refitting
    as_json: bool
    quiet: bool
    command: str  # what was typed

    def shares(self) -> tuple[float, float]:
        """The shares of DATA's rows to measure on and to choose by."""
        tested = 0.0 if self.test_data is not None else self.test_size
        return tested, VALIDATION_SHARE * (1 - tested)


def run_job(job: Job, messages: Messages) -> None:
    """Read, compress, measure, replay, judge the gates, write, and draw; in that order.

    Raises CremboError; unless it is a GateError, or the report could not be printed, nothing was
    written.
    """
    began = perf_counter()
    check_outputs(job.output, job.reports, (job.teacher, job.data, job.test_data))
    if job.data == job.test_data == "-":
        raise UsageError("standard input can be read once", found="DATA and --test-data both -")
    # The teacher starts in a process of its own; what this one imports meanwhile costs nothing.
    from crembo_cli.teachers.load import load_teacher

    with messages.progress():
        messages.stage(f"opening {job.teacher}", 0)
        teacher = load_teacher(
            job.teacher,
            activation=job.activation,
            trust_pickle=job.trust_pickle,
            hard_labels=job.hard_labels,
            timeout=job.teacher_timeout,
            threads=job.search.threads,
        )
        with closing(teacher):
            model, report = _compressed(job, teacher, messages, began)
        write_together({job.output: model, **report_files(report, job.reports)})
    from crembo_cli.report.gates import raise_for_gates

    add_to_summary(report)
    try:
        show(report, as_json=job.as_json, quiet=job.quiet)
    finally:
        raise_for_gates(report)


def _compressed(
    job: Job, teacher: Teacher, messages: Messages, began: float
) -> tuple[bytes, Report]:
    """The student's ONNX, replayed, and the report, gates judged; nothing is written yet."""
    from importlib.metadata import version

    from crembo_cli.runs.select import select_student
    from crembo_cli.students.plugins import attribute_errors

    parts = read_splits(job, teacher, messages)
    crembo = version("crembo-cli")
    signature = signature_of(teacher.inputs, parts.train.encoding)
    family, found, comparison = select_student(
        job.request, job.search, parts, teacher, signature, crembo, messages
    )
    with attribute_errors(family):
        return _measured(job, teacher, parts, signature, family, found, comparison, messages, began)


def _measured(
    job: Job,
    teacher: Teacher,
    parts: Splits,
    signature: Signature,
    family: Family,
    found: Compression,
    comparison: Comparison | None,
    messages: Messages,
    began: float,
) -> tuple[bytes, Report]:
    """The student that was found: measured, exported and replayed."""
    from importlib.metadata import version

    from crembo_cli.evaluation.baselines import predict_all
    from crembo_cli.evaluation.metrics import measure, measure_by_class
    from crembo_cli.report import build
    from crembo_cli.report.gates import with_gates
    from crembo_cli.report.model import Report, Timing
    from crembo_cli.robustness.measure import robustness_of
    from crembo_cli.student_file.build import label_values, student_file
    from crembo_cli.student_file.read import readable_student

    crembo = version("crembo-cli")
    student = found.student
    messages.stage("measuring against the same-size trees", 0)
    answers = predict_all(student, parts, job.search.seed)
    metrics = {name: measure(parts.test, predicted) for name, predicted in answers.items()}
    robustness = robustness_of(
        found,
        parts,
        teacher,
        answers,
        family,
        job.search,
        quick=job.quick,
        stages=messages.stage,
    )
    messages.stage("exporting and replaying", 0)
    file = student_file(
        student,
        signature,
        teacher.classes,
        build.provenance(family, job.search, teacher, parts, found, crembo),
        crembo,
        (*parts.untested(), parts.test),
        job.search.threads,
    )
    messages.stage("timing the teacher", 0)
    speed = teacher.rows_per_second(parts.test.frame) if teacher.answers_new_rows else None
    report = Report(
        crembo=crembo,
        teacher=build.describe_teacher(job.teacher, teacher),
        data=build.describe_data(job.data, job.test_data, parts, found),
        student=build.describe_student(
            str(job.output), file.sha256, family, student, len(file.content)
        ),
        search=build.describe_search(job.search, found, comparison, job.request.prefer),
        metrics=metrics,
        by_class=measure_by_class(
            parts.test, answers["student"], build.class_names(teacher), teacher=True
        ),
        robustness=robustness,
        requirements=[],
        timing=Timing(
            seconds=perf_counter() - began,
            student_rows_per_second=file.rows_per_second,
            teacher_rows_per_second=speed,
        ),
        description=build.describe_as_text(student, parts.train.encoding.features, teacher.classes),
        internals=readable_student(
            job.output.name,
            student,
            parts.train.encoding.features,
            tuple(label_values(teacher.classes).tolist()),
            parts.train.encoding.missing_texts,
        ),
        command=job.command,
    )
    return file.content, with_gates(report, job.gates)
