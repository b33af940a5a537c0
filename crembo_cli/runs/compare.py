"""Compare two students that exist: both and a table become a report of their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.addresses import input_copies
from crembo_cli.errors import UsageError
from crembo_cli.evaluation.metrics import measure
from crembo_cli.files import write_together
from crembo_cli.report.formats import COMPARE_RENDERERS
from crembo_cli.runs.classes import names_of_student, stored_names
from crembo_cli.runs.decision import DecisionOptions, decision_options
from crembo_cli.runs.inputs import open_teacher, refuse_swapped
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
from crembo_cli.runs.tally import Rules, Tally, Waiting
from crembo_cli.runs.temperature import soften_as_trained
from crembo_cli.search import defaults

if TYPE_CHECKING:
    from crembo_cli.arrays import Doubles, Floats
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.report.compare.model import ComparedStudent, CompareReport
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class ComparedPair:
    """The report of two students on a table."""

    report: CompareReport
    notes: tuple[str, ...]  # what is odd about the inputs; on the command line, standard error


@input_copies()
def compare(
    student_a: str | Path,
    student_b: str | Path,
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
    no_clobber: bool = False,
    progress: Progress | None = None,
    command: str = "",
) -> ComparedPair:
    """Measure the classifiers in two ONNX files on the rows of `data`, and their differences.

    `student_a` is the one in use, `student_b` the one that may replace it; differences are B less
    A. The arguments are the options of `crembo compare`, by the same names; `teacher` and `data`
    may be in memory, as in `compress`. Nothing is written unless `report` names files.
    Requirements are judged in `result.report.requirements`; an unmet one raises nothing.

    Raises:
        CremboError: see `crembo_cli.errors`. Nothing was written then.
    """
    began = perf_counter()
    from crembo_cli.report.compare.gates import parse_compare_gate, with_compare_gates

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
    gates = tuple(parse_compare_gate(expression) for expression in require or ())
    measured = rows_to_measure(rows, seed)
    reports = [Path(each) for each in report or ()]
    refuse_swapped(data, name="STUDENT")
    inputs = [as_path(each) for each in (student_a, student_b, data, teacher)]
    check_outputs(None, reports, inputs, no_clobber=no_clobber, renderers=COMPARE_RENDERERS)
    compared = f"{student_a}, {student_b}"
    progress.plan({"compares": compared, "measured": measured.words, "writes": list_paths(reports)})
    # --activation is for the teacher; without one it is for the students.
    stated = teacher is None and activation != defaults.ACTIVATION
    threads = count_threads(jobs)
    progress.stage(f"opening {student_a} and {student_b}", 0)
    with (
        open_student(student_a, options, threads, stated=stated) as a,
        open_student(student_b, options, threads, stated=stated) as b,
        nullcontext()
        if teacher is None
        else closing(open_teacher(teacher, options, threads)) as model,
    ):
        teacher_path = None if teacher is None else display_path(teacher)
        found = _compare(a, b, data, model, teacher_path, table, decision, progress, measured, seed)
    timing = replace(found.timing, seconds=perf_counter() - began)
    found = with_compare_gates(replace(found, timing=timing, command=command), gates)
    write_together(report_files(found, reports))
    return ComparedPair(report=found, notes=tuple(notes.sentences))


def _compare(
    a: OpenedStudent,
    b: OpenedStudent,
    data: object,
    teacher: Teacher | None,
    teacher_path: str | None,
    options: TableOptions,
    decision: DecisionOptions,
    progress: Progress,
    rows: RowsToMeasure,
    seed: int,
) -> CompareReport:
    """The report, without requirements and without the time of the run."""
    from crembo_cli.evaluation.disagreements import disagreements_of
    from crembo_cli.evaluation.paired import deltas_of
    from crembo_cli.report.build import class_names, describe_teacher
    from crembo_cli.report.compare.model import ComparedData, ComparedTiming, CompareReport

    teacher = soften_as_trained(teacher, b.metadata, progress)
    reference = a.model if teacher is None else teacher
    known = teacher is not None
    same = None in (a.columns(), b.columns()) or a.columns() == b.columns()

    def rules_for(beliefs: Floats | None) -> Rules:
        utilities = _utilities(a, b, decision, reference, beliefs, progress)
        mappings = {
            key: each.class_mapping(
                reference, names_of_student(options.classes, each.model, teacher), progress
            )
            for key, each in (("a", a), ("b", b))
        }
        return Rules(mappings=mappings, teacher=known, utilities=utilities)

    queried = [*([a] if known else []), *([b] if same else [])]
    tally = Tally(
        hold=rows.hold,
        models=[each.model for each in queried],
        rules_for=rules_for,
        needs_beliefs=decision.needs_beliefs(),
    )
    own = options
    if names_of_student(options.classes, a.model, teacher) or options.classes is None:
        own = replace(options, classes=stored_names(a.metadata, teacher))
    with closing(Waiting()) as waiting:
        other = None
        if not same:
            tally.waited = waiting
            other = _read_apart(a, b, data, own, progress, rows, waiting)
        test = a.read_table(data, reference, own, progress, rows, tally)
    scores = tally.scores
    if scores is None:
        scores = [each.query(test.frame, progress) for each in queried]
    frames = (test.frame, test.frame)
    if other is not None:
        frames, scores = (test.frame, other.frame), [*scores, other.beliefs]
    test, measured = tally.measure(test, scores)
    totals = measured.totals
    progress.note(note_measured(test, totals.rows))
    if teacher is not None:
        progress.note(teacher.warnings)
    progress.stage("comparing the students", 0)
    numbered = names_of_student(options.classes, a.model, teacher)
    given = None if numbered else options.classes
    classes = class_names(reference, given or stored_names(a.metadata, teacher))
    progress.note(note_held(test, totals, "groups of rows where the students differ", classes))
    return CompareReport(
        crembo=version("crembo-cli"),
        teacher=None if teacher is None else describe_teacher(str(teacher_path), teacher, totals),
        data=ComparedData(
            path=display_path(data),
            sha256=test.table.sha256,
            rows=test.total,
            queried_rows=totals.rows,
            grouped_rows=len(test.rows),
            label=test.columns.label,
        ),
        students={key: _describe(each, test) for key, each in (("a", a), ("b", b))},
        metrics={key: measure(each) for key, each in totals.each.items()},
        delta=deltas_of(measured, seed=seed),
        agreement=totals.pairs["b"].same / totals.rows,
        disagreements=disagreements_of(
            test,
            measured.predicted["a"].labels,
            measured.predicted["b"].labels,
            classes,
            teacher=known,
            seed=seed,
        ),
        requirements=[],
        timing=ComparedTiming(
            seconds=0.0,
            rows_per_second={
                key: each.model.rows_per_second(frame)
                for key, each, frame in zip("ab", (a, b), frames, strict=True)
            },
        ),
    )


def _read_apart(
    a: OpenedStudent,
    b: OpenedStudent,
    data: object,
    options: TableOptions,
    progress: Progress,
    rows: RowsToMeasure,
    waiting: Waiting,
) -> LabelledTable:
    """Read the rows before A does, as B takes and labels them; scores for all are `waiting`."""
    if display_path(data) == "-":
        raise UsageError(
            "the students take different columns, and standard input can be read once",
            where=f"{a.path} and {b.path}",
            hint="write the table to a file",
        )
    progress.note([f"{a.path} and {b.path} take different columns"])
    apart = Tally(hold=rows.hold, waiting=waiting)
    return b.read_table(data, b.model, options, progress, rows, apart)


def _utilities(
    a: OpenedStudent,
    b: OpenedStudent,
    decision: DecisionOptions,
    reference: Teacher,
    beliefs: Floats | None,
    progress: Progress,
) -> Doubles | None:
    """What fidelity and depth are measured by: as stated, else as the students decide."""
    if decision.given():
        return decision.utilities(reference.classes, beliefs)
    first, second = a.utilities(), b.utilities()
    equal = first is second
    if first is not None and second is not None:
        equal = np.array_equal(first, second)
    if not equal:
        progress.note(
            [f"the students decide at different costs: fidelity and depth are by those of {b.path}"]
        )
    return second


def _describe(student: OpenedStudent, test: LabelledTable) -> ComparedStudent:
    from crembo_cli.report.compare.model import ComparedStudent

    own = student.metadata
    return ComparedStudent(
        path=student.path,
        sha256=student.model.sha256 or "",  # a file always has one
        family=None if own is None else own.family,
        size={**({} if own is None else own.size), "bytes": student.model.bytes or 0},
        fitted_on=own is not None and own.data_sha256 == test.table.sha256,
    )
