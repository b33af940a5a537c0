"""CSV and its relatives as a table.

What a column is, is decided over the whole file, so it depends neither on where a block of bytes
ends nor on the number of threads:

- all cells whole numbers: int64; float64 where some are missing or beyond int64;
- all cells numbers: float64;
- all cells true or false (True, False, TRUE, FALSE): bool; float64 where some are missing;
- no cell at all: float64;
- whole numbers of which one begins with a zero (007) or is hexadecimal are codes: text;
- anything else, dates among them: text, as it stands.

A cell is missing where it is empty or one of `spelling.MISSING`, in quotes or not, as in pandas.
Numbers may have a decimal comma where the delimiter is no comma.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crembo_cli.dataset.arrow import to_frame
from crembo_cli.dataset.csv.diagnose import check_records, raise_undecodable
from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.parse import Parser
from crembo_cli.dataset.csv.scan import scan_body
from crembo_cli.dataset.csv.source import Source
from crembo_cli.dataset.literals import CODE
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = dict[str, pa.ChunkedArray]


def read_delimited(source: Source, *, tab: bool = False) -> Table:
    """Read a delimited text file; `tab` says that its name promises tabs.

    Raises `DataError`, with the line where there is one, for whatever is not a table: no header,
    repeated names, no rows, rows of another length than the header, stray quotes, bytes that are
    no text, decimal commas beside decimal points.
    """
    header = read_header(source, tab=tab)
    body = scan_body(source, header)
    if body.lines == 0:
        raise DataError(
            "the table is empty",
            where=source.name,
            found=f"a header of {len(header.names)} columns and no row",
            wanted="rows below it",
        )
    if not body.well_quoted:
        check_records(source, header)
    parser = Parser(source, header, body)
    columns = _columns(parser)
    if any(str(cells.type) == "binary" for cells in columns.values()):
        raise_undecodable(source, header)
    rows = len(columns[header.names[0]])
    if len(header.names) == 1 and rows != body.lines:
        check_records(source, header)
    _keep_text(columns, parser, padded=body.padded)
    if header.delimiter != ",":
        _read_decimal_commas(columns, parser, source.name)
    frame, unusable = to_frame(columns, source.name)
    return Table(
        name=source.name,
        sha256=source.sha256,
        frame=frame,
        first_line=header.first_line if rows == body.lines else None,
        unusable=unusable,
    )


def _columns(parser: Parser) -> Columns:
    """All columns, by what their cells are.

    A large file's types are guessed from its first rows and proved by reading it: that takes a
    third of the memory of telling them from the whole, which is done where the guess is wrong.
    """
    import pyarrow as pa

    guess = parser.sample()
    if guess is not None:
        kept = (pa.int64(), pa.float64(), pa.bool_())
        types = {
            name: pa.float64()
            if pa.types.is_null(type_)
            else type_
            if type_ in kept
            else pa.string()
            for name, type_ in guess.items()
        }
        try:
            return parser.read(types)
        except pa.ArrowInvalid:
            pass
    return parser.read({})


def _keep_text(columns: Columns, parser: Parser, *, padded: bool) -> None:
    """Read dates and times, and where there are any, codes like 007, again as they stand."""
    import pyarrow as pa
    import pyarrow.compute as pc

    dates = [name for name, cells in columns.items() if pa.types.is_temporal(cells.type)]
    numbers = (pa.int64(), pa.float64())
    codes = [name for name, cells in columns.items() if padded and cells.type in numbers]
    if dates or codes:
        texts = parser.read(dict.fromkeys([*dates, *codes], pa.string()), only=[*dates, *codes])
        for name, cells in texts.items():
            if name in dates or pc.any(pc.match_substring_regex(cells, CODE)).as_py():
                columns[name] = cells


def _read_decimal_commas(columns: Columns, parser: Parser, where: str) -> None:
    """Read numbers with a decimal comma; refuse a file that has decimal points as well."""
    import pyarrow as pa

    texts = [name for name, cells in columns.items() if pa.types.is_string(cells.type)]
    if not texts:
        return
    floats = [name for name, cells in columns.items() if cells.type == pa.float64()]
    read = parser.read({}, only=texts, point=",")
    commas = {name: cells for name, cells in read.items() if cells.type == pa.float64()}
    if commas and floats:
        read = parser.read({}, only=floats, point=",")
        points = [name for name, cells in read.items() if pa.types.is_string(cells.type)]
        if points:
            raise DataError(
                "decimal commas and decimal points in one table",
                where=where,
                found=f"commas in column {next(iter(commas))!r}, points in column {points[0]!r}",
                wanted="one of them, since 1.234 may be a thousand",
            )
    columns.update(commas)
