"""How SQL is written for each database: names, texts, numbers, missing values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crembo_cli.errors import CONTROLS, StudentError

LARGEST_DOUBLE = "1.7976931348623157e308"
# Of infinity the reciprocal is 0, of NaN it is not: some databases hold NaN equal to itself and
# above all numbers, others not, and standard SQL has no word for either.
FINITE_OR_INFINITE = (
    f"CASE WHEN ABS({{x}}) <= {LARGEST_DOUBLE} THEN {{x}} WHEN 1e0 / {{x}} = 0e0 THEN {{x}} END"
)


def _standard(text: str) -> str:
    """A literal; control characters, which a terminal would obey, are calls of CHR."""
    return _joined(text, "'{}'", "CHR({:d})", " || ")


def _joined(text: str, literal: str, control: str, joint: str) -> str:
    parts = [
        control.format(ord(part))
        if CONTROLS.fullmatch(part)
        else literal.format(part.replace("'", "''"))
        for part in re.split(f"({CONTROLS.pattern})", text)
        if part
    ]
    return f"({joint.join(parts)})" if len(parts) > 1 else "".join(parts) or literal.format("")


def _escaped(text: str) -> str:
    """The inside of a literal in which a backslash begins an escape."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


def _backslashes(text: str) -> str:
    return f"'{_escaped(text)}'"


def _postgres(text: str) -> str:
    """With E, a backslash is an escape whatever `standard_conforming_strings` is."""
    needs = "\\" in text or CONTROLS.search(text)
    return f"E'{_escaped(text)}'" if needs else _standard(text)


def _clickhouse(text: str) -> str:
    """Control characters as their bytes: there is no escape of a code point."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + CONTROLS.sub(lambda found: _bytes(found[0], "\\x{:02x}"), plain) + "'"


def _bytes(text: str, form: str) -> str:
    return "".join(form.format(byte) for byte in text.encode("utf-8", "surrogateescape"))


def _plain_in_mysql(text: str) -> bool:
    return text.isascii() and text.isprintable() and "\\" not in text


def _mysql_compared(text: str) -> str:
    """Bytes in UTF-8, whatever the connection's character set and `sql_mode` are."""
    return _standard(text) if _plain_in_mysql(text) else f"X'{_bytes(text, '{:02X}')}'"


