"""Query a teacher about rows of a table, and match the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.columns import check_cells
from crembo_cli.dataset.dtypes import as_dtypes
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.labelled import LabelledTable, OtherRows
from crembo_cli.dataset.labels import count_codes, match_values, read_labels
from crembo_cli.errors import DataError, TeacherError
from crembo_cli.runs.features import choose, column_types, refuse_two_labels
from crembo_cli.runs.options import TableOptions
from crembo_cli.runs.querying import Stream, Sum, as_inputs, encode_others, query_blocks
from crembo_cli.runs.rows import refuse_beyond_memory
from crembo_cli.teachers.process.limits import default_limit

if TYPE_CHECKING:
    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.draw import Codes
    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.runs.rows import Draw
    from crembo_cli.runs.tally import Tally
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """A table as a teacher takes it."""

    blocks: Blocks  # with numbers and text as the teacher has them; cells are checked
    columns: Columns
    types: Mapping[str, ColumnType]


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
    tally: Tally | None = None,
) -> LabelledTable:
    """Choose the columns of a table, query `teacher` about its rows, and match the labels.

    `draw`: which rows; None: all of them. `tally`: of a table of many blocks, query its models
    too; of more rows than are held, return those that are and add up all. A cell that a
    model cannot take is then an error in any row. `ready` is called with the columns and the
    number of rows before the teacher is queried, and what it returns is called with the rows done.
    `encoding`, of an earlier table, is used where given, and the features are then those of that
    table by name: test data must be read as the training data was. Otherwise it is learned from
    the rows that are kept.
    Raises DataError or TeacherError where table and teacher do not fit together.
    """
    inputs = match_inputs(blocks, teacher, options, encoding=encoding)
    columns, label = inputs.columns, inputs.columns.label
    read = None if label is None else read_labels(inputs.blocks, label)
    strata = None if read is None else read[0]
    drawn = None if draw is None else draw(blocks.rows, strata)
    measured = strata if strata is None or drawn is None else strata[drawn]
    own = measured  # those of the rows that are held

    def match() -> Indices | None:
        """The class of each different label, once the teacher has answered."""
        if label is None or read is None:
            return None
        numbered, names = teacher.numbered, options.classes
        return match_values(
            read, label, teacher.classes, blocks.head, numbered=numbered, names=names
        )

    if tally is None or (blocks.whole and drawn is None):
        if not blocks.whole:
            count = blocks.rows if drawn is None else len(drawn)
            refuse_beyond_memory(blocks.head.name, count, len(columns.features), default_limit())
        frame = inputs.blocks.take(drawn, list(columns.features))
        beliefs = teacher.beliefs(frame, ready(columns, len(frame)))
        frame = as_inputs(frame, teacher.inputs)
    else:
        count = blocks.rows if drawn is None else len(drawn)
        done, query = ready(columns, count), partial(query_blocks, inputs.blocks, columns)
        held = tally.hold(count, own)
        stream = None
        if held is not None:
            kept = held if drawn is None else drawn[held]
            first = None
            if tally.needs_beliefs:
                first = query(kept, [teacher], lambda rows: None)[1][0]

            def begin(answers: Sequence[Floats]) -> tuple[Mapping[Any, int], Sum]:
                refuse_lone_class(answers[0], teacher)
                index, c = match(), answers[0].shape[1]
                if index is None or read is None or measured is None:
                    return {}, tally.begin(first, None)
                rows = np.bincount(index, count_codes(measured, len(index)), c).astype(np.int64)
                return dict(zip(read[1], index.tolist(), strict=True)), tally.begin(first, rows)

            stream = Stream(held=kept, label=label, begin=begin, collect=tally.collect)
            own = None if measured is None else measured[held]
        frame, (beliefs, *tally.scores) = query(drawn, [teacher, *tally.models], done, stream)
    refuse_lone_class(beliefs, teacher)
    if encoding is None:
        coded = [
            j for j, name in enumerate(columns.features)
            if name in inputs.types and inputs.types[name].coded
        ]  # fmt: skip
        encoding = learn_encoding(frame, beliefs, options.missing, coded, blocks.head.booleans)
    index = match()
    y_true = None if index is None or own is None else index[own]
    others = OtherRows()
    if drawn is not None:
        each = partial(encode_others, inputs.blocks, columns, drawn, teacher.inputs, encoding)
        others = _others(blocks.rows, drawn, read, index, beliefs.shape[1], each)
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
    )


def _others(
    rows: int,
    drawn: Indices,
    read: tuple[Codes, list[Any]] | None,
    index: Indices | None,
    c: int,
    each: Callable[..., Iterator[Any]],
) -> OtherRows:
    """Return the rows of a table of `rows` rows that are not `drawn`.

    `read` are its labels, and `index` has the class of each different one, of c; None without
    labels. `each` is `encode_others` of this table.
    """
    classes = labels = None
    if read is not None and index is not None:
        codes, different = read
        classes = dict(zip(different, index.tolist(), strict=True))
        counts = [count_codes(some, len(index)) for some in (codes, codes[drawn])]
        labels = np.bincount(index, counts[0] - counts[1], c).astype(np.int64)
    return OtherRows(count=rows - len(drawn), labels=labels, each=partial(each, classes))


def refuse_lone_class(beliefs: Floats, teacher: Teacher) -> None:
    """Raise TeacherError where a teacher with the answers `beliefs` (n, c) has one class."""
    if beliefs.shape[1] < 2:
        raise TeacherError(
            "a classifier with one class cannot be compressed",
            where=teacher.name,
            found=f"only the class {teacher.classes[0]!r}",
            wanted="two classes or more",
        )
