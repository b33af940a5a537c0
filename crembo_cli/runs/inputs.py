"""Read a table, query the teacher about its rows, and split them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.dataset.labelled import LabelledTable, Splits, part
from crembo_cli.errors import DataError, TeacherError, UsageError
from crembo_cli.runs.features import (
    choose,
    column_types,
    note_label,
    read_features,
    refuse_two_labels,
)
from crembo_cli.runs.image_shape import image_shape_of, note_guess
from crembo_cli.runs.options import (
    Progress,
    SplitOptions,
    TableOptions,
    TeacherOptions,
    display_path,
)
from crembo_cli.runs.plan import describe_inputs
from crembo_cli.search import defaults

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.report.gates import Gate
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


def open_teacher(teacher: object, options: TeacherOptions, threads: int | None = None) -> Teacher:
    """The teacher in a file, or in memory: a fitted estimator, or a function of rows.

    Close it when done. Raises TeacherError or UsageError.
    """
    from pathlib import Path

    if isinstance(teacher, str | Path):
        from crembo_cli.teachers.load import load_teacher

        return load_teacher(
            teacher,
            activation=options.activation,
            trust_pickle=options.trust_pickle,
            hard_labels=options.hard_labels,
            timeout=options.teacher_timeout,
            threads=threads,
        )
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
    labelled = read_labelled(data, teacher, table, progress)
    shape = image_shape_of(teacher.inputs, table.image_shape, labelled)
    labelled = replace(labelled, shape=shape)
    progress.note([*teacher.warnings, *note_guess(shape, table.image_shape)])
    refuse_one_class(labelled, teacher)
    if table.classes is not None:
        check_names(table.classes, teacher.classes)
    strata = labelled.strata()
    test_share, validation_share = split.shares()
    rows = split_rows(strata, test_share=test_share, validation_share=validation_share, seed=seed)
    sets = (rows.train, rows.validation, rows.test)
    progress.note(note_few_rows(labelled, sets, teacher.classes))
    if split.test_data is None:
        test = part(labelled, rows.test)
    else:
        test = _read_test_table(split.test_data, labelled, teacher, table, progress)
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
    )


def _read_test_table(
    test_data: object,
    labelled: LabelledTable,
    teacher: Teacher,
    table: TableOptions,
    progress: Progress,
) -> LabelledTable:
    """The table of `--test-data`, with the columns and the encoding of `labelled`."""
    path = display_path(test_data)
    if not teacher.answers_new_rows:
        raise UsageError(
            "a table of class probabilities covers the rows of DATA only",
            where=f"--test-data {path}",
            hint="leave --test-data out; a share of DATA is then used for testing",
        )
    test = read_labelled(test_data, teacher, table, progress, encoding=labelled.encoding)
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
    labels: bool = True,
) -> LabelledTable:
    """Read `data`, query the teacher about every row, and note what is odd about its columns."""
    from crembo_cli.dataset.notes import list_notes

    progress.stage(f"reading {display_path(data)}", 0)
    table = read_features(data, teacher, options, encoding)
    count = len(table.frame)

    def ready(columns: Columns) -> Callable[[int], None]:
        if labels:
            progress.note(note_label(columns, options))
        progress.plan(describe_inputs(table, columns, teacher), ready=True)
        return progress.stage(f"querying {teacher.name} about {count:,} rows", count)

    labelled = label_table(table, teacher, options, ready, encoding=encoding, labels=labels)
    progress.note(list_notes(table, labelled.columns))
    return labelled


def label_table(
    table: Table,
    teacher: Teacher,
    options: TableOptions,
    ready: Callable[[Columns], Callable[[int], None]],
    *,
    encoding: Encoding | None = None,
    labels: bool = True,
) -> LabelledTable:
    """Choose the columns of `table`, query `teacher` about every row, and match the labels.

    `ready` is called with the columns before the teacher is queried, and what it returns is
    called with the rows done. `encoding`, of an earlier table, is used where given, and the
    features are then those of that table by name: test data must be read as the training data
    was. Otherwise it is learned from this table. Without `labels` true labels are ignored. Raises
    DataError or TeacherError where table and teacher do not fit together.
    """
    from crembo_cli.dataset.columns import check_cells
    from crembo_cli.dataset.dtypes import as_dtypes
    from crembo_cli.dataset.encode import learn_encoding
    from crembo_cli.dataset.labels import match_labels

    columns = choose(table, teacher, options, encoding)
    if labels:
        refuse_two_labels(table, columns, teacher, options)
    types = column_types(columns.features, teacher, options, encoding)
    table = as_dtypes(
        table,
        numbers=[name for name, type_ in types.items() if type_.kind == "number"],
        text=[name for name, type_ in types.items() if type_.kind == "text"],
    )
    check_cells(table, columns)
    frame = table.frame[list(columns.features)]
    if teacher.rows is not None and teacher.rows != len(frame):
        raise DataError(
            f"{teacher.name} has a different number of rows",
            where=table.name,
            found=f"{len(frame)} rows",
            wanted=f"{teacher.rows}, one for each row of class probabilities",
        )
    beliefs = teacher.beliefs(frame, ready(columns))
    frame = _as_inputs(frame, teacher)
    if beliefs.shape[1] < 2:
        raise TeacherError(
            "a classifier with one class cannot be compressed",
            where=teacher.name,
            found=f"only the class {teacher.classes[0]!r}",
            wanted="two classes or more",
        )
    if encoding is None:
        coded = [
            j for j, name in enumerate(columns.features) if name in types and types[name].coded
        ]
        encoding = learn_encoding(frame, beliefs, options.missing, coded, table.booleans)
    y_true = None
    if labels and columns.label is not None:
        y_true = match_labels(
            table.frame[columns.label],
            teacher.classes,
            table,
            numbered=teacher.numbered,
            names=options.classes,
        )
    return LabelledTable(
        table=table,
        columns=columns,
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=beliefs,
        y_true=y_true,
    )


def _as_inputs(frame: pd.DataFrame, teacher: Teacher) -> pd.DataFrame:
    """`frame` with the precision of the teacher's inputs: a student in its place sees no more.

    Cells of a half-precision input are rounded to it; those of an integer or a boolean input,
    which the teacher has checked, get that dtype, so that rows generated from them keep it.
    """
    types = [each.type for each in teacher.inputs for _ in range(each.width)]
    for name, type_ in zip(frame.columns, types, strict=False):
        if type_ == "float16":
            frame = frame.assign(**{name: frame[name].astype("float16").astype("float32")})
        elif type_ == "bool":
            frame = frame.assign(**{name: frame[name].astype(bool)})
        elif "int" in type_ and frame[name].dtype.kind != "i":
            frame = frame.assign(**{name: frame[name].astype("int64")})
    return frame


def refuse_one_class(labelled: LabelledTable, teacher: Teacher) -> None:
    """Raise DataError where all rows have one class, by the teacher or by the labels."""
    for classes, whose in (
        (labelled.teacher_labels(), "the teacher predicts"),
        (labelled.y_true, "the label is"),
    ):
        if classes is not None and (classes == classes[0]).all():
            raise DataError(
                f"{whose} {str(teacher.classes[classes[0]])!r} on every row",
                where=labelled.table.name,
                found="one class",
                wanted="rows of at least two classes",
                hint="add rows of the other classes",
            )
