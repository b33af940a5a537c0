"""Evaluate a student that exists: a student and a table become a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.addresses import input_copies
from crembo_cli.errors import DataError
from crembo_cli.evaluation.metrics import measure
from crembo_cli.files import write_together
from crembo_cli.runs.classes import names_of_student, stored_names
from crembo_cli.runs.decision import DecisionOptions, decision_options
from crembo_cli.runs.inputs import open_teacher, refuse_swapped, use_workers
from crembo_cli.runs.opened import OpenedStudent, open_student
from crembo_cli.runs.options import (
    Notes,
    Progress,
    TableOptions,
    TeacherOptions,
    as_path,
    check_outputs,
    count_threads,
    display_path,
    report_files,
    table_options,
)
from crembo_cli.runs.plan import list_paths
from crembo_cli.runs.rows import RowsToMeasure, note_held, note_measured, rows_to_measure
from crembo_cli.runs.tally import Rules, Tally
from crembo_cli.runs.temperature import soften_as_trained
from crembo_cli.search import defaults

if TYPE_CHECKING:
    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.evaluation.drift import Drift
    from crembo_cli.evaluation.totals import Totals
    from crembo_cli.report.gates import Gate
    from crembo_cli.report.model import Report
    from crembo_cli.student_file.metadata import StudentMetadata
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A student's report on a table."""

    report: Report
    notes: tuple[str, ...]  # what is odd about the inputs; on the command line, standard error


@input_copies()
def evaluate(
    student: str | Path,
    data: object,
    *,
    teacher: object = None,
    label: str | None = None,
    features: str | Sequence[str] | None = None,
    drop: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    number: str | Sequence[str] | None = None,
    thousands: str | None = None,
    classes: str | Sequence[str] | None = None,
    cost: Sequence[str] | None = None,
    class_weight: str | Mapping[str, float] | None = None,
    decide_at: str | float | None = None,
    rows: int | str = defaults.ROWS,
    seed: int = defaults.SEED,
    activation: str = defaults.ACTIVATION,
    hard_labels: bool = False,
    trust_pickle: bool = False,
    teacher_timeout: float = defaults.TEACHER_TIMEOUT,
    report: Sequence[str | Path] | None = None,
    require: Sequence[str] | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
    command: str = "",
) -> Evaluation:
    """Measure the classifier in the ONNX file `student` on the rows of `data`.

    Without a teacher it is measured by the labels of `data` alone. A student that crembo wrote
    also says how the rows differ from those that it was fitted on. The arguments are the options
    of `crembo evaluate`, by the same names; `teacher` and `data` may be in memory, as in
    `compress`. Nothing is written unless `report` names files.

    Raises:
        CremboError: see `crembo_cli.errors`. Nothing was written then.
    """
    began = perf_counter()
    from crembo_cli.report.gates import check_refitted, parse_gate, with_gates

    notes = Notes()
    progress = notes if progress is None else progress
    table = table_options(
        label,
        features,
        drop,
        classes,
        missing=missing,
        text=text,
        number=number,
        thousands=thousands,
    )
    options = TeacherOptions(
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
    )
    decision = decision_options(cost, class_weight, decide_at)
    gates = tuple(parse_gate(expression) for expression in require or ())
    check_refitted(gates, "`evaluate`, which fits nothing")
    measured = rows_to_measure(rows, seed)
    reports = [Path(each) for each in report or ()]
    refuse_swapped(data, name="STUDENT")
    inputs = [as_path(each) for each in (student, data, teacher)]
    check_outputs(None, reports, inputs, no_clobber=no_clobber)
    progress.plan(
        {"student": str(student), "measured": measured.words, "writes": list_paths(reports)}
    )
    progress.stage(f"opening {student}", 0)
    # --activation is for the teacher; without one it is for the student.
    stated = teacher is None and activation != defaults.ACTIVATION
    threads = count_threads(jobs)
    with (
        use_workers(dask, (teacher, data), progress),
        open_student(student, options, threads, stated=stated) as opened,
        nullcontext()
        if teacher is None
        else closing(open_teacher(teacher, options, threads)) as model,
    ):
        finished = _evaluate(
            opened, data, teacher, model, table, decision, gates, progress, measured, seed
        )
    timing = replace(finished.timing, seconds=perf_counter() - began)
    finished = with_gates(replace(finished, timing=timing, command=command), gates)
    write_together(report_files(finished, reports))
    return Evaluation(report=finished, notes=tuple(notes.sentences))


