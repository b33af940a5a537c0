"""Query models about the rows of a table, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.labels import number_labels
from crembo_cli.teachers.onnx.inputs import pack_feeds, resolve_widths

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.labelled import OnRows, Query
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import ModelInput, Teacher

BLOCK_ROWS = 65_536  # rows encoded at a time, so that those not queried take no memory
# So many drawn rows are queried together: how a model's outputs are read depends on its first
# answer, and a block of a large table may have a row or two of them.
FEW_ROWS = 65_536


@dataclass(frozen=True)
class RowsDone:
    """Report the rows that are done, in this process: workers report none."""

    report: Callable[[int], None] | None = None
    drawn: Indices | None = None  # the numbers of the rows to do; None: all

    def __call__(self, rows: int) -> None:
        """Report that this many rows are done."""
        if self.report is not None:
            self.report(rows)

    def after(self, first: int) -> Callable[[int], None]:
        """Return what reports the rows done of a block whose first row is `first`."""
        before = first if self.drawn is None else int(self.drawn.searchsorted(first))
        return lambda rows: self(before + rows)

    def __reduce__(self) -> tuple[type[RowsDone], tuple[()]]:
        return RowsDone, ()


# What becomes of the models' answers about a block and its true classes; runs on workers.
Sum = Callable[[Sequence["Floats"], "Indices | None"], Any]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Query models about more rows than are held: of all of them, sums are kept."""

    held: Indices  # the numbers of the rows that are held
    label: str | None  # the column of the true labels
    # Called once, with the first answers of each model: the class of each label, and the sum.
    begin: Callable[[Sequence[Floats]], tuple[Mapping[Any, int], Sum]]
    collect: Callable[[Any], None]  # called with the sum of each block, in order


