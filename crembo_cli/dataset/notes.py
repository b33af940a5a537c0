"""Notes for the user about the columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.columns import LABEL_NAMES, Columns, format_list
from crembo_cli.dataset.table import Table

if TYPE_CHECKING:
    import pandas as pd

IGNORED = "ignored (neither label nor feature)"
IDENTIFIER = "with a different value in each row, like an identifier"
CONSTANT = "with at most one distinct value"
MISSING = "with missing cells"
CODE = "read as text, because of digits with a leading zero"
LARGE = "with whole numbers beyond 2^24, which the student rounds to float32"
KINDS = (IDENTIFIER, CONSTANT, MISSING, CODE, LARGE)
EXACT = 2**53  # up to here float64, the type of the comparison, is exact
FEWEST = 20  # rows; in a smaller table distinct values do not suggest an identifier


def list_notes(table: Table, columns: Columns) -> list[str]:
    """Return one sentence for each fact about the columns that the user should know.

    The facts: columns that are ignored; a column called like a label that is a feature; cells
    '?' that are read as missing; commas that might separate thousands; features
    that look like identifiers (integers or text, all distinct), are constant, are codes with a
    leading zero, have missing cells, or have whole numbers that float32 rounds (beyond 2^24).
    """
    named: dict[str, list[str]] = {}
    for name in columns.features:
        for kind in _kinds(table.frame[name]):
            named.setdefault(kind, []).append(name)
    found = [_sentence(list(columns.extra), IGNORED)] if columns.extra else []
    if columns.label is None:
        found += [
            f"column {name!r} is used as a feature, because the teacher takes as many columns; "
            f"if it is the label, use --label {name}"
            for name in columns.features
            if name.lower() in LABEL_NAMES
        ]
    marks = {name: table.question_marks.get(name, 0) for name in columns.features}
    found += [
        f"{count} cells '?' of column {name!r} are read as missing, because the teacher does not"
        " know '?' as a category"
        for name, count in marks.items()
        if count
    ]
    found += [
        f"commas in column {name!r} are read as decimal points; if they separate thousands, use"
        " --thousands ,"
        for name in table.unclear_commas
        if name in columns.features
    ]
    return found + [_sentence(named[kind], kind) for kind in KINDS if kind in named]


def _kinds(cells: pd.Series[Any]) -> list[str]:
    """Return the facts that hold of one feature column."""
    present = cells.dropna()
    kinds = [MISSING] if len(present) < len(cells) else []
    values = present.to_numpy()
    if values.dtype == object:
        distinct = present.nunique()
        if distinct <= 1:
            kinds.append(CONSTANT)
        digits = values.size and present.str.fullmatch(r"\d+").all()
        if digits and present.str.match(r"0\d").any():
            kinds.append(CODE)
        return [*kinds, IDENTIFIER] if distinct == len(cells) >= FEWEST else kinds
    if not values.size or values.min() == values.max():
        kinds.append(CONSTANT)
    elif values.dtype.kind == "i" or (values.dtype == np.float64 and _whole(values)):
        if len(values) == len(cells) >= FEWEST and present.is_unique:
            kinds.append(IDENTIFIER)
        with np.errstate(over="ignore"):
            rounded = values.astype(np.float32)
        if (values != rounded).any() or values.max() > EXACT or values.min() < -EXACT:
            kinds.append(LARGE)
    return kinds


def _whole(values: NDArray[np.float64]) -> bool:
    return bool((values[0] == np.rint(values[0])) and (values == np.rint(values)).all())


def _sentence(names: list[str], kind: str) -> str:
    shown = f"column {kind}" if len(names) == 1 else f"{len(names)} columns {kind}"
    return f"{shown}: {format_list(names, 5)}"
