"""The labels of all rows of a table: a small number for each row."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.blocks import Blocks
from crembo_cli.dataset.draw import Codes

if TYPE_CHECKING:
    from crembo_cli.dataset.table import Table


def read_labels(blocks: Blocks, column: str) -> tuple[Codes, list[Any]]:
    """Return the number of each row's label, -1 where it is missing, and the different labels.

    Labels are numbered as they first occur. The numbers take a byte a row with up to 127 labels,
    so that those of a hundred million rows fit into memory.
    """
    numbers: dict[Hashable, int] = {}
    parts: list[Codes] = []
    for codes, values in blocks.each(partial(_labels, column)):
        new = [numbers.setdefault(each, len(numbers)) for each in values]
        kind = np.min_scalar_type(-max(len(numbers), 1))
        parts.append(np.array([*new, -1], kind)[codes])
    return np.concatenate(parts), list(numbers)


def _labels(column: str, block: Table) -> tuple[Codes, list[Any]]:
    """Return the number of each row's label in a block, in few bytes, and its different labels."""
    import pandas as pd

    codes, values = pd.factorize(block.frame[column].to_numpy())
    return codes.astype(np.min_scalar_type(-max(len(values), 1))), values.tolist()
