"""The labels of all rows of a table: a small number for each row."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from crembo_cli.dataset.blocks import Blocks
from crembo_cli.dataset.draw import Codes


def read_labels(blocks: Blocks, column: str) -> tuple[Codes, list[Any]]:
    """Return the number of each row's label, -1 where it is missing, and the different labels.

    Labels are numbered as they first occur. The numbers take a byte a row with up to 127 labels,
    so that those of a hundred million rows fit into memory.
    """
    import pandas as pd

    numbers: dict[Hashable, int] = {}
    parts: list[Codes] = []
    for block in blocks.generate():
        codes, values = pd.factorize(block.frame[column].to_numpy())
        new = [numbers.setdefault(each, len(numbers)) for each in values.tolist()]
        kind = np.min_scalar_type(-max(len(numbers), 1))
        parts.append(np.array([*new, -1], kind)[codes])
    return np.concatenate(parts), list(numbers)