def query_blocks(
    blocks: Blocks,
    columns: Columns,
    drawn: Indices | None,
    models: Sequence[Teacher],
    done: Callable[[int], None],
    stream: Stream | None = None,
) -> tuple[pd.DataFrame, list[Floats]]:
    """Query different `models` about the rows `drawn`; None: about all rows.

    Returns the features of these rows, as the first model takes them, and each model's answers;
    with a `stream` only those of the rows that are held.
    """
    import pandas as pd

    features = list(columns.features)
    found: Iterable[_Answers | None]
    if stream is None and drawn is not None and len(drawn) <= FEW_ROWS:
        few = pd.concat(blocks.each(partial(_take, features, models), drawn))
        found = [_query(models, few, done)]
    else:
        query = _BlockQuery(features, models, RowsDone(done, drawn), stream)
        held = None if stream is None else stream.held
        found = blocks.each_then(query, _sum_answers, drawn, held, learns=True)
    parts, rows = [], 0
    for each in filter(None, found):
        parts.append(each)
        rows += each.rows
        done(rows)
        if stream is not None:
            stream.collect(each.sum)
            parts[-1] = replace(each, sum=None)
    answers = zip(*(each.answers for each in parts), strict=True)
    return pd.concat([each.frame for each in parts]), [np.concatenate(each) for each in answers]


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What models answer about the rows of a block."""

    rows: int  # that they were queried about
    frame: pd.DataFrame  # the features of these rows, or of those that are held
    answers: list[Floats]  # of each model, about the rows of the frame
    sum: Any = None  # of the answers about all rows, of a stream


@dataclass(frozen=True, kw_only=True)
class _QueriedBlock:
    """What models answer about all drawn rows of a block, of which some are held."""

    found: _Answers
    sum_up: Sum
    y_true: Indices | None
    held: Indices  # (m,) the places of these rows


def _sum_answers(queried: _QueriedBlock | _Answers | None) -> _Answers | None:
    """Sum the answers up, and keep those about the rows that are held."""
    if not isinstance(queried, _QueriedBlock):
        return queried
    found = queried.found
    return replace(
        found,
        frame=found.frame.iloc[queried.held],
        answers=[each[queried.held] for each in found.answers],
        sum=queried.sum_up(found.answers, queried.y_true),
    )


class _BlockQuery:
    """Query models about the drawn rows of a block; None if none of them is drawn.

    What this process learns of the first answers goes to the workers.
    """

    def __init__(
        self,
        features: list[str],
        models: Sequence[Teacher],
        done: RowsDone,
        stream: Stream | None,
    ) -> None:
        self._features, self._models, self._done = features, models, done
        self._begin = None if stream is None else stream.begin
        self._label = None if stream is None else stream.label
        self._begun: tuple[Mapping[Any, int], Sum] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_begin": None}

    def __call__(
        self, block: Table, drawn: Indices | None, held: Indices | None
    ) -> _QueriedBlock | _Answers | None:
        frame = _take(self._features, self._models, block, drawn)
        if not len(frame):
            return None
        found = _query(self._models, frame, self._done.after(block.first_row))
        if held is None:
            return found
        if self._begun is None:
            assert self._begin is not None, "this process queries the first block"
            self._begun = self._begin(found.answers)
        classes, sum_up = self._begun
        y_true = None
        if self._label is not None:
            y_true = number_labels(_drawn_of(block, [self._label], drawn)[self._label], classes)
        at = np.searchsorted(frame.index.to_numpy(), held)
        return _QueriedBlock(found=found, sum_up=sum_up, y_true=y_true, held=at)


def _take(
    features: list[str], models: Sequence[Teacher], block: Table, drawn: Indices | None
) -> pd.DataFrame:
    """Return the features of the rows `drawn`; None: of all, which are checked when queried.

    Raises TeacherError for a cell of any row that an input of a model cannot hold.
    """
    frame = block.frame[features]
    if drawn is None:
        return frame
    declared = [resolve_widths(each.inputs, len(features)) for each in models if each.inputs]
    for start in range(0, len(frame), BLOCK_ROWS):
        for inputs in declared:
            pack_feeds(frame.iloc[start : start + BLOCK_ROWS], inputs)
    return _drawn_of(block, features, drawn)


def _drawn_of(block: Table, columns: list[str], drawn: Indices | None) -> pd.DataFrame:
    frame = block.frame[columns]
    return frame if drawn is None else frame.iloc[drawn - block.first_row]


def _query(models: Sequence[Teacher], frame: pd.DataFrame, done: Callable[[int], None]) -> _Answers:
    first = models[0].beliefs(frame, done)
    frame = as_inputs(frame, models[0].inputs)
    answers = [first, *(model.beliefs(frame) for model in models[1:])]
    return _Answers(rows=len(frame), frame=frame, answers=answers)


def encode_others(
    blocks: Blocks,
    columns: Columns,
    queried: Indices,
    inputs: Sequence[ModelInput],
    encoding: Encoding,
    classes: Mapping[Any, int] | None,
    function: OnRows,
    query: Query | None,
) -> Iterator[Any]:
    """Generate `function` of the rows that are not `queried`, as `OtherRows.each`.

    `classes` are the class indices of the different labels; None without labels.
    """
    run = partial(_encode_block, columns, inputs, encoding, classes, query)
    return chain.from_iterable(blocks.each_then(run, partial(_on_parts, function), queried))


# Of a part of a block: what a function of `OtherRows` gets.
Part = tuple["pd.DataFrame", "Floats", "Indices | None", "Floats | None"]


def _on_parts(function: OnRows, parts: Sequence[Part]) -> list[Any]:
    return [function(*each) for each in parts]


def _encode_block(
    columns: Columns,
    inputs: Sequence[ModelInput],
    encoding: Encoding,
    classes: Mapping[Any, int] | None,
    query: Query | None,
    block: Table,
    queried: Indices,
) -> list[Part]:
    frame = block.frame[list(columns.features)]
    others = np.ones(len(frame), np.bool_)
    others[queried - block.first_row] = False
    rows = np.flatnonzero(others)
    found: list[Part] = []
    for start in range(0, len(rows), BLOCK_ROWS):
        part = frame.iloc[rows[start : start + BLOCK_ROWS]]
        if inputs:
            pack_feeds(part, inputs)  # cells that the inputs cannot hold are errors
        part = as_inputs(part, inputs)
        y_true = None
        if classes is not None:
            labels = block.frame[columns.label].iloc[rows[start : start + BLOCK_ROWS]]
            y_true = number_labels(labels, classes)
        beliefs = None if query is None else query(part)
        found.append((part, encoding.encode(part), y_true, beliefs))
    return found


def as_inputs(frame: pd.DataFrame, inputs: Sequence[ModelInput]) -> pd.DataFrame:
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
