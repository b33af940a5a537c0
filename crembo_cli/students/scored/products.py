"""Products of columns: what a pair of features adds to its curves.

A table of two features, linear between knots, is a weighted sum of products of their ramps (GA2M,
Lou et al. 2013). The ramps are centred: a missing cell without a flag adds nothing, as in a curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Doubles, Indices
from crembo_cli.students.nodes import Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class Products:
    """q columns that are products of two others."""

    left: Indices  # (q,) the number of a column
    right: Indices  # (q,)

    def of(self, columns: Doubles) -> Doubles:
        """Return float64 (n, q) for columns (n, D)."""
        products: Doubles = columns[:, self.left] * columns[:, self.right]
        return products

    def add_to(self, nodes: Nodes, columns: str) -> str:
        """Add the nodes that compute `of`; return the name of the tensor that they write."""
        left, right = (
            nodes.add("Gather", [columns, nodes.constant(side.astype(np.int32))], axis=1)
            for side in (self.left, self.right)
        )
        return nodes.add("Mul", [left, right])