def _mysql(text: str) -> str:
    found = _mysql_compared(text)
    return found if _plain_in_mysql(text) else f"CONVERT({found} USING utf8mb4)"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What one database writes otherwise; `{x}` stands for the expression."""

    quotes: str = '""'  # around a name
    escape: str | None = '""'  # the closing quote within a name; None: there is no way
    double: str = "CAST({x} AS DOUBLE PRECISION)"
    real: str | None = "CAST({x} AS REAL)"  # rounded to float32; None: there is no such type
    boolean: str = "CAST(CAST({x} AS INTEGER) AS DOUBLE PRECISION)"
    number: str = "{x}"  # a double without NaN: NULL in its place
    text: str = "{x}"  # a text that is compared by its bytes, blanks at its end included
    literal: Callable[[str], str] = _standard
    compared: Callable[[str], str] | None = (
        None  # a literal to compare with `text`; None: `literal`
    )
    # What keeps an expression from being computed wherever a later one names it, in three places:
    once: str = ""  # after AS
    hint: str = ""  # after SELECT
    end: str = ""  # after FROM
    twice: str = ""  # a condition that names a stage again: SQLite computes such a stage once
    suffix: str = ""  # of a number
    longest: int | None = None  # bytes of a name, of which the database cuts the rest

    def name(self, name: str) -> str:
        """Return a quoted name. Raises StudentError where there is none."""
        if CONTROLS.search(name) or (self.escape is None and self.quotes[1] in name):
            raise StudentError(
                "unsupported character in a feature's name",
                where=f"column {name!r}",
                found="--format sql",
                hint="rename the column, or use another format",
            )
        inside = name.replace("\\", "\\\\") if self.escape == "\\`" else name
        return self.quotes[0] + inside.replace(self.quotes[1], self.escape or "") + self.quotes[1]

    def to_compare(self, text: str) -> str:
        """Return a literal that equals `text` of an equal cell."""
        return (self.compared or self.literal)(text)

    def of(self, value: float) -> str:
        """Return a literal with an exponent: without one it would be an exact decimal."""
        written = repr(float(value))
        return (written if "e" in written else f"{written}e0") + self.suffix


def _cast(kind: str) -> str:
    return f"CAST({{x}} AS {kind})"


def _without(condition: str) -> str:
    return f"CASE WHEN {condition} THEN NULL ELSE {{x}} END"


DIALECTS = {
    "ansi": Dialect(real=None, number=FINITE_OR_INFINITE, twice="EXISTS (SELECT 1 FROM {x})"),
    "postgres": Dialect(
        number=_without("{x} = CAST('NaN' AS DOUBLE PRECISION)"),
        text='CAST({x} AS TEXT) COLLATE "C"',
        literal=_postgres,
        once=" MATERIALIZED",
        longest=63,
    ),
    "duckdb": Dialect(
        double=_cast("DOUBLE"),
        boolean="CAST(CAST({x} AS INTEGER) AS DOUBLE)",
        number=_without("isnan({x})"),
        text="CAST({x} AS VARCHAR) COLLATE C",
        once=" MATERIALIZED",
    ),
    "sqlite": Dialect(
        real=None,
        text="CAST({x} AS TEXT) COLLATE BINARY",
        literal=lambda text: _joined(text, "'{}'", "CHAR({:d})", " || "),
        once=" MATERIALIZED",
    ),
    "mysql": Dialect(
        quotes="``",
        escape="``",
        double=_cast("DOUBLE"),
        real=_cast("FLOAT"),
        boolean=_cast("DOUBLE"),
        text="CAST(CONVERT({x} USING utf8mb4) AS BINARY)",
        literal=_mysql,
        compared=_mysql_compared,
        end=f" LIMIT {2**64 - 1}",
    ),
    "spark": Dialect(
        quotes="``",
        escape="``",
        double=_cast("DOUBLE"),
        real=_cast("FLOAT"),
        boolean="CAST(CAST({x} AS INT) AS DOUBLE)",
        number=_without("isnan({x})"),
        text=_cast("STRING"),
        literal=_backslashes,
        suffix="D",
    ),
    "bigquery": Dialect(
        quotes="``",
        escape="\\`",
        double=_cast("FLOAT64"),
        real=None,
        boolean="CAST(CAST({x} AS INT64) AS FLOAT64)",
        number=_without("IS_NAN({x})"),
        text="COLLATE(CAST({x} AS STRING), '')",
        literal=_backslashes,
    ),
    "snowflake": Dialect(
        real=None,
        number=_without("{x} = CAST('NaN' AS DOUBLE PRECISION)"),
        text="COLLATE(CAST({x} AS VARCHAR), 'utf8')",
        literal=_backslashes,
    ),
    "clickhouse": Dialect(
        quotes="``",
        escape="\\`",
        double=_cast("Nullable(Float64)"),
        real=_cast("Nullable(Float32)"),
        boolean=_cast("Nullable(Float64)"),
        number=_without("isNaN({x})"),
        text=_cast("Nullable(String)"),
        literal=_clickhouse,
    ),
    "tsql": Dialect(
        quotes="[]",
        escape="]]",
        double=_cast("FLOAT"),
        boolean=_cast("FLOAT"),
        # Blanks at the end of a text do not count unless something comes after them.
        text="CAST({x} AS NVARCHAR(4000)) + N'|' COLLATE Latin1_General_100_BIN2",
        literal=lambda text: _joined(text, "N'{}'", "NCHAR({:d})", " + "),
        compared=lambda text: _joined(f"{text}|", "N'{}'", "NCHAR({:d})", " + "),
    ),
    "oracle": Dialect(
        escape=None,
        hint=" /*+ MATERIALIZE */",
        double=_cast("BINARY_DOUBLE"),
        real=_cast("BINARY_FLOAT"),
        boolean=_cast("BINARY_DOUBLE"),
        number="NANVL({x}, NULL)",
        text=_cast("VARCHAR2(4000)"),
        literal=lambda text: _joined(text, "'{}'", "UNISTR('\\{:04X}')", " || "),
    ),
}
