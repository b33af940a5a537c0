"""Query a teacher about rows of a table, and match the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.dataset.labelled import LabelledTable, Unlabelled, no_rows
from crembo_cli.errors import DataError, TeacherError
from crembo_cli.runs.features import choose, column_types, refuse_two_labels
from crembo_cli.runs.options import TableOptions
from crembo_cli.teachers.onnx.inputs import pack_feeds

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.runs.rows import Draw
    from crembo_cli.teachers.contract import Teacher

BLOCK_ROWS = 65_536  # rows encoded at a time, so that those not queried take no memory


def label_table(
    table: Table,
    teacher: Teacher,
    options: TableOptions,
    ready: Callable[[Columns, int], Callable[[int], None]],
    *,
    encoding: Encoding | None = None,
    labels: bool = True,
    draw: Draw | None = None,
) -> LabelledTable:
    """Choose the columns of `table`, query `teacher` about its rows, and match the labels.

    `draw`: which rows; None: all of them. `ready` is called with the columns and the number of
    rows before the teacher is queried, and what it returns is called with the rows done.
    `encoding`, of an earlier table, is used where given, and the features are then those of that
    table by name: test data must be read as the training data was. Otherwise it is learned from
    the queried rows. Without `labels` true labels are ignored. Raises DataError or TeacherError
    where table and teacher do not fit together.
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
    rows = None if draw is None else draw(len(frame), _strata(table, columns))
    every = frame
    if rows is not None and len(rows) < len(frame):
        frame = frame.iloc[rows]
    beliefs = teacher.beliefs(frame, ready(columns, len(frame)))
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
    others: Unlabelled = no_rows
    if rows is not None and len(frame) < len(every):
        others = partial(_encode_others, every, rows, teacher, encoding)
        y_true = None if y_true is None else y_true[rows]
    return LabelledTable(
        table=table,
        columns=columns,
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=beliefs,
        y_true=y_true,
        others=others,
    )


def _strata(table: Table, columns: Columns) -> Indices | None:
    """Number the labels of `table` from 0, int64 (n,); None without labels."""
    import pandas as pd

    if columns.label is None:
        return None
    codes, _ = pd.factorize(table.frame[columns.label].to_numpy(), use_na_sentinel=False)
    return np.asarray(codes, np.int64)


def _encode_others(
    frame: pd.DataFrame, queried: Indices, teacher: Teacher, encoding: Encoding
) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Generate the rows of `frame` that are not `queried`, as `Unlabelled`."""
    others = np.ones(len(frame), np.bool_)
    others[queried] = False
    rows = np.flatnonzero(others)
    for start in range(0, len(rows), BLOCK_ROWS):
        block = frame.iloc[rows[start : start + BLOCK_ROWS]]
        if teacher.inputs:
            pack_feeds(block, teacher.inputs)  # cells that the inputs cannot hold are errors
        block = _as_inputs(block, teacher)
        yield block, encoding.encode(block)


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
