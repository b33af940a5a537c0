"""A table as a sequence of blocks of rows: one that fits into memory is a single block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.arrays import Indices
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS = 1 << 17  # a table of more than two such blocks is read in blocks
BLOCK_CELLS = 1 << 23  # the same for wide tables
FEWEST_ROWS = 1 << 10  # of a block, however wide
MOST_VALUES = 1_000  # different values of a column that are remembered, to recognise labels

Generate = Callable[[], Iterator[Table]]


def block_rows(columns: int) -> int:
    """Return the number of rows of a block of a table with so many columns."""
    return min(BLOCK_ROWS, max(FEWEST_ROWS, BLOCK_CELLS // max(columns, 1)))


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The rows of a table in blocks, which can be generated any number of times.

    Each block is a `Table` whose frame's index, and `first_row`, continue those of the block
    before it; all blocks have the same columns and dtypes.
    """

    head: Table  # the table, if it is one block; else its columns with some of their values
    rows: int
    generate: Generate
    whole: bool  # whether it is one block

    def map(self, change: Callable[[Table], Table]) -> Blocks:
        """Return the blocks with `change` applied to each; of one block, now."""
        if self.whole:
            return one_block(change(self.head))
        return replace(self, generate=lambda: map(change, self.generate()))

    def settled(self) -> Blocks:
        """Return the blocks with the same dtypes in each, after a change of cells."""
        return self if self.whole else settle(self.generate, self.head)

    def take(self, numbers: Indices | None, columns: list[str]) -> pd.DataFrame:
        """Return `columns` of the rows with increasing `numbers`; None: of all rows."""
        import pandas as pd

        if self.whole:
            frame = self.head.frame[columns]
            return frame if numbers is None or len(numbers) == self.rows else frame.iloc[numbers]
        parts = []
        for block in self.generate():
            part = block.frame[columns]
            if numbers is not None:
                first, last = np.searchsorted(
                    numbers, [block.first_row, block.first_row + len(part)]
                )
                part = part.iloc[numbers[first:last] - block.first_row]
            parts.append(part)
        return pd.concat(parts)

    def to_table(self) -> Table:
        """Return all rows as one table."""
        if self.whole:
            return self.head
        return replace(self.head, frame=self.take(None, list(self.head.frame.columns)))


def one_block(table: Table) -> Blocks:
    """Return `table` as its only block."""
    return Blocks(head=table, rows=len(table.frame), generate=lambda: iter([table]), whole=True)


def settle(generate: Generate, head: Table | None = None) -> Blocks:
    """Read all blocks once, and return them with the same dtypes in each.

    `head` is the table without rows; None: the first block tells what it says. A column of whole
    numbers in one block and of numbers with fractions or missing cells in another is one of
    float64, as it is when it is read whole.
    """
    dtypes: dict[str, np.dtype[Any]] = {}
    values: dict[str, pd.Series[Any]] = {}
    marks: dict[str, int] = {}
    rows = 0
    for block in _ahead(generate()):
        head = block if head is None else head
        _check_lists(head, block)
        rows += len(block.frame)
        for name, cells in block.frame.items():
            kind: np.dtype[Any] = cells.to_numpy().dtype
            dtypes[str(name)] = _join(dtypes.get(str(name), kind), kind)
            values[str(name)] = _distinct(values.get(str(name)), cells)
        for name, count in block.question_marks.items():
            marks[name] = marks.get(name, 0) + count

    def settled() -> Iterator[Table]:
        for block in _ahead(generate()):
            frame = block.frame
            other = {name: kind for name, kind in dtypes.items() if frame[name].dtype != kind}
            yield replace(block, frame=frame.astype(other)) if other else block

    frame = _as_frame(values, dtypes)
    assert head is not None, "no blocks"
    return Blocks(
        head=replace(head, frame=frame, first_row=0, question_marks=marks),
        rows=rows,
        generate=settled,
        whole=False,
    )


def _check_lists(head: Table, block: Table) -> None:
    """Raise DataError where the lists of a column are longer or shorter than those before."""
    for name, places in block.lists.items():
        if places != head.lists[name]:
            raise DataError(
                "the lists of a column differ in length",
                where=block.where(0, name),
                found=f"{len(places)} numbers",
                wanted=f"{len(head.lists[name])}, as in row 1",
            )


def _ahead(tables: Iterator[Table]) -> Iterator[Table]:
    """Generate `tables`; while one is used, the next is read."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, tables, None)
        while (table := following.result()) is not None:
            following = pool.submit(next, tables, None)
            yield table


def _join(one: np.dtype[Any], other: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a column with blocks of both dtypes."""
    return one if one == other else np.dtype(np.float64)


def _distinct(known: pd.Series[Any] | None, cells: pd.Series[Any]) -> pd.Series[Any]:
    """Add the different values of `cells` to those that are `known`, up to MOST_VALUES."""
    import pandas as pd

    if known is None:
        return cells.drop_duplicates()[:MOST_VALUES]
    if len(known) == MOST_VALUES:
        return known
    both: pd.Series[Any] = pd.concat([known, cells.drop_duplicates()])
    return both.drop_duplicates()[:MOST_VALUES]


def _as_frame(values: dict[str, pd.Series[Any]], dtypes: dict[str, np.dtype[Any]]) -> pd.DataFrame:
    """Return columns with these values, each repeated until all are as long."""
    import pandas as pd

    most = max((len(each) for each in values.values()), default=0)
    columns = {
        name: pd.Series(np.resize(each.to_numpy(), most), dtype=dtypes[name])
        for name, each in values.items()
    }
    return pd.DataFrame(columns, copy=False)
