"""Where the nodes of a drawn tree stand: the root left, the leaves one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.tree.model import Tree

Doubles = NDArray[np.float64]

ROW = 0.36  # inches from leaf to leaf
CHARACTER = 0.076  # inches: a wide one of the font that is used
LINE = 0.15  # inches from line to line of a node's text
PAD = 0.22  # inches beside it
ABOVE = 0.055  # inches above and below it
GAP = 0.66  # inches between two levels, for the branches and their words


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Places in inches from the upper left corner."""

    x: Doubles  # (m,) left side of each node
    y: Doubles  # (m,) middle of each node
    width: Doubles  # (m,) of each node's box
    height: Doubles  # (m,) of each node's box
    size: tuple[float, float]  # of the whole, width and height


def lay_out(tree: Tree, texts: Sequence[Sequence[str]]) -> Layout:
    """Places for the nodes of `tree`, whose boxes hold the lines `texts` (m,).

    A leaf has one line. A split has room for three: what stands above or below it is a row and
    a half away.
    """
    m = len(tree.feature)
    level = tree.node_depths()
    wide = np.array([CHARACTER * max(map(len, lines)) + PAD for lines in texts])
    height = np.array([LINE * len(lines) + 2 * ABOVE for lines in texts])
    columns = [float(wide[level == k].max()) for k in range(int(level.max()) + 1)]
    begins = np.concatenate([[0.0], np.cumsum([column + GAP for column in columns])])
    y = np.zeros(m)
    leaves = _leaves_from_above(tree)
    y[leaves] = ROW * (np.arange(len(leaves)) + 0.5)
    for v in np.flatnonzero(~tree.is_leaf())[::-1]:
        y[v] = (y[tree.left[v]] + y[tree.right[v]]) / 2
    width = np.where(tree.is_leaf(), wide[leaves].max(), np.array(columns)[level])
    x = begins[level]
    size = float((x + width).max()), max(ROW * len(leaves), float(height.max()))
    return Layout(x=x, y=y, width=width, height=height, size=size)


def _leaves_from_above(tree: Tree) -> list[int]:
    """The leaves in the order in which they are drawn: what goes left stands above."""
    leaves, waiting = [], [0]
    while waiting:
        v = waiting.pop()
        if tree.left[v] == v:
            leaves.append(v)
        else:
            waiting += [int(tree.right[v]), int(tree.left[v])]
    return leaves