def _evaluate(
    student: OpenedStudent,
    data: object,
    teacher_input: object,
    teacher: Teacher | None,
    options: TableOptions,
    decision: DecisionOptions,
    gates: Sequence[Gate],
    progress: Progress,
    rows: RowsToMeasure,
    seed: int,
) -> Report:
    """The report, without requirements and without the time of the run."""
    from crembo_cli.report.build import build_evaluation_report, class_names
    from crembo_cli.robustness.measure import robustness_on

    metadata = student.metadata
    teacher = soften_as_trained(teacher, metadata, progress)
    reference = student.model if teacher is None else teacher
    names = names_of_student(options.classes, student.model, teacher)
    if names or options.classes is None:
        options = replace(options, classes=stored_names(metadata, teacher))
    own = student.utilities()

    def rules_for(beliefs: Floats | None) -> Rules:
        utilities = decision.utilities(reference.classes, beliefs) if decision.given() else own
        mapping = student.class_mapping(reference, names, progress)
        return Rules(
            mappings={"student": mapping}, teacher=teacher is not None, utilities=utilities
        )

    tally = Tally(
        hold=rows.hold,
        models=[] if teacher is None else [student.model],
        rules_for=rules_for,
        needs_beliefs=decision.needs_beliefs(),
    )
    test = student.read_table(data, reference, options, progress, rows, tally)
    if teacher is None and test.y_true is None and not gates:
        raise _nothing_to_measure(student, data)
    scores = tally.scores
    if scores is None:
        scores = [] if teacher is None else [student.query(test.frame, progress)]
    test, measured = tally.measure(test, scores)
    totals = measured.totals
    progress.note(note_measured(test, totals.rows))
    names = class_names(reference, options.classes)
    progress.note(note_held(test, totals, "margins, noise, weakest groups and drift", names))
    mapping = tally.rules(None).mappings["student"]
    robustness = robustness_on(
        student.classifier(test, mapping.indices),
        test,
        teacher,
        totals.each,
        units=test.units
        if metadata is None or metadata.units is None
        else np.array(metadata.units),
        seen=test.frame,
        classes=names,
        fitted_on=metadata is not None and metadata.data_sha256 == test.table.sha256,
        seed=seed,
        stages=progress.stage,
    )
    # A student that decides by utilities differs from its most probable class by design.
    progress.note(student.model.warnings if own is None else ())
    progress.note(teacher.warnings if teacher else ())
    teacher_path = None if teacher is None else display_path(teacher_input)
    return build_evaluation_report(
        student.model,
        metadata,
        teacher,
        test,
        measured,
        robustness,
        _drift(
            metadata,
            test,
            mapping.own_labels(test.beliefs if teacher is None else scores[0]),
            totals.each["student"],
        ),
        paths=(student.path, display_path(data), teacher_path),
        names=names,
    )


def _drift(
    metadata: StudentMetadata | None, test: LabelledTable, labels: Indices, now: Totals
) -> Drift | None:
    """How the rows of `test` differ from the training rows; None where the student has none.

    `labels` are what it predicts there by its own numbers, `now` its totals of all measured rows.
    """
    from crembo_cli.evaluation.drift import drift_of

    if metadata is None or metadata.training is None:
        return None
    return drift_of(
        metadata.training,
        test,
        labels,
        then=metadata.metrics,
        then_rows=metadata.test_rows,
        now=measure(now),
        now_rows=now.rows,
    )


def _nothing_to_measure(student: OpenedStudent, data: object) -> DataError:
    """The error for a table without labels, where there is no teacher and no requirement.

    A requirement names what it measures, and is itself an error where that is not available.
    """
    drift = ""
    if student.metadata is not None and student.metadata.training is not None:
        drift = ", or compare the columns with the training rows: --require 'drift.max_psi<=0.2'"
    return DataError(
        "nothing can be measured",
        where=display_path(data),
        found="no label column and no teacher",
        hint=f"name the labels: --label COLUMN, or the teacher: --teacher TEACHER{drift}",
    )
