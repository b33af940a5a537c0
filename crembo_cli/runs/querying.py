"""Query models about the rows of a table, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.teachers.onnx.inputs import pack_feeds, resolve_widths

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.arrays import Floats, Indices
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
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


@dataclass(frozen=True)
class Companion:
    """A model that is queried about the rows that a teacher is queried about."""

    model: Teacher
    scores: list[Floats]  # its answers, block by block


def query_blocks(
    blocks: Blocks,
    columns: Columns,
    drawn: Indices | None,
    held: Indices | None,
    teacher: Teacher,
    companions: Sequence[Companion],
    done: Callable[[int], None],
) -> tuple[pd.DataFrame, Floats]:
    """Query `teacher` and its `companions` about the rows `drawn`; None: about all rows.

    Returns the features of those of them that are `held`, as the teacher takes them, and the
    teacher's probabilities of all of them. `held` are places among them; None: all. A companion
    may be the teacher itself.
    """
    import pandas as pd

    others = [each for each in companions if each.model is not teacher]
    models = (teacher, *(each.model for each in others))
    features = list(columns.features)
    kept = held if drawn is None else drawn if held is None else drawn[held]
    found: Iterable[tuple[pd.DataFrame, list[Floats]] | None]
    if drawn is not None and len(drawn) <= FEW_ROWS:
        few = pd.concat(blocks.each(partial(_take, features, models), drawn))
        found = [_query(models, few, done, kept)]
    else:
        query = partial(_query_block, features, models, RowsDone(done, drawn))
        found = blocks.each(query, drawn, kept, learns=True)
    frames, beliefs, rows = [], [], 0
    for frame, answers in filter(None, found):
        frames.append(frame)
        beliefs.append(answers[0])
        for each, scores in zip(others, answers[1:], strict=True):
            each.scores.append(scores)
        rows += len(answers[0])
        done(rows)
    for each in companions:
        if each.model is teacher:
            each.scores.extend(beliefs)
    return pd.concat(frames), np.concatenate(beliefs)


def _query_block(
    features: list[str],
    models: Sequence[Teacher],
    done: RowsDone,
    block: Table,
    drawn: Indices | None,
    held: Indices | None,
) -> tuple[pd.DataFrame, list[Floats]] | None:
    """Return what `_query` does of the rows `drawn`; None if none of the block is drawn."""
    frame = _take(features, models, block, drawn)
    return _query(models, frame, done.after(block.first_row), held) if len(frame) else None


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
    return frame.iloc[drawn - block.first_row]


def _query(
    models: Sequence[Teacher],
    frame: pd.DataFrame,
    done: Callable[[int], None],
    held: Indices | None,
) -> tuple[pd.DataFrame, list[Floats]]:
    """Return the features of the rows `held`, None: of all, and each model's answers about all."""
    first = models[0].beliefs(frame, done)
    frame = as_inputs(frame, models[0].inputs)
    answers = [first, *(model.beliefs(frame) for model in models[1:])]
    return frame if held is None else frame.loc[held], answers


def encode_others(
    blocks: Blocks,
    columns: Columns,
    queried: Indices,
    inputs: Sequence[ModelInput],
    encoding: Encoding,
    function: Callable[[pd.DataFrame, Floats], int],
) -> Iterator[int]:
    """Generate `function` of the rows that are not `queried`, as `Unlabelled`."""
    run = partial(_encode_block, list(columns.features), inputs, encoding, function)
    return chain.from_iterable(blocks.each(run, queried))


def _encode_block(
    features: list[str],
    inputs: Sequence[ModelInput],
    encoding: Encoding,
    function: Callable[[pd.DataFrame, Floats], int],
    block: Table,
    queried: Indices,
) -> list[int]:
    frame = block.frame[features]
    others = np.ones(len(frame), np.bool_)
    others[queried - block.first_row] = False
    rows = np.flatnonzero(others)
    found = []
    for start in range(0, len(rows), BLOCK_ROWS):
        part = frame.iloc[rows[start : start + BLOCK_ROWS]]
        if inputs:
            pack_feeds(part, inputs)  # cells that the inputs cannot hold are errors
        part = as_inputs(part, inputs)
        found.append(function(part, encoding.encode(part)))
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
