"""Evaluate a student that exists: a student and a table become a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.core.utilities import decisions
from crembo_cli.errors import StudentError
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.files import write_together
from crembo_cli.robustness.teacher_classifier import TeacherClassifier
from crembo_cli.runs.classes import match_student_classes, names_of_student
from crembo_cli.runs.decision import DecisionOptions, decision_options
from crembo_cli.runs.inputs import open_teacher, read_labelled
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
from crembo_cli.search import defaults
from crembo_cli.student_file.metadata import StudentMetadata
from crembo_cli.student_file.read import read_student_metadata
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.report.model import Report
    from crembo_cli.robustness.perturbations import Classifier
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A student's report on a table."""

    report: Report
    notes: tuple[str, ...]  # what is odd about the inputs; on the command line, standard error


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
    seed: int = defaults.SEED,
    activation: str = defaults.ACTIVATION,
    hard_labels: bool = False,
    trust_pickle: bool = False,
    teacher_timeout: float = defaults.TEACHER_TIMEOUT,
    report: Sequence[str | Path] | None = None,
    require: Sequence[str] | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Evaluation:
    """Measure the classifier in the ONNX file `student` on the rows of `data`.

    Without a teacher it is measured by the labels of `data` alone. The arguments are the options
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
    reports = [Path(each) for each in report or ()]
    check_outputs(None, reports, [as_path(each) for each in (student, data, teacher)])
    path = Path(student)
    if path.suffix.lower() != ".onnx":
        found, wanted = f"the extension {path.suffix!r}", "a file that ends in .onnx"
        raise StudentError(
            "a student is an ONNX model", where=str(student), found=found, wanted=wanted
        )
    progress.stage(f"opening {student}", 0)
    metadata = read_student_metadata(path)
    # --activation is for the teacher; without one it is for the student.
    stated = teacher is None and activation != defaults.ACTIVATION
    with _open_models(str(student), teacher, options, count_threads(jobs), stated=stated) as models:
        finished = _evaluate(
            str(student),
            data,
            teacher,
            metadata,
            models,
            (table, decision),
            progress,
            seed,
            stated=stated,
        )
    timing = replace(finished.timing, seconds=perf_counter() - began)
    finished = with_gates(replace(finished, timing=timing, command=command), gates)
    write_together(report_files(finished, reports))
    return Evaluation(report=finished, notes=tuple(notes.sentences))


@contextmanager
def _open_models(
    student: str, teacher: object, options: TeacherOptions, threads: int, *, stated: bool
) -> Iterator[tuple[Teacher, Teacher | None]]:
    """The student, queried as any classifier, and the teacher where there is one."""
    from crembo_cli.teachers.load import load_teacher
    from crembo_cli.teachers.output_format import LARGEST

    # Any scores will do: without probabilities the predicted class is measured alone.
    opened = load_teacher(
        student,
        activation=options.activation if stated else LARGEST,
        hard_labels=options.hard_labels,
        timeout=options.teacher_timeout,
        threads=threads,
    )
    with closing(opened):
        if teacher is None:
            yield opened, None
            return
        with closing(open_teacher(teacher, options, threads)) as reference:
            yield opened, reference


def _evaluate(
    path: str,
    data: object,
    teacher_input: object,
    metadata: StudentMetadata | None,
    models: tuple[Teacher, Teacher | None],
    given: tuple[TableOptions, DecisionOptions],
    progress: Progress,
    seed: int,
    *,
    stated: bool,
) -> Report:
    """The report, without requirements and without the time of the run.

    `stated`: whether the user stated how the student's scores become probabilities.
    """
    from crembo_cli.report.build import build_evaluation_report
    from crembo_cli.robustness.measure import robustness_on
    from crembo_cli.robustness.perturbations import units_of

    student, teacher = models
    options, decision = given
    reference = student if teacher is None else teacher
    names = names_of_student(options.classes, student, teacher)
    test = _read_table(
        data, metadata, reference, replace(options, classes=None) if names else options, progress
    )
    own = None if metadata is None else metadata.utilities
    utilities = decision.utilities(reference.classes, test.beliefs) if decision.given() else own
    test = replace(test, utilities=utilities)
    progress.stage("querying the student", 0)
    scores = student.beliefs(test.frame)
    indices, notes = match_student_classes(student, reference, names, path)
    progress.note(notes)
    predicted = {"student": _predict(student, scores, own, indices, test, stated=stated)}
    if teacher is not None:
        predicted["teacher"] = Prediction(labels=test.teacher_labels(), probabilities=test.beliefs)
    labels = {name: each.labels for name, each in predicted.items()}
    progress.stage("measuring margins and noise", 0)
    units = units_of(test.rows, test.encoding)
    robustness = robustness_on(
        _classifier(metadata, student, test, indices),
        test,
        teacher,
        labels,
        units=units if metadata is None or metadata.units is None else np.array(metadata.units),
        seen=test.frame,
        classes=[str(each) for each in reference.classes],
        fitted_on=metadata is not None and metadata.data_sha256 == test.table.sha256,
        seed=seed,
    )
    # A student that decides by utilities differs from its most probable class by design.
    progress.note(student.warnings if own is None else ())
    progress.note(teacher.warnings if teacher else ())
    teacher_path = None if teacher is None else display_path(teacher_input)
    return build_evaluation_report(
        student,
        metadata,
        teacher,
        test,
        predicted,
        robustness,
        paths=(path, display_path(data), teacher_path),
    )


def _predict(
    student: Teacher,
    scores: Floats,
    own: Doubles | None,
    indices: Indices,
    test: LabelledTable,
    *,
    stated: bool,
) -> Prediction:
    """What the student predicts, from its `scores` (n, k), by its `own` utilities (k, k).

    `indices` (k,) are those of its classes.

    Scores that had to be converted, in no way that the user `stated`, are no probabilities.
    """
    from crembo_cli.teachers.output_format import gives_probabilities

    probabilities = None
    if stated or gives_probabilities(student.output_format):
        probabilities = np.zeros(test.beliefs.shape, np.float32)
        probabilities[:, indices] = scores
    return Prediction(
        labels=np.asarray(indices[decisions(scores, own)], np.int64), probabilities=probabilities
    )


def _read_table(
    data: object,
    metadata: StudentMetadata | None,
    reference: Teacher,
    options: TableOptions,
    progress: Progress,
) -> LabelledTable:
    """The table, labelled by the teacher, or by the student where there is no teacher."""
    encoding = None if metadata is None else _encoding(metadata)
    labelled = read_labelled(data, reference, options, progress, encoding=encoding)
    if metadata is None:
        return labelled
    if metadata.data_sha256 == labelled.table.sha256:
        path = display_path(data)
        progress.note([f"the student was fitted on the rows of {path}: its metrics are optimistic"])
    dtypes = tuple(labelled.frame.dtypes)
    return replace(labelled, encoding=replace(labelled.encoding, dtypes=dtypes))


def _encoding(metadata: StudentMetadata) -> Encoding:
    """How the student encodes a table; the dtypes are replaced by those of the table."""
    from crembo_cli.dataset.encode import Encoding

    return Encoding(
        features=metadata.features,
        dtypes=tuple(np.dtype(object if each.categories else float) for each in metadata.features),
        missing_texts=metadata.missing_texts,
        absent=(None,) * len(metadata.features),
    )


def _classifier(
    metadata: StudentMetadata | None, student: Teacher, test: LabelledTable, indices: Indices
) -> Classifier:
    """The student as read from its file where that is possible, else the queried model."""
    same_order = (indices == np.arange(len(indices))).all()
    if metadata is not None and metadata.internals is not None and same_order:
        return metadata.internals.student
    return TeacherClassifier(model=student, encoding=test.encoding, places=indices)
