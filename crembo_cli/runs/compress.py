"""Compress a teacher into a student: the story of a run, on one page.

A table and a teacher become soft labels, soft labels a path of students, the path one student,
the student a verified ONNX file, and all of it a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError
from crembo_cli.files import write_together
from crembo_cli.runs.decision import decision_options
from crembo_cli.runs.inputs import open_teacher, read_splits
from crembo_cli.runs.options import (
    Notes,
    Progress,
    SplitOptions,
    TeacherOptions,
    as_path,
    check_outputs,
    display_path,
    report_files,
    table_options,
)
from crembo_cli.runs.select import Selected, request_students, search_options, select_student
from crembo_cli.search import defaults

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import Splits
    from crembo_cli.report.model import Report
    from crembo_cli.search.student import Search
    from crembo_cli.student_file.onnx_student import OnnxStudent
    from crembo_cli.student_file.signature import Signature
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Result:
    """A student and its report."""

    content: bytes  # the student's ONNX file
    report: Report
    notes: tuple[str, ...]  # what is odd about the inputs; on the command line, standard error

    @property
    def student(self) -> OnnxStudent:
        """The student, ready to predict with onnxruntime."""
        from crembo_cli.student_file.onnx_student import OnnxStudent

        return OnnxStudent(self.content)

    def save(self, path: str | Path) -> None:
        """Write the student's ONNX file in one step. Raises OutputError."""
        write_together({Path(path): self.content})


