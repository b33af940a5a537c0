"""One run of `compress`, from the files in to the files out."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.compression import Search
from crembo_cli.errors import UsageError
from crembo_cli.evidence import Evidence, Parts, gather, part, refuse_one_class
from crembo_cli.export.signature import signature_of
from crembo_cli.export.write import check_output, write_together
from crembo_cli.students.contract import Family

if TYPE_CHECKING:
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.report.model import Report
    from crembo_cli.report.require import Gate
    from crembo_cli.teachers.contract import Teacher

SELECTION_SHARE = 0.2  # of the rows that are not tested on
REPORTS = (".json",)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that `crembo compress` was asked."""

    teacher: str
    data: str
    output: Path
    family: Family
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
    as_json: bool
    quiet: bool


def run_job(job: Job, messages: Messages) -> None:
    """Read, compress, measure, replay, judge the gates, write, and draw; in that order.

    Raises CremboError; where it is not a GateError nothing was written.
    """
    began = perf_counter()
    _check_outputs(job)
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
        )
        with closing(teacher):
            model, report = _compressed(job, teacher, messages, began)
    from crembo_cli.report.require import raise_for_gates

    _write(job, model, report)
    _show(job, report)
    raise_for_gates(report)


def _compressed(
    job: Job, teacher: Teacher, messages: Messages, began: float
) -> tuple[bytes, Report]:
    """The student's ONNX, replayed, and the report, gates judged; nothing is written yet."""
    from importlib.metadata import version

    from crembo_cli.compression import compress
    from crembo_cli.export.student_file import student_file
    from crembo_cli.report import build
    from crembo_cli.report.model import Report, Timing
    from crembo_cli.report.require import with_gates

    parts = _read_parts(job, teacher, messages)
    found = compress(parts.fit, parts.held, teacher, job.family, job.search, messages.stage)
    student, crembo = found.student, version("crembo-cli")
    messages.stage("measuring against the same-size trees", 0)
    metrics = build.measure(student, parts, job.search.seed)
    messages.stage("exporting and replaying", 0)
    file = student_file(
        student,
        signature_of(teacher.inputs, parts.fit.encoding),
        teacher.classes,
        build.provenance(job.family, job.search, teacher, parts, found, metrics, crembo),
        crembo,
        (parts.fit, parts.held, parts.test),
        job.search.threads,
    )
    report = Report(
        crembo=crembo,
        teacher=build.teacher_facts(job.teacher, teacher),
        data=build.data_facts(job.data, job.test_data, parts, found),
        student=build.student_facts(
            str(job.output), file.sha256, job.family, student, len(file.content)
        ),
        search=build.search_facts(job.search, found),
        metrics=metrics,
        robustness={},
        requirements=[],
        timing=Timing(
            seconds=perf_counter() - began,
            student_rows_per_second=file.rows_per_second,
            teacher_rows_per_second=(
                teacher.rows_per_second(parts.test.frame) if teacher.answers_new_rows else None
            ),
        ),
        description=student.describe(
            parts.fit.encoding.features, [str(each) for each in teacher.classes]
        ),
    )
    return file.content, with_gates(report, job.gates)


def _read_parts(job: Job, teacher: Teacher, messages: Messages) -> Parts:
    """The rows to fit on, to choose by and to measure on, with the teacher's answers."""
    from crembo_cli.dataset.read import read_table
    from crembo_cli.dataset.remarks import remarks
    from crembo_cli.dataset.split import split_rows

    def answered(path: str, encoding: Encoding | None) -> Evidence:
        messages.stage(f"reading {path}", 0)
        table = read_table(path)
        messages.stage(f"asking the teacher about {len(table.frame):,} rows", 0)
        found = gather(
            table,
            teacher,
            label=job.label,
            features=job.features,
            drop=job.drop,
            class_names=job.classes,
            encoding=encoding,
        )
        messages.note(remarks(table, found.columns))
        return found

    evidence = answered(job.data, None)
    messages.note(teacher.warnings)
    refuse_one_class(evidence, teacher)
    strata = evidence.said() if evidence.truth is None else evidence.truth
    test_share = 0.0 if job.test_data else job.test_size
    split = split_rows(
        strata,
        test_share=test_share,
        selection_share=SELECTION_SHARE * (1 - test_share),
        seed=job.search.seed,
    )
    return Parts(
        fit=part(evidence, split.fit),
        held=part(evidence, split.selection),
        test=(
            answered(job.test_data, evidence.encoding)
            if job.test_data
            else part(evidence, split.test)
        ),
    )


def _write(job: Job, model: bytes, report: Report) -> None:
    """Write the student and the reports, all or none."""
    from crembo_cli.report.json import json_text

    files = {path: json_text(report).encode() for path in job.reports}
    write_together({job.output: model, **files})


def _show(job: Job, report: Report) -> None:
    """The report on standard output: JSON where asked, nothing where quiet, else drawn."""
    if job.as_json:
        from crembo_cli.report.json import json_text

        sys.stdout.write(json_text(report))
    elif not job.quiet:
        from rich.console import Console

        from crembo_cli.report.console import draw

        draw(report, Console())


def _check_outputs(job: Job) -> None:
    """Refuse outputs that could not be written, before an hour is spent."""
    inputs = [
        Path(path) for path in (job.teacher, job.data, job.test_data) if path not in (None, "-")
    ]
    outputs = [job.output, *job.reports]
    for path in job.reports:
        if path.suffix.lower() not in REPORTS:
            raise UsageError(
                "there is no such kind of report",
                where=f"--report {path}",
                found=repr(path.suffix),
                wanted=" or ".join(REPORTS),
            )
    for number, path in enumerate(outputs):
        check_output(path, inputs)
        if path.resolve() in [other.resolve() for other in outputs[:number]]:
            raise UsageError("two outputs have the same path", where=str(path))
