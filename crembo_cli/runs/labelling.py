"""Query a teacher about rows of a table, and match the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.columns import check_cells
from crembo_cli.dataset.dtypes import as_dtypes
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.labelled import LabelledTable, Unlabelled, no_rows
from crembo_cli.dataset.labels import match_values, read_labels
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
    from crembo_cli.teachers.contract import ModelInput, Teacher

BLOCK_ROWS = 65_536  # rows encoded at a time, so that those not queried take no memory


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A table as a teacher takes it."""

    blocks: Blocks  # with numbers and text as the teacher has them; cells are checked
    columns: Columns
    types: Mapping[str, ColumnType]


@dataclass(frozen=True)
class RowsDone:
    """Report the rows that are done, in this process: workers report none."""

    report: Callable[[int], None] | None = None

    def __call__(self, rows: int) -> None:
        """Report that this many rows are done."""
        if self.report is not None:
            self.report(rows)

    def after(self, first: int) -> Callable[[int], None]:
        """Return what reports the rows done of a block whose first row is `first`."""
        return lambda rows: self(first + rows)

    def __reduce__(self) -> tuple[type[RowsDone], tuple[()]]:
        return RowsDone, ()


@dataclass(frozen=True)
class Second:
    """Another model that is queried about the rows of a table of many blocks."""

    model: Teacher
    scores: list[Floats]  # its answers, block by block


def match_inputs(
    blocks: Blocks,
    teacher: Teacher,
    options: TableOptions,
    *,
    encoding: Encoding | None = None,
    labels: bool = True,
) -> Inputs:
    """Choose the columns of a table and give them the types that `teacher` has for them.

    `encoding` is as in `label_table`; without `labels` true labels are ignored. Raises DataError
    where table and teacher do not fit together; for a cell, when its block is generated.
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

    change = partial(_check, numbers, text, columns)
    return Inputs(blocks=blocks.map(change), columns=columns, types=types)


def _check(numbers: Sequence[str], text: Sequence[str], columns: Columns, block: Table) -> Table:
    found = as_dtypes(block, numbers=numbers, text=text)
    check_cells(found, columns)
    return found


def label_table(
    blocks: Blocks,
    teacher: Teacher,
    options: TableOptions,
    ready: Callable[[Columns, int], Callable[[int], None]],
    *,
    encoding: Encoding | None = None,
    draw: Draw | None = None,
    hold: Draw | None = None,
    second: Second | None = None,
) -> LabelledTable:
    """Choose the columns of a table, query `teacher` about its rows, and match the labels.

    `draw`: which rows; None: all of them. `hold`: the rows of a table of many blocks whose
    features are kept, and `second` is queried about all rows; None: all are kept. `ready`
    is called with the columns and the number of rows before the teacher is queried, and what it
    returns is called with the rows done. `encoding`, of an earlier table, is used where given, and
    the features are then those of that table by name: test data must be read as the training data
    was. Otherwise it is learned from the queried rows.
    Raises DataError or TeacherError where table and teacher do not fit together.
    """
    inputs = match_inputs(blocks, teacher, options, encoding=encoding)
    columns, label = inputs.columns, inputs.columns.label
    read = None if label is None else read_labels(inputs.blocks, label)
    strata = None if read is None else read[0]
    drawn = None if draw is None else draw(blocks.rows, strata)
    held = None if hold is None or blocks.whole else hold(blocks.rows, strata)
    if held is None:
        frame = inputs.blocks.take(drawn, list(columns.features))
        beliefs = teacher.beliefs(frame, ready(columns, len(frame)))
        frame = _as_inputs(frame, teacher.inputs)
    else:
        frame, beliefs = _query_blocks(inputs, held, teacher, ready(columns, blocks.rows), second)
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
    second: Second | None,
) -> tuple[pd.DataFrame, Floats]:
    """Return the features of the rows `held`, and the teacher's probabilities of all rows."""
    import pandas as pd

    models = (teacher,) if second is None else (teacher, second.model)
    report = RowsDone(done)
    query = partial(_query_block, list(inputs.columns.features), models, report)
    frames, beliefs, rows = [], [], 0
    for frame, own, *others in inputs.blocks.each_with(held, query, learns=True):
        frames.append(frame)
        beliefs.append(own)
        if second is not None:
            second.scores.extend(others)
        rows += len(own)
        done(rows)
    return pd.concat(frames), np.concatenate(beliefs)


def _query_block(
    features: list[str],
    models: Sequence[Teacher],
    done: RowsDone,
    block: Table,
    held: Indices | None,
) -> tuple[Any, ...]:
    """Return the features of the rows `held`, and the answers of each model about all rows."""
    frame = block.frame[features]
    first = models[0].beliefs(frame, done.after(block.first_row))
    frame = _as_inputs(frame, models[0].inputs)
    others = [model.beliefs(frame) for model in models[1:]]
    assert held is not None, "some rows are held"
    return frame.iloc[held - block.first_row], first, *others


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
    inputs: Inputs,
    queried: Indices,
    teacher: Teacher,
    encoding: Encoding,
    function: Callable[[pd.DataFrame, Floats], int],
) -> Iterator[int]:
    """Generate `function` of the rows that are not `queried`, as `Unlabelled`."""
    features = list(inputs.columns.features)
    run = partial(_encode_block, features, teacher.inputs, encoding, function)
    return chain.from_iterable(inputs.blocks.each_with(queried, run))


def _encode_block(
    features: list[str],
    inputs: Sequence[ModelInput],
    encoding: Encoding,
    function: Callable[[pd.DataFrame, Floats], int],
    block: Table,
    queried: Indices | None,
) -> list[int]:
    frame = block.frame[features]
    others = np.ones(len(frame), np.bool_)
    if queried is not None:
        others[queried - block.first_row] = False
    rows = np.flatnonzero(others)
    found = []
    for start in range(0, len(rows), BLOCK_ROWS):
        part = frame.iloc[rows[start : start + BLOCK_ROWS]]
        if inputs:
            pack_feeds(part, inputs)  # cells that the inputs cannot hold are errors
        part = _as_inputs(part, inputs)
        found.append(function(part, encoding.encode(part)))
    return found


def _as_inputs(frame: pd.DataFrame, inputs: Sequence[ModelInput]) -> pd.DataFrame:
    """`frame` with the precision of the teacher's inputs: a student in its place sees no more.

    Cells of a half-precision input are rounded to it; those of an integer or a boolean input,
    which the teacher has checked, get that dtype, so that rows generated from them keep it.
    """
    types = [each.type for each in inputs for _ in range(each.width)]
    for name, type_ in zip(frame.columns, types, strict=False):
        if type_ == "float16":
            frame = frame.assign(**{name: frame[name].astype("float16").astype("float32")})
        elif type_ == "bool":
            frame = frame.assign(**{name: frame[name].astype(bool)})
        elif "int" in type_ and frame[name].dtype.kind != "i":
            frame = frame.assign(**{name: frame[name].astype("int64")})
    return frame
