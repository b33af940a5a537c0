"""Read a table, query the teacher about its rows, and split them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.dataset.labelled import LabelledTable, Splits, part
from crembo_cli.errors import DataError, TeacherError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import Progress, Teacher


COMPARISON_SHARE = 0.1  # of the rows that are left to fit on, where several families are

if TYPE_CHECKING:
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.runs.compress import Job
    from crembo_cli.teachers.contract import Teacher


def read_splits(job: Job, teacher: Teacher, messages: Messages) -> Splits:
    """The rows to fit on, to choose by and to measure on, with the teacher's answers.

    Raises DataError, TeacherError or UsageError for what `crembo_cli.dataset` and the teacher
    refuse, and for what was asked of the command and these rows cannot give.
    """
    from crembo_cli.dataset.split import split_rows
    from crembo_cli.report.gates import check_labelled

    evidence = _asked(job, job.data, teacher, messages)
    messages.note(teacher.warnings)
    refuse_one_class(evidence, teacher)
    strata = evidence.teacher_labels() if evidence.y_true is None else evidence.y_true
    test_share, validation_share = job.shares()
    split = split_rows(
        strata, test_share=test_share, validation_share=validation_share, seed=job.search.seed
    )
    if job.test_data is None:
        test = part(evidence, split.test)
    else:
        test = _tested_on(job.test_data, evidence, job, teacher, messages)
    check_labelled(job.gates, labelled=test.y_true is not None)
    train, comparison = split.train, None
    if job.request.budget is not None:
        try:
            shares = split_rows(
                strata[train], test_share=0, validation_share=COMPARISON_SHARE, seed=job.search.seed
            )
        except DataError as error:
            raise DataError(
                "too few rows to choose between students by rows of their own",
                where=job.data,
                found=f"{len(strata)} rows",
                hint="ask for one student: --student tree --max-depth 3",
            ) from error
        comparison, train = part(evidence, train[shares.validation]), train[shares.train]
    fitted_on = job.test_data is not None and test.table.sha256 == evidence.table.sha256
    if fitted_on:
        messages.note([f"{job.test_data} is what the student is fitted on: its figures flatter"])
    return Splits(
        train=part(evidence, train),
        validation=part(evidence, split.validation),
        test=test,
        comparison=comparison,
        fitted_on=fitted_on,
    )


def _tested_on(
    path: str, evidence: LabelledTable, job: Job, teacher: Teacher, messages: Messages
) -> LabelledTable:
    """The table of `--test-data`, with the columns and the encoding of `evidence`."""
    if not teacher.answers_new_rows:
        raise UsageError(
            "a table of beliefs knows the rows of DATA alone",
            where=f"--test-data {path}",
            hint="leave --test-data out, and a share of DATA is measured on",
        )
    test = _asked(job, path, teacher, messages, evidence.encoding)
    if evidence.y_true is not None and test.y_true is None:
        messages.note([f"{path} has no labels: accuracy is not measured"])
    return test


def _asked(
    job: Job, path: str, teacher: Teacher, messages: Messages, encoding: Encoding | None = None
) -> LabelledTable:
    """The table at `path` with the teacher's answers."""
    from crembo_cli.dataset.notes import list_notes

    messages.stage(f"reading {path}", 0)
    table = read_features(
        path, teacher, label=job.label, features=job.features, drop=job.drop, encoding=encoding
    )
    count = len(table.frame)
    found = gather(
        table,
        teacher,
        label=job.label,
        features=job.features,
        drop=job.drop,
        class_names=job.classes,
        encoding=encoding,
        progress=messages.stage(f"asking the teacher about {count:,} rows", count),
    )
    messages.note(list_notes(table, found.columns))
    return found


