"""Read a large delimited file in blocks of rows, with the types that fit the whole file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.cluster.engine import map_in_order
from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.csv.diagnose import check_records, raise_encoding_error
from crembo_cli.dataset.csv.header import Header
from crembo_cli.dataset.csv.parse import Parser
from crembo_cli.dataset.csv.scan import QUOTE, Body
from crembo_cli.dataset.csv.source import Source
from crembo_cli.dataset.literals import CODE, GROUPED, MISSING
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = dict[str, pa.ChunkedArray]

BLOCK_BYTES = 1 << 25  # of text; a file of more than two such blocks is read in blocks


@dataclass(kw_only=True)
class Facts:
    """What the cells of a column are, block by block."""

    types: set[str] = field(default_factory=set)  # the types that fit the cells, without "null"
    text: bool = False  # whether some block holds dates, times or codes (007)
    commas: bool = True  # whether all cells are numbers, if a comma is decimal,
    fractions: bool = False  # and some of them are not whole
    points: bool = False  # whether some cell is none of these
    parted: bool = False  # whether some cell has a comma,
    grouped: bool = True  # and all of them might separate thousands

    def add(self, other: Facts) -> None:
        """Add what the cells of another block are."""
        self.types |= other.types
        self.text |= other.text
        self.commas &= other.commas
        self.fractions |= other.fractions
        self.points |= other.points
        self.parted |= other.parted
        self.grouped &= other.grouped

    def type(self) -> str:
        """The type that fits all cells, as `pyarrow.csv` infers it from a whole file."""
        if self.text or not self.types <= {"int64", "double"}:
            return "bool" if self.types == {"bool"} and not self.text else "string"
        return "int64" if self.types == {"int64"} else "double"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Whole records of a file."""

    start: int  # offset in bytes
    size: int
    line: int  # of the first record
    lines: int


