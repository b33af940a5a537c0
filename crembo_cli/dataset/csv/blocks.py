"""Read a large delimited file in blocks of rows, with the types that fit the whole file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.blocks import Generate
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

    def type(self) -> str:
        """The type that fits all cells, as `pyarrow.csv` infers it from a whole file."""
        if self.text or not self.types <= {"int64", "double"}:
            return "bool" if self.types == {"bool"} and not self.text else "string"
        return "int64" if self.types == {"int64"} else "double"


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

    def read(self) -> tuple[Generate, Table]:
        """Read the file once; return a generator of its blocks, and the table without rows."""
        facts = {name: Facts() for name in self.header.names}
        rows = 0
        for parser in self._parsers():
            rows += self._add(facts, parser)
        if len(facts) == 1 and rows != self.body.lines:
            check_records(self.source, self.header)
        types = {name: each.type() for name, each in facts.items()}
        commas = self._commas(facts, types)
        unclear = tuple(n for n in commas if facts[n].parted and facts[n].grouped)
        first_line = self.header.first_line if rows == self.body.lines else None
        empty = {name: _array(types[name]) for name in facts}
        head = replace(
            self._table(empty, 0), first_line=first_line, unclear_commas=unclear, question_marks={}
        )
        return partial(self._tables, types, commas, first_line), head

    def _add(self, facts: dict[str, Facts], parser: Parser) -> int:
        """Add the facts of one block; return its number of rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = parser.read(dict.fromkeys(self.text, pa.string()))
        if any(str(cells.type) == "binary" for cells in columns.values()):
            raise_encoding_error(self.source, self.header)
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
        return len(columns[self.header.names[0]])

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

    def _tables(
        self, types: dict[str, str], commas: list[str], first_line: int | None
    ) -> Iterator[Table]:
        import pyarrow as pa

        known = {name: pa.type_for_alias(each) for name, each in types.items()}
        first = 0
        for parser in self._parsers():
            columns = parser.read(known)
            if commas:
                columns |= parser.read(dict.fromkeys(commas, pa.float64()), only=commas, point=",")
            table = self._table(columns, first)
            yield replace(table, first_line=first_line)
            first += len(table.frame)

    def _table(self, columns: Columns, first: int) -> Table:
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

    def _parsers(self) -> Iterator[Parser]:
        """Generate a parser for each block of whole records."""
        line, start = self.header.first_line, self.header.body
        rest = b""
        while True:
            self.source.text.seek(start)
            read = self.source.text.read(BLOCK_BYTES)
            start += len(read)
            text = rest + read
            end = (
                len(text) if not read else last_record(text, self.header.newline, self.body.quoted)
            )
            block, rest = text[:end], text[end:]
            lines = block.count(self.header.newline)
            if block.strip(b"\r\n"):
                yield Parser(
                    replace(self.source, text=io.BytesIO(block), start=0),
                    replace(self.header, body=0, first_line=line),
                    replace(self.body, size=len(block), lines=lines + 1),
                    sample_bytes=len(block),
                    missing=self.missing,
                )
            line += lines
            if not read:
                return


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
