"""pyarrow's CSV reader on one file, as often as needed: types in, columns out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crembo_cli.dataset.csv.diagnose import raise_fault
from crembo_cli.dataset.csv.header import Header
from crembo_cli.dataset.csv.scan import Body
from crembo_cli.dataset.csv.source import Source
from crembo_cli.dataset.literals import FALSE, MISSING, TRUE

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 1 << 22  # bytes
BLOCK = 1 << 20  # bytes that pyarrow parses at a time, at least; a row must fit into one
ROWS = 256  # rows that a block should hold: each block costs something for each column
LARGEST_BLOCK = (1 << 31) - 1


class Parser:
    """Reads the rows below one header."""

    def __init__(self, source: Source, header: Header, body: Body) -> None:
        self._source, self._header, self._body = source, header, body
        row = body.size // body.lines
        self._block = min(max(BLOCK, ROWS * row), LARGEST_BLOCK)

    def read(
        self, types: dict[str, Any], *, only: list[str] | None = None, point: str = "."
    ) -> dict[str, pa.ChunkedArray]:
        """The columns `only` (None: all), of the `types` given or else by what all cells are.

        Where `types` leaves columns out, pyarrow keeps the whole text in memory to go back to.
        `point` is the decimal separator. Raises `pyarrow.ArrowInvalid` where a cell is not of
        the type given and `DataError` where the text is no table.
        """
        import pyarrow as pa

        self._source.text.seek(self._header.body)
        try:
            return self._parse(self._source.text, types, only, point)
        except pa.ArrowInvalid as error:
            if "straddling" in str(error) and self._block < self._body.size:
                self._block = min(self._body.size + 1, LARGEST_BLOCK)
                return self.read(types, only=only, point=point)
            if "CSV conversion error" in str(error):
                raise
            raise_fault(self._source, self._header, error)

    def sample(self) -> dict[str, pa.DataType] | None:
        """The types of the first rows' cells; None where the file is so small that all are read,
        or where the first rows cannot be cut off."""
        import pyarrow as pa

        if self._body.size <= SAMPLE:
            return None
        self._source.text.seek(self._header.body)
        head = self._source.text.read(SAMPLE)
        try:
            rows = pa.BufferReader(head[: head.rindex(b"\n") + 1])
            return {name: cells.type for name, cells in self._parse(rows, {}, None, ".").items()}
        except (ValueError, pa.ArrowInvalid):
            return None

    def _parse(
        self, text: object, types: dict[str, Any], only: list[str] | None, point: str
    ) -> dict[str, pa.ChunkedArray]:
        from pyarrow import csv

        table = csv.read_csv(
            text,
            csv.ReadOptions(column_names=self._header.names, block_size=self._block),
            csv.ParseOptions(
                delimiter=self._header.delimiter, newlines_in_values=self._body.quoted
            ),
            csv.ConvertOptions(
                column_types=types,
                include_columns=only or [],
                null_values=MISSING,
                strings_can_be_null=True,
                true_values=TRUE,
                false_values=FALSE,
                decimal_point=point,
            ),
        )
        return dict(zip(table.column_names, table.columns, strict=True))
