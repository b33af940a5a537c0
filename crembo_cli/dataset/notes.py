"""Notes for the user about the columns of a table; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.columns import LABEL_NAMES, Columns, listed
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
EXACT = 2**53  # up to here float64, in which both are compared, is exact
FEWEST = 20  # rows from which on it means something that no value occurs twice


def notes(table: Table, columns: Columns) -> list[str]:
    """One sentence for each thing that holds of some columns; nothing is changed.

    Extra columns that are ignored; features that look like identifiers (integers or text, no
    two alike), are constant, are codes kept as text for a leading zero, have missing cells, or
    whole numbers that float32 cannot tell apart (beyond 2^24).
    """
    named: dict[str, list[str]] = {}
    for name in columns.features:
        for kind in _kinds(table.frame[name]):
            named.setdefault(kind, []).append(name)
    predicted = [_sentence(list(columns.extra), IGNORED)] if columns.extra else []
    if columns.label is None:
        predicted += [
            f"column {name!r} is taken as a feature, for the teacher takes as many columns; "
            "if it is the label, say so: --label"
            for name in columns.features
            if name.lower() in LABEL_NAMES
        ]
    return predicted + [_sentence(named[kind], kind) for kind in KINDS if kind in named]


def _kinds(cells: pd.Series[Any]) -> list[str]:
    """What is to be said of one column of features."""
    present = cells.dropna()
    kinds = [MISSING] if len(present) < len(cells) else []
    values = present.to_numpy()
    if values.dtype == object:
        distinct = present.nunique()
        if distinct <= 1:
            kinds.append(CONSTANT)
        if values.size and present.str.fullmatch(r"\d+").all():
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
    return f"{shown}: {listed(names, 5)}"
