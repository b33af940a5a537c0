"""Read CSV and other delimited text as a table.

The type of a column is decided by all its cells, so it depends neither on the boundaries of
blocks nor on the number of threads:

- all cells whole numbers: int64; float64 if some are missing or beyond int64;
- all cells numbers: float64;
- all cells true or false (True, False, TRUE, FALSE): bool; float64 if some are missing;
- all cells missing: float64;
- whole numbers of which one has a leading zero (007) or is hexadecimal are codes: text;
- anything else, including dates: the text of the file.

A cell is missing if it is empty or one of `literals.MISSING`, quoted or not, as in pandas, unless
the teacher knows its text as a category.
Numbers may have a decimal comma if the delimiter is not a comma.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crembo_cli.cluster.engine import refuse_workers
from crembo_cli.dataset.arrow import booleans_of, to_frame
from crembo_cli.dataset.blocks import Blocks, one_block, settle
from crembo_cli.dataset.csv.blocks import BLOCK_BYTES, DelimitedBlocks
from crembo_cli.dataset.csv.diagnose import check_records, raise_encoding_error
from crembo_cli.dataset.csv.header import read_header
from crembo_cli.dataset.csv.parse import SAMPLE, Parser
from crembo_cli.dataset.csv.scan import scan_body
from crembo_cli.dataset.csv.source import Source
from crembo_cli.dataset.dtypes import ExpectedTypes
from crembo_cli.dataset.literals import CODE, GROUPED, MISSING, NUMBER
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = dict[str, pa.ChunkedArray]


def read_delimited(
    source: Source,
    *,
    tab: bool = False,
    sample_bytes: int = SAMPLE,
    expected: ExpectedTypes | None = None,
    missing: Sequence[str] = (),
    thousands: str | None = None,
) -> Blocks:
    """Read a delimited text file, in blocks if it is large.

    `tab` is true if the file's extension means tabs.
    Raises `DataError`, with the line if possible, if the text is not a table: no header,
    duplicate names, no rows, rows of a wrong length, invalid quotes, bytes that are not text,
    both decimal commas and decimal points. `sample_bytes`: see `Parser`; `expected`,
    `missing` and `thousands`: see `read_blocks`.
    """
    header = read_header(source, tab=tab)
    body = scan_body(source, header)
    if body.lines == 0:
        raise DataError(
            "the table is empty",
            where=source.name,
            found=f"a header with {len(header.names)} columns and no rows",
            wanted="one row or more",
        )
    if not body.well_quoted:
        check_records(source, header)
    types = {} if expected is None else expected(header.names)
    text = [name for name in header.names if name in types and types[name].kind == "text"]
    words = [each for each in missing if not NUMBER.fullmatch(each)]
    kept = {name: frozenset(type_.categories) - {""} for name, type_ in types.items()}
    decimal_commas = header.delimiter != "," != thousands
    if body.size > 2 * BLOCK_BYTES and body.well_quoted:
        if source.path is None:
            refuse_workers(
                source.name,
                "text that is compressed, in UTF-16 or from a pipe is read by one process",
                hint="write it as plain UTF-8, or as Parquet",
            )
        many = DelimitedBlocks(
            source=source,
            header=header,
            body=body,
            text=text,
            missing=[*MISSING, *words],
            kept=kept,
            decimal_commas=decimal_commas,
        )
        return settle(*many.read())
    parser = Parser(source, header, body, sample_bytes=sample_bytes, missing=[*MISSING, *words])
    columns = _columns(parser, text)
    if any(str(cells.type) == "binary" for cells in columns.values()):
        raise_encoding_error(source, header)
    rows = len(columns[header.names[0]])
    if len(header.names) == 1 and rows != body.lines:
        check_records(source, header)
    _keep_text(columns, parser, padded=body.padded)
    unclear: tuple[str, ...] = ()
    if decimal_commas:
        unclear = _read_decimal_commas(columns, parser, source.name, text)
    booleans = booleans_of(columns)
    frame, unusable, marks = to_frame(columns, source.name, missing=MISSING, kept=kept)
    table = Table(
        name=source.name,
        sha256=source.sha256,
        frame=frame,
        first_line=header.first_line if rows == body.lines else None,
        unusable=unusable,
        question_marks=marks,
        unclear_commas=unclear,
        booleans=booleans,
    )
    return one_block(table)


def _columns(parser: Parser, text: Sequence[str]) -> Columns:
    """Return all columns: `text` as text, the others with the types that fit their cells.

    The types of a large file are guessed from its first rows. Reading with given types takes a
    third of the memory; if the guess is wrong, the file is read again without types.
    """
    import pyarrow as pa

    guess = parser.sample()
    if guess is not None:
        kept = (pa.int64(), pa.float64(), pa.bool_())
        types = dict.fromkeys(text, pa.string()) | {
            name: pa.float64()
            if pa.types.is_null(type_)
            else type_
            if type_ in kept
            else pa.string()
            for name, type_ in guess.items()
            if name not in text
        }
        try:
            return parser.read(types)
        except pa.ArrowInvalid:
            pass
    return parser.read(dict.fromkeys(text, pa.string()))


def _keep_text(columns: Columns, parser: Parser, *, padded: bool) -> None:
    """Replace columns of dates, times and codes (007) by their text."""
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


def _read_decimal_commas(
    columns: Columns, parser: Parser, where: str, text: Sequence[str]
) -> tuple[str, ...]:
    """Convert text columns of numbers with a decimal comma; raise if others have points.

    Return those columns in which each comma might separate thousands.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [
        name
        for name, cells in columns.items()
        if pa.types.is_string(cells.type) and name not in text
    ]
    if not texts:
        return ()
    floats = [name for name, cells in columns.items() if cells.type == pa.float64()]
    read = parser.read({}, only=texts, point=",")
    commas = {name: cells for name, cells in read.items() if cells.type == pa.float64()}
    if commas and floats:
        read = parser.read({}, only=floats, point=",")
        points = [name for name, cells in read.items() if pa.types.is_string(cells.type)]
        if points:
            raise DataError(
                "both decimal commas and decimal points in one table",
                where=where,
                found=f"commas in column {next(iter(commas))!r}, points in column {points[0]!r}",
                wanted="one decimal separator, because 1.234 could mean 1234",
            )
    unclear = []
    for name in commas:
        parted = pc.match_substring(columns[name], ",")
        if pc.all(pc.match_substring_regex(columns[name].filter(parted), GROUPED)).as_py():
            unclear.append(name)
    columns.update(commas)
    return tuple(unclear)
