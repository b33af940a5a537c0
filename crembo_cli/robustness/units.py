"""The unit in which changes of a feature are told: its standard deviation."""

from __future__ import annotations

import numpy as np

from crembo_cli.core.margins import Doubles
from crembo_cli.dataset.encode import Encoding
from crembo_cli.students.contract import Floats


def units_of(rows: Floats, encoding: Encoding) -> Doubles:
    """The standard deviation of each feature over `rows` (n, p), float64 (p,).

    0 for what does not move: a constant, a column without values, text, and yes or no, between
    which there is nothing.
    """
    units = np.zeros(rows.shape[1])
    for j, feature in enumerate(encoding.features):
        cells = rows[:, j].astype(np.float64)
        cells = cells[~np.isnan(cells)]
        if len(cells) and not feature.categories and encoding.dtypes[j].kind != "b":
            units[j] = cells.std()
    return units
