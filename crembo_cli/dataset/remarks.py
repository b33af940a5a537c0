"""What a user should know about the columns of a table, though it stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.columns import Columns
from crembo_cli.dataset.table import Table

if TYPE_CHECKING:
    import pandas as pd

IGNORED = "ignored, neither label nor feature"
IDENTIFIER = "like an identifier, with another value in each row"
CONSTANT = "with a single value or none"
MISSING = "with missing cells"
CODE = "kept as text, digits though they are, for a zero in front"
LARGE = "with whole numbers beyond 2^24, which the student sees rounded to float32"
KINDS = (IDENTIFIER, CONSTANT, MISSING, CODE, LARGE)
FEWEST = 20  # rows from which on it means something that no value occurs twice


def remarks(table: Table, columns: Columns) -> list[str]:
    """One sentence for each thing that holds of some columns; nothing is changed.

    Extra columns that are ignored; features that look like identifiers (integers or text, no
    two alike), are constant, are codes kept as text for a leading zero, have missing cells, or
    whole numbers that float32 cannot tell apart (beyond 2^24).
    """
    named: dict[str, list[str]] = {}
    for name in columns.features:
        for kind in _kinds(table.frame[name]):
            named.setdefault(kind, []).append(name)
    said = [_sentence(list(columns.extra), IGNORED)] if columns.extra else []
    return said + [_sentence(named[kind], kind) for kind in KINDS if kind in named]


def _kinds(cells: pd.Series[Any]) -> list[str]:
    """What is to be said of one column of features."""
    present = cells.dropna()
    distinct = present.nunique()
    kinds = [MISSING] if len(present) < len(cells) else []
    if distinct <= 1:
        kinds.append(CONSTANT)
    if cells.dtype == object and present.size and present.str.fullmatch(r"\d+").all():
        kinds.append(CODE)
    values = present.to_numpy()
    whole = values.dtype.kind == "i" or (
        values.dtype == np.float64 and (values == np.rint(values)).all()
    )
    if distinct == len(cells) >= FEWEST and (whole or values.dtype == object):
        kinds.append(IDENTIFIER)
    if whole and (np.abs(values) > 2**24).any() and (values != values.astype(np.float32)).any():
        kinds.append(LARGE)
    return kinds


def _sentence(names: list[str], kind: str, most: int = 5) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    shown += f" and {len(names) - most} more" if len(names) > most else ""
    return f"{'column' if len(names) == 1 else f'{len(names)} columns'} {kind}: {shown}"
