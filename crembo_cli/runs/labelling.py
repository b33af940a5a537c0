"""Query a teacher about rows of a table, and match the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.dataset.columns import check_cells
from crembo_cli.dataset.dtypes import as_dtypes
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.label_column import read_labels
from crembo_cli.dataset.labelled import LabelledTable, Unlabelled, no_rows
from crembo_cli.dataset.labels import match_values
from crembo_cli.errors import DataError, TeacherError
from crembo_cli.runs.features import choose, column_types, refuse_two_labels
from crembo_cli.runs.options import TableOptions
from crembo_cli.teachers.onnx.inputs import pack_feeds

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.runs.rows import Draw
    from crembo_cli.teachers.contract import Teacher

BLOCK_ROWS = 65_536  # rows encoded at a time, so that those not queried take no memory


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A table as a teacher takes it."""

    blocks: Blocks  # with numbers and text as the teacher has them; cells are checked
    columns: Columns
    types: Mapping[str, ColumnType]

    def features(self, block: Table) -> pd.DataFrame:
        """Return the features of a block, in the teacher's order."""
        return block.frame[list(self.columns.features)]


def match_inputs(
    blocks: Blocks,
    teacher: Teacher,
    options: TableOptions,
    *,
    encoding: Encoding | None = None,
    labels: bool = True,
) -> Inputs:
    """Choose the columns of a table and give them the types that `teacher` has for them.

    `encoding` and `labels` are as in `label_table`. Raises DataError where table and teacher do
    not fit together; for a cell, when its block is generated.
    """
    columns = choose(blocks.head, teacher, options, encoding)
    if labels:
        refuse_two_labels(blocks.head, columns, teacher, options)
    types = column_types(columns.features, teacher, options, encoding)
    if teacher.rows is not None and teacher.rows != blocks.rows:
        raise DataError(
            f"{teacher.name} has a different number of rows",
            where=blocks.head.name,
            found=f"{blocks.rows} rows",
            wanted=f"{teacher.rows}, one for each row of class probabilities",
        )
    numbers = [name for name, type_ in types.items() if type_.kind == "number"]
    text = [name for name, type_ in types.items() if type_.kind == "text"]

    def check(block: Table) -> Table:
        found = as_dtypes(block, numbers=numbers, text=text)
        check_cells(found, columns)
        return found

    return Inputs(blocks=blocks.map(check), columns=columns, types=types)


def label_table(
    blocks: Blocks,
    teacher: Teacher,
    options: TableOptions,
    ready: Callable[[Columns, int], Callable[[int], None]],
    *,
    encoding: Encoding | None = None,
    labels: bool = True,
    draw: Draw | None = None,
    hold: Draw | None = None,
    also: Callable[[pd.DataFrame], object] | None = None,
) -> LabelledTable:
    """Choose the columns of a table, query `teacher` about its rows, and match the labels.

    `draw`: which rows; None: all of them. `hold`: the rows of a table of many blocks whose
    features are kept, and `also` is called with those of each block; None: all are kept. `ready`
    is called with the columns and the number of rows before the teacher is queried, and what it
    returns is called with the rows done. `encoding`, of an earlier table, is used where given, and
    the features are then those of that table by name: test data must be read as the training data
    was. Otherwise it is learned from the queried rows. Without `labels` true labels are ignored.
    Raises DataError or TeacherError where table and teacher do not fit together.
    """
    inputs = match_inputs(blocks, teacher, options, encoding=encoding, labels=labels)
    columns, label = inputs.columns, inputs.columns.label if labels else None
    read = None if label is None else read_labels(inputs.blocks, label)
    strata = None if read is None else read[0]
    drawn = None if draw is None else draw(blocks.rows, strata)
    held = None if hold is None or blocks.whole else hold(blocks.rows, strata)
    if held is None:
        frame = inputs.blocks.take(drawn, list(columns.features))
        beliefs = teacher.beliefs(frame, ready(columns, len(frame)))
        frame = _as_inputs(frame, teacher)
    else:
        frame, beliefs = _query_blocks(inputs, held, teacher, ready(columns, blocks.rows), also)
    refuse_lone_class(beliefs, teacher)
    if encoding is None:
        coded = [
            j for j, name in enumerate(columns.features)
            if name in inputs.types and inputs.types[name].coded
        ]  # fmt: skip
        encoding = learn_encoding(frame, beliefs, options.missing, coded, blocks.head.booleans)
    y_true = None
    if label is not None and read is not None:
        numbered, names = teacher.numbered, options.classes
        index = match_values(
            read, label, teacher.classes, blocks.head, numbered=numbered, names=names
        )
        y_true = index[read[0] if drawn is None else read[0][drawn]]
    others: Unlabelled = no_rows
    if drawn is not None and len(drawn) < blocks.rows:
        others = partial(_encode_others, inputs, drawn, teacher, encoding)
    return LabelledTable(
        table=blocks.head,
        total=blocks.rows,
        columns=columns,
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=beliefs,
        y_true=y_true,
        others=others,
        held=held,
    )


def _query_blocks(
    inputs: Inputs,
    held: Indices,
    teacher: Teacher,
    done: Callable[[int], None],
    also: Callable[[pd.DataFrame], object] | None,
) -> tuple[pd.DataFrame, Floats]:
    """Return the features of the rows `held`, and the teacher's probabilities of all rows."""
    import pandas as pd

    frames, beliefs = [], []
    for block in inputs.blocks.generate():
        frame = inputs.features(block)
        first = block.first_row
        beliefs.append(teacher.beliefs(frame, from_row(first, done)))
        frame = _as_inputs(frame, teacher)
        if also is not None:
            also(frame)
        some = slice(*np.searchsorted(held, [first, first + len(frame)]))
        frames.append(frame.iloc[held[some] - first])
    return pd.concat(frames), np.concatenate(beliefs)


def from_row(first: int, done: Callable[[int], None]) -> Callable[[int], None]:
    """Return what calls `done` with the rows done of a block whose first row is `first`."""
    return lambda rows: done(first + rows)


def refuse_lone_class(beliefs: Floats, teacher: Teacher) -> None:
    """Raise TeacherError where a teacher with the answers `beliefs` (n, c) has one class."""
    if beliefs.shape[1] < 2:
        raise TeacherError(
            "a classifier with one class cannot be compressed",
            where=teacher.name,
            found=f"only the class {teacher.classes[0]!r}",
            wanted="two classes or more",
        )


def _encode_others(
    inputs: Inputs, queried: Indices, teacher: Teacher, encoding: Encoding
) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Generate the rows that are not `queried`, as `Unlabelled`."""
    for block in inputs.blocks.generate():
        frame = inputs.features(block)
        others = np.ones(len(frame), np.bool_)
        first, last = np.searchsorted(queried, [block.first_row, block.first_row + len(frame)])
        others[queried[first:last] - block.first_row] = False
        rows = np.flatnonzero(others)
        for start in range(0, len(rows), BLOCK_ROWS):
            part = frame.iloc[rows[start : start + BLOCK_ROWS]]
            if teacher.inputs:
                pack_feeds(part, teacher.inputs)  # cells that the inputs cannot hold are errors
            part = _as_inputs(part, teacher)
            yield part, encoding.encode(part)


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
