"""A table as a sequence of blocks of rows: one that fits into memory is a single block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from crembo_cli.arrays import Indices
from crembo_cli.cluster.engine import Engine, current_engine
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError
from crembo_cli.threads import call_behind, make_ahead

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS = 1 << 17  # a table of more than two such blocks is read in blocks
BLOCK_CELLS = 1 << 23  # the same for wide tables
FEWEST_ROWS = 1 << 10  # of a block, however wide
MOST_VALUES = 1_000  # different values of a column that are remembered, to recognise labels

Change = Callable[[Table], Table]
Numbers = tuple[Indices | None, ...]  # of rows, increasing; None: of all rows
Result = TypeVar("Result")


class Span(Protocol):
    """Consecutive rows of a file, which can be read anywhere: a call generates their blocks."""

    @property
    def first_row(self) -> int:
        """The number of its first row."""
        ...

    @property
    def rows(self) -> int:
        """The number of its rows."""
        ...

    def __call__(self) -> Iterator[Table]:
        """Read its rows, in blocks."""
        ...


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
    spans: Sequence[Span]  # () of one block
    whole: bool  # whether it is one block
    changes: tuple[Change, ...] = ()  # of each block that is read
    engine: Engine | None = field(default_factory=current_engine)  # None: this process

    def generate(self) -> Iterator[Table]:
        """Read the blocks in this process; while one is used, the next is read."""
        return iter([self.head]) if self.whole else make_ahead(_read(self.spans, self.changes))

    def each(
        self,
        function: Callable[..., Result],
        *numbers: Indices | None,
        learns: bool = False,
    ) -> Iterator[Result]:
        """Generate `function` of each block, in order; on workers, where there are some.

        It also gets those of each of the increasing row `numbers` that are in the block, and None
        for None. With `learns`, this process does the first blocks, up to one with some of the
        first numbers: what `function` learns of them goes to the workers.
        """
        return self._each(function, None, numbers, learns)

    def each_then(
        self,
        function: Callable[..., Any],
        then: Callable[[Any], Result],
        *numbers: Indices | None,
        learns: bool = False,
    ) -> Iterator[Result]:
        """Generate `then` of what `function` returns, as `each`; here a thread calls `then`."""
        return self._each(function, then, numbers, learns)

    def _each(
        self,
        function: Callable[..., Any],
        then: Callable[[Any], Any] | None,
        numbers: Numbers,
        learns: bool,
    ) -> Iterator[Any]:
        if self.whole:
            made = function(self.head, *numbers)
            yield made if then is None else then(made)
            return
        items = [(span, _within(numbers, span.first_row, span.rows)) for span in self.spans]
        here = len(items)
        if self.engine is not None:
            first = (each[0] if each else None for _, each in items)
            some = (i for i, rows in enumerate(first, 1) if rows is None or len(rows))
            here = next(some, here) if learns else 0
        found = (
            function(block, *_within(numbers, block.first_row, len(block.frame)))
            for block in make_ahead(_read(self.spans[:here], self.changes))
        )
        yield from found if then is None else call_behind(then, found)
        if self.engine is not None:
            run = partial(_run, self.changes, function, then)
            yield from chain.from_iterable(self.engine.map(run, items[here:]))

    def map(self, change: Change) -> Blocks:
        """Return the blocks with `change` applied to each; of one block, now."""
        if self.whole:
            return one_block(change(self.head))
        return replace(self, changes=(*self.changes, change))

    def settled(self) -> Blocks:
        """Return the blocks with the same dtypes in each, after a change of cells."""
        return self if self.whole else settle(self.spans, self.head, self.changes)

    def take(self, numbers: Indices | None, columns: list[str]) -> pd.DataFrame:
        """Return `columns` of the rows with increasing `numbers`; None: of all rows."""
        import pandas as pd

        if self.whole and (numbers is None or len(numbers) == self.rows):
            return self.head.frame[columns]
        return pd.concat(self.each(partial(_take, columns), numbers))

    def to_table(self) -> Table:
        """Return all rows as one table."""
        if self.whole:
            return self.head
        return replace(self.head, frame=self.take(None, list(self.head.frame.columns)))


def one_block(table: Table) -> Blocks:
    """Return `table` as its only block."""
    return Blocks(head=table, rows=len(table.frame), spans=(), whole=True)


def _read(spans: Sequence[Span], changes: Sequence[Change]) -> Iterator[Table]:
    for span in spans:
        for table in span():
            changed = table
            for change in changes:
                changed = change(changed)
            yield changed


def _run(
    changes: Sequence[Change],
    function: Callable[..., Any],
    then: Callable[[Any], Any] | None,
    item: tuple[Span, Numbers],
) -> list[Any]:
    """What a worker does about one span."""
    span, numbers = item
    found = (
        function(table, *_within(numbers, table.first_row, len(table.frame)))
        for table in _read([span], changes)
    )
    return list(found if then is None else map(then, found))


def _take(columns: list[str], block: Table, numbers: Indices | None) -> pd.DataFrame:
    part = block.frame[columns]
    return part if numbers is None else part.iloc[numbers - block.first_row]


def _within(numbers: Numbers, first: int, rows: int) -> Numbers:
    """Return those of each of the increasing `numbers` from `first` on, of so many rows."""
    ends = [first, first + rows]
    return tuple(
        None if each is None else each[slice(*each.searchsorted(ends))] for each in numbers
    )


@dataclass(frozen=True, kw_only=True)
class _Survey:
    """What is to know about a block for all to have the same dtypes."""

    head: Table  # the block without its rows
    rows: int
    dtypes: dict[str, np.dtype[Any]]
    values: dict[str, pd.Series[Any]]  # the first MOST_VALUES different values of columns


@dataclass(frozen=True)
class _Surveyor:
    """Survey blocks; the columns in `full` have MOST_VALUES different values before them."""

    full: set[str] = field(default_factory=set)

    def __call__(self, block: Table) -> _Survey:
        cells = {str(name): column for name, column in block.frame.items()}
        return _Survey(
            head=replace(block, frame=block.frame[:0]),
            rows=len(block.frame),
            dtypes={name: column.to_numpy().dtype for name, column in cells.items()},
            values={
                name: column.drop_duplicates()[:MOST_VALUES]
                for name, column in cells.items()
                if name not in self.full
            },
        )


def settle(
    spans: Sequence[Span], head: Table | None = None, changes: tuple[Change, ...] = ()
) -> Blocks:
    """Read all blocks once, and return them with the same dtypes in each.

    `head` is the table without rows; None: the first block tells what it says. A column of whole
    numbers in one block and of numbers with fractions or missing cells in another is one of
    float64, as it is when it is read whole.
    """
    dtypes: dict[str, np.dtype[Any]] = {}
    values: dict[str, pd.Series[Any]] = {}
    marks: dict[str, int] = {}
    rows = 0
    surveyor = _Surveyor()
    loose = Blocks(head=head, rows=0, spans=spans, whole=False, changes=changes)  # type: ignore[arg-type]  # not used before it is known
    for found in loose.each(surveyor):
        head = found.head if head is None else head
        _check_lists(head, found.head)
        rows += found.rows
        for name, kind in found.dtypes.items():
            dtypes[name] = _join(dtypes.get(name, kind), kind)
            values[name] = _distinct(values.get(name), found.values.get(name))
        surveyor.full.update(name for name, each in values.items() if len(each) == MOST_VALUES)
        for name, count in found.head.question_marks.items():
            marks[name] = marks.get(name, 0) + count
    assert head is not None, "no blocks"
    frame = _as_frame(values, dtypes)
    return replace(
        loose,
        head=replace(head, frame=frame, first_row=0, question_marks=marks),
        rows=rows,
        changes=(*changes, partial(_with_dtypes, dtypes)),
    )


def _with_dtypes(dtypes: dict[str, np.dtype[Any]], block: Table) -> Table:
    frame = block.frame
    other = {name: kind for name, kind in dtypes.items() if frame[name].dtype != kind}
    return replace(block, frame=frame.astype(other)) if other else block


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


def _join(one: np.dtype[Any], other: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a column with blocks of both dtypes."""
    return one if one == other else np.dtype(np.float64)


def _distinct(known: pd.Series[Any] | None, new: pd.Series[Any] | None) -> pd.Series[Any]:
    """Add the different values `new` to those that are `known`, up to MOST_VALUES."""
    import pandas as pd

    if known is None or new is None or len(known) == MOST_VALUES:
        found = new if known is None else known
        assert found is not None, "a full column was known before"
        return found
    both: pd.Series[Any] = pd.concat([known, new])
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
