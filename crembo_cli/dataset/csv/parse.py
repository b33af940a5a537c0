"""Parse the rows of a delimited file with pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crembo_cli.dataset.csv.diagnose import raise_parse_error
from crembo_cli.dataset.csv.header import Header
from crembo_cli.dataset.csv.scan import Body
from crembo_cli.dataset.csv.source import Source
from crembo_cli.dataset.literals import FALSE, MISSING, TRUE

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 1 << 22  # bytes of the first rows, to guess the types of a larger file from
BLOCK = 1 << 20  # minimum bytes that pyarrow parses at a time; a row must fit into one block
ROWS = 256  # rows that a block should hold: each block has a cost for each column
LARGEST_BLOCK = (1 << 31) - 1


class Parser:
    """A reader of the rows of one file, which can read them several times.

    `sample_bytes` is the size of the sample, see `sample`.
    """

    def __init__(
        self, source: Source, header: Header, body: Body, *, sample_bytes: int = SAMPLE
    ) -> None:
        self._sample_bytes = sample_bytes
        self._source, self._header, self._body = source, header, body
        row = body.size // body.lines
        self._block = min(max(BLOCK, ROWS * row), LARGEST_BLOCK)

    def read(
        self, types: dict[str, Any], *, only: list[str] | None = None, point: str = "."
    ) -> dict[str, pa.ChunkedArray]:
        """Return the columns `only` (None: all) by name.

        A column has the type in `types`, or the type that fits all its cells. If `types` lacks
        columns, pyarrow keeps the whole text in memory to convert it again. `point` is the
        decimal separator. Raises `pyarrow.ArrowInvalid` if a cell does not have the given type,
        and `DataError` if the text is not a table.
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
            raise_parse_error(self._source, self._header, error)

    def sample(self) -> dict[str, pa.DataType] | None:
        """Return the types of the columns in the first rows.

        None if the file is not larger than the sample, or if the sample holds no whole row.
        """
        import pyarrow as pa

        if self._body.size <= self._sample_bytes:
            return None
        self._source.text.seek(self._header.body)
        head = self._source.text.read(self._sample_bytes)
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
