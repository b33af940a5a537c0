"""Read a table, query the teacher about its rows, and split them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.cluster.engine import current_engine, on_workers, refuse_workers
from crembo_cli.dataset.labelled import LabelledTable, OtherRows, Splits, part
from crembo_cli.errors import DataError, UsageError
from crembo_cli.runs.features import note_label, read_features
from crembo_cli.runs.image_shape import image_shape_of, note_guess
from crembo_cli.runs.labelling import label_table
from crembo_cli.runs.options import (
    Progress,
    TableOptions,
    TeacherOptions,
    display_path,
)
from crembo_cli.runs.plan import describe_inputs
from crembo_cli.runs.rows import SplitOptions
from crembo_cli.search import defaults

if TYPE_CHECKING:
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.report.gates import Gate
    from crembo_cli.runs.rows import Draw
    from crembo_cli.runs.tally import Tally
    from crembo_cli.teachers.contract import Teacher


def refuse_swapped(data: object, *, name: str = "TEACHER") -> None:
    """Raise UsageError where `data` is a saved model; `name` is that of the other argument."""
    from pathlib import Path

    from crembo_cli.teachers.load import MODELS

    if not isinstance(data, str | Path):
        return
    path = Path(data)
    ending = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    if ending.lower() in MODELS and not path.is_fifo():
        raise UsageError(
            f"DATA is a saved model, not a table: {display_path(data)}",
            hint=f"did you swap {name} and DATA?",
        )


def use_workers(
    dask: str | None, inputs: Sequence[object], progress: Progress
) -> AbstractContextManager[None]:
    """Use the workers of `--dask`, if it is given; see `on_workers`."""
    if dask is not None:
        progress.stage(f"connecting to {dask}", 0)
    return on_workers(dask, inputs)


def open_teacher(teacher: object, options: TeacherOptions, threads: int | None = None) -> Teacher:
    """The teacher in a file, or in memory: a fitted estimator, or a function of rows.

    Close it when done. Raises TeacherError or UsageError.
    """
    from pathlib import Path

    if isinstance(teacher, str | Path):
        from crembo_cli.student_file.codes import with_codes
        from crembo_cli.teachers.load import load_teacher

        found = load_teacher(
            teacher,
            activation=options.activation,
            trust_pickle=options.trust_pickle,
            hard_labels=options.hard_labels,
            timeout=options.teacher_timeout,
            threads=threads,
        )
        import pandas  # noqa: F401 - every table needs it, and the model loads meanwhile

        if not found.answers_new_rows:
            refuse_workers(
                str(teacher),
                "a table of class probabilities is looked up, not queried",
                hint="leave --dask out",
            )
        engine = current_engine()
        if engine is not None:
            engine.prepare(found)  # a worker loads the model while the table is read
        return with_codes(found)
    from crembo_cli.teachers.in_memory import InMemoryTeacher

    return InMemoryTeacher(teacher, hard_labels=options.hard_labels)


def read_splits(
    data: object,
    teacher: Teacher,
    table: TableOptions,
    split: SplitOptions,
    progress: Progress,
    *,
    seed: int,
    compare: bool,
    gates: tuple[Gate, ...] = (),
) -> Splits:
    """Training, validation and test rows, labelled by the teacher.

    With `compare`, some training rows become comparison rows, on which several candidates are
    compared. Raises DataError, TeacherError or UsageError.
    """
    from crembo_cli.dataset.labelled import note_few_rows, split_rows
    from crembo_cli.report.gates import check_labelled, refuse_drift
    from crembo_cli.student_file.metadata import check_names

    refuse_drift(gates)
    test_share, validation_share = split.shares()
    draw = split.rows.draw(test_share, seed)
    labelled = read_labelled(data, teacher, table, progress, draw=draw)
    shape = image_shape_of(teacher.inputs, table.image_shape, labelled)
    labelled = replace(labelled, shape=shape)
    progress.note([*teacher.warnings, *note_guess(shape, table.image_shape)])
    refuse_one_class(labelled, teacher)
    progress.note(note_one_class(labelled, teacher))
    if table.classes is not None:
        check_names(table.classes, teacher.classes)
    strata = labelled.strata()
    fitted, tested = split.rows.share_out(labelled.total, test_share)
    if len(strata) < labelled.total:
        test_share = tested / (fitted + tested)
        validation_share = defaults.VALIDATION_SIZE * (1 - test_share)
    rows = split_rows(
        strata,
        test_share=test_share,
        validation_share=validation_share,
        seed=seed,
        where=display_path(data) if len(strata) == labelled.total else "--rows",
    )
    sets = (rows.train, rows.validation, rows.test)
    progress.note(note_few_rows(labelled, sets, teacher.classes))
    if split.test_data is None:
        test, others = part(labelled, rows.test), labelled.others
    else:
        draw = split.rows.draw(1.0, seed)
        test = _read_test_table(split.test_data, labelled, teacher, table, progress, draw)
        others = test.others
    check_labelled(gates, labelled=test.y_true is not None)
    train, comparison = rows.train, None
    if compare:
        try:
            shares = split_rows(
                strata[train], test_share=0, validation_share=defaults.COMPARISON_SIZE, seed=seed
            )
        except DataError as error:
            raise DataError(
                "too few rows to compare several students",
                where=display_path(data),
                found=f"{len(strata)} rows",
                hint="request one student: --student tree --max-depth 3",
            ) from error
        comparison, train = part(labelled, train[shares.validation]), train[shares.train]
    fitted_on = split.test_data is not None and test.table.sha256 == labelled.table.sha256
    if fitted_on:
        path = display_path(split.test_data)
        progress.note([f"the student is fitted on the rows of {path}: its metrics are optimistic"])
    return Splits(
        train=part(labelled, train),
        validation=part(labelled, rows.validation),
        test=test,
        comparison=comparison,
        fitted_on=fitted_on,
        others=(labelled.others, test.others),
        more_test=others if split.rows.every else OtherRows(),
    )


def _read_test_table(
    test_data: object,
    labelled: LabelledTable,
    teacher: Teacher,
    table: TableOptions,
    progress: Progress,
    draw: Draw,
) -> LabelledTable:
    """The table of `--test-data`, with the columns and the encoding of `labelled`."""
    path = display_path(test_data)
    if not teacher.answers_new_rows:
        raise UsageError(
            "a table of class probabilities covers the rows of DATA only",
            where=f"--test-data {path}",
            hint="leave --test-data out; a share of DATA is then used for testing",
        )
    test = read_labelled(test_data, teacher, table, progress, encoding=labelled.encoding, draw=draw)
    test = replace(test, shape=labelled.shape)
    if labelled.y_true is not None and test.y_true is None:
        progress.note([f"{path} has no labels: accuracy is not measured"])
    return test


def read_labelled(
    data: object,
    teacher: Teacher,
    options: TableOptions,
    progress: Progress,
    *,
    encoding: Encoding | None = None,
    draw: Draw | None = None,
    tally: Tally | None = None,
) -> LabelledTable:
    """Read `data`, query the teacher about its rows, and note what is odd about its columns.

    `draw` and `tally` are as in `label_table`.
    """
    from crembo_cli.dataset.notes import list_notes

    progress.stage(f"reading {display_path(data)}", 0)
    blocks = read_features(data, teacher, options, encoding)
    total = blocks.rows

    def ready(columns: Columns, count: int) -> Callable[[int], None]:
        progress.note(note_label(columns, options))
        progress.plan(describe_inputs(blocks, columns, teacher), ready=True)
        of = f"{count:,}" if count == total else f"{count:,} of {total:,}"
        return progress.stage(f"querying {teacher.name} about {of} rows", count)

    labelled = label_table(
        blocks, teacher, options, ready, encoding=encoding, draw=draw, tally=tally
    )
    table = blocks.head if blocks.whole else replace(blocks.head, frame=labelled.frame)
    progress.note(list_notes(table, labelled.columns))
    return labelled


def refuse_one_class(labelled: LabelledTable, teacher: Teacher) -> None:
    """Raise DataError where the teacher answers all rows alike, or all have one label."""
    alike = []
    if (labelled.beliefs == labelled.beliefs[0]).all():
        alike.append(("the teacher predicts", labelled.teacher_labels()[0]))
    if labelled.y_true is not None and (labelled.y_true == labelled.y_true[0]).all():
        alike.append(("the label is", labelled.y_true[0]))
    for whose, label in alike:
        raise DataError(
            f"{whose} {str(teacher.classes[label])!r} on every row",
            where=labelled.table.name,
            found="one class",
            wanted="rows of at least two classes",
            hint="add rows of the other classes",
        )


def note_one_class(labelled: LabelledTable, teacher: Teacher) -> list[str]:
    """Notes about a teacher that predicts one class; its probabilities may rank the rows still."""
    labels = labelled.teacher_labels()
    if (labels != labels[0]).any():
        return []
    rule = "--decide-at" if len(teacher.classes) == 2 else "--class-weight"
    return [
        f"the teacher's most probable class is {str(teacher.classes[labels[0]])!r} on every row; "
        f"{rule} decides by another rule, --objective scores fits the probabilities alone"
    ]
