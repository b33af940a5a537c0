"""Compress a teacher into a student: the story of a run, on one page.

A table and a teacher become soft labels, soft labels a path of students, the path one student,
the student a verified ONNX file, and all of it a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from crembo_cli.addresses import input_copies
from crembo_cli.background import Background
from crembo_cli.errors import UsageError
from crembo_cli.files import write_together
from crembo_cli.runs.decision import decision_options
from crembo_cli.runs.inputs import open_teacher, read_splits, refuse_swapped, use_workers
from crembo_cli.runs.measure import Paths, measure_student
from crembo_cli.runs.options import (
    Notes,
    Progress,
    TeacherOptions,
    as_path,
    check_outputs,
    display_path,
    file_form,
    report_files,
    table_options,
)
from crembo_cli.runs.plan import describe_plan
from crembo_cli.runs.repeats import check_repeats, with_repeats
from crembo_cli.runs.result import Result
from crembo_cli.runs.rows import SplitOptions, rows_to_fit
from crembo_cli.runs.select import request_students, search_options, select_student
from crembo_cli.runs.temperature import (
    parse_temperature,
    refuse_softened_decisions,
    soften_splits,
)
from crembo_cli.search import defaults
from crembo_cli.student_file.form import note_level

if TYPE_CHECKING:
    from crembo_cli.report.model import Report


@input_copies()
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
    quantize: str | None = None,
    quantize_loss: float | None = None,
    label: str | None = None,
    features: str | Sequence[str] | None = None,
    drop: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    number: str | Sequence[str] | None = None,
    thousands: str | None = None,
    classes: str | Sequence[str] | None = None,
    image_shape: str | Sequence[int] | None = None,
    objective: str = defaults.OBJECTIVE,
    cost: Sequence[str] | None = None,
    class_weight: str | Mapping[str, float] | None = None,
    decide_at: str | float | None = None,
    algorithm: str = defaults.ALGORITHM,
    select: str | None = None,
    delta: float = defaults.DELTA,
    thresholds: int | None = None,
    rows: int | str = defaults.ROWS,
    synthetic: int | str = "auto",
    test_size: float | None = None,
    test_data: object = None,
    seed: int = defaults.SEED,
    activation: str = defaults.ACTIVATION,
    temperature: float | str = defaults.TEMPERATURE,
    hard_labels: bool = False,
    trust_pickle: bool = False,
    teacher_timeout: float = defaults.TEACHER_TIMEOUT,
    report: Sequence[str | Path] | None = None,
    require: Sequence[str] | None = None,
    quick_report: bool = False,
    repeats: int = 1,
    outputs: str = defaults.OUTPUTS,
    metadata: str = defaults.METADATA,
    portable: bool = False,
    jobs: int | None = None,
    dask: str | None = None,
    device: str = defaults.DEVICE,
    no_clobber: bool = False,
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
    given = dict(locals())
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
        image_shape=image_shape,
    )
    teacher_options = TeacherOptions(
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
    )
    split = SplitOptions(test_size=test_size, test_data=test_data, rows=rows_to_fit(rows))
    gates = tuple(parse_gate(expression) for expression in require or ())
    if quick_report:
        check_refitted(gates, "--quick-report, which leaves it out")
    search = search_options(
        objective, algorithm, select, delta, thresholds, synthetic, seed, jobs, device
    )
    degree = parse_temperature(temperature)
    decision = decision_options(cost, class_weight, decide_at)
    request = request_students(
        student,
        set_,
        max_depth=max_depth,
        max_leaves=max_leaves,
        max_bytes=max_bytes,
        max_parameters=max_parameters,
        prefer=prefer,
        quantize=quantize,
        quantize_loss=quantize_loss,
    )
    form = file_form(outputs=outputs, metadata=metadata, portable=portable)
    path = None if output is None else Path(output)
    reports = [Path(each) for each in report or ()]
    refuse_swapped(data)
    check_outputs(
        path,
        reports,
        [as_path(each) for each in (teacher, data, test_data)],
        no_clobber=no_clobber,
        steps=True,
    )
    if display_path(data) == display_path(test_data) == "-":
        raise UsageError("standard input can be read once", found="DATA and --test-data both -")
    check_repeats(repeats, (data, test_data))
    progress.plan(describe_plan(request, search, split, [path, *reports]))
    progress.stage(f"opening {display_path(teacher)}", 0)
    # A saved teacher starts in a process of its own; what is imported meanwhile costs nothing.
    with (
        use_workers(dask, (teacher, data, test_data), progress),
        closing(Background(search.threads, defaults.FITTERS)) as background,
        closing(open_teacher(teacher, teacher_options, search.threads)) as model,
    ):
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
        from crembo_cli.teachers.softened import soften_teacher

        decision, notes_on_it = decision.or_those_of(model)
        progress.note(
            [*notes_on_it, *note_level(display_path(teacher), model.producer, model.metadata)]
        )
        if decision.given():
            refuse_softened_decisions(degree)
        splits, degree = soften_splits(splits, degree)
        source, search = soften_teacher(model, degree), replace(search, temperature=degree)
        utilities = decision.utilities(model.classes, splits.train.beliefs)
        splits, search = splits.with_utilities(utilities), search.with_utilities(utilities)
        signature = signature_of(model.inputs, splits.train.encoding, model.classes, form)
        selected = select_student(
            request,
            search,
            splits,
            source,
            signature,
            version("crembo-cli"),
            progress,
            background,
            names=table.classes,
        )
        with attribute_errors(selected.family):
            content, finished = measure_student(
                selected,
                splits,
                source,
                signature,
                search,
                progress,
                background,
                paths=Paths(
                    teacher=display_path(teacher),
                    data=display_path(data),
                    test_data=None if test_data is None else display_path(test_data),
                    student="student.onnx" if path is None else str(path),
                ),
                names=table.classes,
                quick=quick_report,
            )

    def run(other: int) -> Report:
        alone = {"output": None, "report": None, "require": None, "repeats": 1, "progress": None}
        return compress(**{**given, **alone, "seed": other}).report

    finished = with_repeats(finished, range(seed, seed + repeats), run, progress)
    timing = replace(finished.timing, seconds=perf_counter() - began)
    finished = with_gates(replace(finished, timing=timing, command=command), gates)
    student_file = {} if path is None else {path: content}
    write_together({**student_file, **report_files(finished, reports)})
    return Result(content=content, report=finished, notes=tuple(notes.sentences))