def read_features(
    path: str,
    teacher: Teacher,
    *,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    encoding: Encoding | None = None,
    missing: Sequence[str] = (),
    text: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> Table:
    """Read the table at `path` with the types that `teacher` knows.

    The options are those of `gather`. `missing` are further texts that mean a missing cell;
    `text` and `numbers` are columns whose type the user gives. Raises DataError.
    """
    import pandas as pd

    from crembo_cli.dataset.columns import choose_columns
    from crembo_cli.dataset.dtypes import ColumnType, as_dtypes
    from crembo_cli.dataset.read import read_table
    from crembo_cli.dataset.table import Table

    def expected(names: tuple[str, ...]) -> dict[str, ColumnType]:
        stub = Table(name="", sha256="", frame=pd.DataFrame(columns=list(names)))
        types: dict[str, ColumnType] = {}
        try:
            columns = choose_columns(
                stub,
                label=label,
                features=features,
                drop=drop,
                wanted_names=_wanted_names(teacher, encoding),
                wanted_count=teacher.n_features,
            )
        except DataError:  # raised again for the whole table
            columns = None
        if columns is not None:
            types = _column_types(columns.features, teacher, encoding)
            if teacher.inputs:  # whole numbers of a CSV file become digits, not the file's text
                types = {name: replace(type_, kind="") for name, type_ in types.items()}
        given = dict.fromkeys(text, "text") | dict.fromkeys(numbers, "number")
        return types | {
            name: replace(types.get(name, ColumnType()), kind=kind) for name, kind in given.items()
        }

    table = read_table(path, expected=expected, missing=missing)
    known = [name for name in (*text, *numbers) if name in table.frame.columns]
    return as_dtypes(
        table,
        text=[name for name in text if name in known],
        numbers=[name for name in numbers if name in known],
    )


def _wanted_names(teacher: Teacher, encoding: Encoding | None) -> tuple[str, ...] | None:
    if encoding is None:
        return teacher.feature_names
    return tuple(each.name for each in encoding.features)


def gather(
    table: Table,
    teacher: Teacher,
    *,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    class_names: tuple[str, ...] | None = None,
    encoding: Encoding | None = None,
    progress: Progress | None = None,
    judged: bool = True,
) -> LabelledTable:
    """Match the columns of `table`, ask `teacher` about every row, and match the labels.

    `encoding`, of an earlier table, is used where given, and the features are then those of that
    table by name: test data must be read as the training data was. Otherwise it is learned from
    this table. Raises DataError or TeacherError where table and teacher do not fit together.
    """
    from crembo_cli.dataset.columns import check_cells, choose_columns
    from crembo_cli.dataset.dtypes import as_dtypes
    from crembo_cli.dataset.encode import learn_encoding
    from crembo_cli.dataset.labels import match_labels

    columns = choose_columns(
        table,
        label=label,
        features=features,
        drop=drop,
        wanted_names=_wanted_names(teacher, encoding),
        wanted_count=teacher.n_features,
    )
    types = _column_types(columns.features, teacher, encoding)
    table = as_dtypes(
        table,
        numbers=[name for name, type_ in types.items() if type_.kind == "number"],
        text=[name for name, type_ in types.items() if type_.kind == "text"],
    )
    check_cells(table, columns)
    frame = table.frame[list(columns.features)]
    if teacher.rows is not None and teacher.rows != len(frame):
        raise DataError(
            f"{teacher.name} has another number of rows",
            where=table.name,
            found=f"{len(frame)} rows",
            wanted=f"{teacher.rows}, one for each row of beliefs",
        )
    beliefs = teacher.beliefs(frame, progress)
    frame = _as_taken(frame, teacher)
    if beliefs.shape[1] < 2:
        raise TeacherError(
            "a classifier with one class has nothing to compress",
            where=teacher.name,
            found=f"the class {teacher.classes[0]!r} alone",
            wanted="two classes or more",
        )
    if encoding is None:
        encoding = learn_encoding(frame, beliefs)
    y_true = None
    if judged and columns.label is not None:
        y_true = match_labels(
            table.frame[columns.label],
            teacher.classes,
            table,
            numbered=teacher.numbered,
            names=class_names,
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


def _column_types(
    features: tuple[str, ...], teacher: Teacher, encoding: Encoding | None
) -> dict[str, ColumnType]:
    """Return the types of the features: those of an earlier table, else those of the teacher."""
    from crembo_cli.dataset.dtypes import ColumnType

    known = teacher.column_types(len(features))
    if encoding is None:
        return dict(zip(features, known, strict=False))
    types = {}
    for i, (name, feature) in enumerate(zip(features, encoding.features, strict=True)):
        categories = known[i].categories if i < len(known) else ()
        types[name] = ColumnType(
            kind="text" if feature.categories else "number",
            categories=(*feature.categories, *categories),
        )
    return types


def _as_taken(frame: pd.DataFrame, teacher: Teacher) -> pd.DataFrame:
    """`frame` as the inputs of `teacher` take it: a student in its place sees no more.

    What goes into a half is rounded to one; what goes into an integer or a bool, which the
    teacher has checked, has that type, so that whatever is made of it keeps to it.
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


def refuse_one_class(evidence: LabelledTable, teacher: Teacher) -> None:
    """Raise DataError where there is nothing to tell apart: one class said, or one true."""
    for classes, whose in (
        (evidence.teacher_labels(), "the teacher says"),
        (evidence.y_true, "the label is"),
    ):
        if classes is not None and (classes == classes[0]).all():
            raise DataError(
                f"{whose} {str(teacher.classes[classes[0]])!r} on every row",
                where=evidence.table.name,
                found="one class",
                wanted="rows of at least two classes",
                hint="give it rows of the other classes too",
            )