def compress(
    teacher: object,
    data: object,
    *,
    output: str | Path | None = None,
    student: str = defaults.STUDENT,
    max_depth: int | str | None = None,
    max_leaves: int | None = None,
    max_bytes: int | None = None,
    max_parameters: int | None = None,
    prefer: str | None = None,
    set_: Mapping[str, object] | Sequence[str] | None = None,
    label: str | None = None,
    features: str | Sequence[str] | None = None,
    drop: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    number: str | Sequence[str] | None = None,
    thousands: str | None = None,
    classes: str | Sequence[str] | None = None,
    objective: str = defaults.OBJECTIVE,
    cost: Sequence[str] | None = None,
    class_weight: str | Mapping[str, float] | None = None,
    decide_at: str | float | None = None,
    algorithm: str = defaults.ALGORITHM,
    select: str | None = None,
    delta: float = defaults.DELTA,
    thresholds: int | None = None,
    synthetic: int | str = "auto",
    test_size: float | None = None,
    test_data: object = None,
    seed: int = defaults.SEED,
    activation: str = defaults.ACTIVATION,
    hard_labels: bool = False,
    trust_pickle: bool = False,
    teacher_timeout: float = defaults.TEACHER_TIMEOUT,
    report: Sequence[str | Path] | None = None,
    require: Sequence[str] | None = None,
    quick_report: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Result:
    """Compress the classifier `teacher` into a small student, using the rows of `data`.

    `teacher` is the path of a saved classifier, a fitted estimator with `predict_proba`, or a
    function from a pandas frame of n rows to class probabilities (n, c). `data` is the path of a
    table, a pandas or polars frame, or a mapping of names to arrays. All other arguments are the
    options of `crembo compress`, by the same names; `set_` is `--set`. Nothing is written unless
    `output` or `report` name files. `progress` receives notes and stages; `command` goes into the
    report. Requirements are judged in `result.report.requirements`; an unmet one raises nothing.

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
    teacher_options = TeacherOptions(
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
    )
    split = SplitOptions(test_size=test_size, test_data=test_data)
    gates = tuple(parse_gate(expression) for expression in require or ())
    if quick_report:
        check_refitted(gates, "--quick-report, which leaves it out")
    search = search_options(objective, algorithm, select, delta, thresholds, synthetic, seed, jobs)
    decision = decision_options(cost, class_weight, decide_at)
    request = request_students(
        student,
        set_,
        max_depth=max_depth,
        max_leaves=max_leaves,
        max_bytes=max_bytes,
        max_parameters=max_parameters,
        prefer=prefer,
    )
    path = None if output is None else Path(output)
    reports = [Path(each) for each in report or ()]
    check_outputs(path, reports, [as_path(each) for each in (teacher, data, test_data)])
    if display_path(data) == display_path(test_data) == "-":
        raise UsageError("standard input can be read once", found="DATA and --test-data both -")

    progress.stage(f"opening {display_path(teacher)}", 0)
    # A saved teacher starts in a process of its own; what is imported meanwhile costs nothing.
    with closing(open_teacher(teacher, teacher_options, search.threads)) as model:
        splits = read_splits(
            data,
            model,
            table,
            split,
            progress,
            seed=seed,
            compare=request.budget is not None,
            gates=gates,
        )
        from crembo_cli.student_file.signature import signature_of
        from crembo_cli.students.registry import attribute_errors

        decision, remarks = decision.or_those_of(model)
        progress.note(remarks)
        utilities = decision.utilities(model.classes, splits.train.beliefs)
        splits, search = splits.with_utilities(utilities), search.with_utilities(utilities)
        signature = signature_of(model.inputs, splits.train.encoding)
        selected = select_student(
            request, search, splits, model, signature, version("crembo-cli"), progress
        )
        with attribute_errors(selected.family):
            content, finished = _measure(
                selected,
                splits,
                model,
                signature,
                search,
                progress,
                paths=Paths(
                    teacher=display_path(teacher),
                    data=display_path(data),
                    test_data=None if test_data is None else display_path(test_data),
                    student="student.onnx" if path is None else str(path),
                ),
                quick=quick_report,
            )
    timing = replace(finished.timing, seconds=perf_counter() - began)
    finished = with_gates(replace(finished, timing=timing, command=command), gates)
    student_file = {} if path is None else {path: content}
    write_together({**student_file, **report_files(finished, reports)})
    return Result(content=content, report=finished, notes=tuple(notes.sentences))


@dataclass(frozen=True, kw_only=True)
class Paths:
    """What the report calls the inputs and the output."""

    teacher: str
    data: str
    test_data: str | None
    student: str


def _measure(
    selected: Selected,
    splits: Splits,
    teacher: Teacher,
    signature: Signature,
    search: Search,
    progress: Progress,
    *,
    paths: Paths,
    quick: bool,
) -> tuple[bytes, Report]:
    """Measure the student on the test rows, build its file and replay it, and report."""
    from crembo_cli.evaluation.baselines import predict_all, requested_size
    from crembo_cli.evaluation.curves import curves_of
    from crembo_cli.evaluation.differences import differences_of
    from crembo_cli.evaluation.metrics import measure, measure_by_class
    from crembo_cli.report import build
    from crembo_cli.report.model import Report, Timing
    from crembo_cli.robustness.measure import robustness_of
    from crembo_cli.robustness.refits import baseline_rows
    from crembo_cli.runs.select import metadata_of
    from crembo_cli.search.references import fit_references
    from crembo_cli.student_file.build import label_values, student_file
    from crembo_cli.student_file.metadata import ReadableStudent, with_test_results

    family, found = selected.family, selected.found
    student, encoding, release = found.student, splits.train.encoding, version("crembo-cli")
    progress.stage("measuring the student and the baselines", 0)
    size = requested_size(family, student.size())
    fitted = baseline_rows(found.train, found.validation, utilities=search.utility_matrix())
    predicted = predict_all(student, splits.test, fitted, size, search.seed)
    labels = {name: each.labels for name, each in predicted.items()}
    metrics = {name: measure(splits.test, each) for name, each in predicted.items()}
    robustness = robustness_of(
        found, splits, teacher, labels, family, search, quick=quick, stages=progress.stage
    )
    progress.stage("fitting the references", 0)
    references = (
        {}
        if selected.comparison is not None
        else build.describe_references(
            fit_references(found.train, family, search), splits.test, predicted["student"]
        )
    )
    progress.stage("exporting and replaying the student", 0)
    metadata = metadata_of(family, found, search, splits.train, teacher, release)
    file = student_file(
        student,
        signature,
        teacher.classes,
        with_test_results(metadata, splits.test, asdict(metrics["student"])),
        release,
        (*splits.untested(), splits.test),
        search.threads,
    )
    progress.stage("timing the teacher", 0)
    speed = teacher.rows_per_second(splits.test.frame) if teacher.answers_new_rows else None
    report = Report(
        crembo=release,
        teacher=build.describe_teacher(paths.teacher, teacher),
        data=build.describe_data(
            paths.data, paths.test_data, splits, found, build.class_names(teacher)
        ),
        student=build.describe_student(paths.student, file, family, student, splits.test.utilities),
        search=build.describe_search(search, found, selected.comparison, selected.prefer),
        baselines=size,
        metrics=metrics,
        differences=differences_of(splits.test, predicted),
        references=references,
        by_class=measure_by_class(
            splits.test, labels["student"], build.class_names(teacher), teacher=True
        ),
        robustness=robustness,
        requirements=[],
        timing=Timing(
            seconds=0.0,
            student_rows_per_second=file.rows_per_second,
            teacher_rows_per_second=speed,
        ),
        description=build.describe_as_text(student, encoding.features, teacher.classes),
        internals=ReadableStudent(
            name=Path(paths.student).name,
            student=student,
            features=encoding.features,
            classes=tuple(label_values(teacher.classes).tolist()),
            missing_texts=encoding.missing_texts,
        ),
        curves=curves_of(predicted, splits.test.y_true),
    )
    return file.content, report