@dataclass(frozen=True, kw_only=True)
class DelimitedBlocks:
    """The rows of a delimited file in blocks; `text` are the columns to keep as text."""

    source: Source
    header: Header
    body: Body
    text: Sequence[str]
    missing: Sequence[str]  # as `Parser` takes them
    kept: dict[str, frozenset[str]]  # as `to_frame` takes them
    decimal_commas: bool  # whether commas may be decimal

    def read(self) -> tuple[list[Records], Table]:
        """Read the file once; return its blocks, and the table without rows."""
        facts = {name: Facts() for name in self.header.names}
        cuts = list(self._cuts())
        starts = [0]
        for found, rows in map_in_order(self.facts, cuts):
            for name, each in found.items():
                facts[name].add(each)
            starts.append(starts[-1] + rows)
        rows = starts[-1]
        if len(facts) == 1 and rows != self.body.lines:
            check_records(self.source, self.header)
        types = {name: each.type() for name, each in facts.items()}
        commas = self._commas(facts, types)
        unclear = tuple(n for n in commas if facts[n].parted and facts[n].grouped)
        first_line = self.header.first_line if rows == self.body.lines else None
        spans = [
            Records(
                file=self,
                cut=cut,
                types=types,
                commas=commas,
                first_line=first_line,
                first_row=first,
                rows=after - first,
            )
            for cut, (first, after) in zip(cuts, pairwise(starts), strict=True)
        ]
        empty = {name: _array(types[name]) for name in facts}
        head = replace(
            self.table(empty, 0), first_line=first_line, unclear_commas=unclear, question_marks={}
        )
        return spans, head

    def facts(self, cut: Cut) -> tuple[dict[str, Facts], int]:
        """Return the facts of one block, by column, and its number of rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        parser = self.parser(cut)
        facts = {name: Facts() for name in self.header.names}
        columns = parser.read(dict.fromkeys(self.text, pa.string()))
        if any(str(cells.type) == "binary" for cells in columns.values()):
            raise_encoding_error(*self._part(cut))
        others = []
        for name, cells in columns.items():
            each = facts[name]
            kind = str(cells.type)
            each.text |= pa.types.is_temporal(cells.type)
            each.types |= {kind} - {"null"}
            if name not in self.text and kind not in ("int64", "null"):
                others.append(name)
        if self.body.padded:
            numbers = [n for n, cells in columns.items() if str(cells.type) in ("int64", "double")]
            texts = (
                parser.read(dict.fromkeys(numbers, pa.string()), only=numbers) if numbers else {}
            )
            for name, cells in texts.items():
                facts[name].text |= bool(pc.any(pc.match_substring_regex(cells, CODE)).as_py())
        if self.decimal_commas and others:
            read = parser.read({}, only=others, point=",")
            for name, cells in read.items():
                number = str(cells.type) in ("int64", "double", "null")
                facts[name].commas &= number
                facts[name].fractions |= str(cells.type) == "double"
                facts[name].points |= pa.types.is_string(cells.type)
                if pa.types.is_string(columns[name].type) and number:
                    parted = columns[name].filter(pc.match_substring(columns[name], ","))
                    facts[name].parted |= len(parted) > 0
                    fits = pc.match_substring_regex(parted, GROUPED)
                    facts[name].grouped &= pc.all(fits, min_count=0).as_py()
        return facts, len(columns[self.header.names[0]])

    def _commas(self, facts: dict[str, Facts], types: dict[str, str]) -> list[str]:
        """The columns of numbers with a decimal comma; raise if others have points."""
        if not self.decimal_commas:
            return []
        commas = [
            name
            for name, type_ in types.items()
            if type_ == "string" and facts[name].commas and facts[name].fractions
        ]  # fmt: skip
        points = [name for name, type_ in types.items() if type_ == "double" and facts[name].points]
        if commas and points:
            raise DataError(
                "both decimal commas and decimal points in one table",
                where=self.source.name,
                found=f"commas in column {commas[0]!r}, points in column {points[0]!r}",
                wanted="one decimal separator, because 1.234 could mean 1234",
            )
        return commas

    def table(self, columns: Columns, first: int) -> Table:
        """Return rows as a table whose first row has the number `first`."""
        import pandas as pd

        booleans = booleans_of(columns)
        frame, unusable, marks = to_frame(
            columns, self.source.name, missing=MISSING, kept=self.kept
        )
        frame.index = pd.RangeIndex(first, first + len(frame))
        return Table(
            name=self.source.name,
            sha256=self.source.sha256,
            frame=frame,
            first_row=first,
            unusable=unusable,
            question_marks=marks,
            booleans=booleans,
        )

    def parser(self, cut: Cut) -> Parser:
        """Return a parser of one block."""
        return Parser(
            *self._part(cut),
            replace(self.body, size=cut.size, lines=cut.lines + 1),
            sample_bytes=cut.size,
            missing=self.missing,
        )

    def _part(self, cut: Cut) -> tuple[Source, Header]:
        """Return one block as a text of its own, without the names of the columns."""
        text = io.BytesIO(self.source.read(cut.start, cut.size))
        return (
            replace(self.source, text=text, start=0, path=None),
            replace(self.header, body=0, first_line=cut.line),
        )

    def _cuts(self) -> Iterator[Cut]:
        """Cut the file between records, into blocks of about BLOCK_BYTES."""
        line, start = self.header.first_line, self.header.body
        rest = b""
        while True:
            read = self.source.read(start + len(rest), BLOCK_BYTES)
            text = rest + read
            end = (
                len(text) if not read else last_record(text, self.header.newline, self.body.quoted)
            )
            block, rest = text[:end], text[end:]
            lines = block.count(self.header.newline)
            if block.strip(b"\r\n"):
                yield Cut(start=start, size=len(block), line=line, lines=lines)
            start += len(block)
            line += lines
            if not read:
                return


@dataclass(frozen=True, kw_only=True)
class Records:
    """A span of a delimited file, with the types that fit the whole file."""

    file: DelimitedBlocks
    cut: Cut
    types: dict[str, str]
    commas: list[str]  # columns with decimal commas
    first_line: int | None
    first_row: int
    rows: int

    def __call__(self) -> Iterator[Table]:
        """Read the rows, as one table."""
        import pyarrow as pa

        parser = self.file.parser(self.cut)
        columns = parser.read({name: pa.type_for_alias(each) for name, each in self.types.items()})
        if self.commas:
            types = dict.fromkeys(self.commas, pa.float64())
            columns |= parser.read(types, only=self.commas, point=",")
        yield replace(self.file.table(columns, self.first_row), first_line=self.first_line)


def last_record(text: bytes, newline: bytes, quoted: bool) -> int:
    """Return the offset behind the last record that ends in `text`; 0 if none does.

    With `quoted`, a newline inside quotes ends no record: `text` begins outside of them.
    """
    if not quoted:
        return text.rfind(newline) + 1
    cells = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(cells == newline[0])
    outside = ends[np.searchsorted(np.flatnonzero(cells == QUOTE), ends) % 2 == 0]
    return int(outside[-1]) + 1 if outside.size else 0


def _array(type_: str) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([], pa.type_for_alias(type_))
