"""The condition of a split, so that float64 code branches as the float32 tree does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.bins import EVERYTHING, NOTHING
from crembo_cli.students.tree.model import Tree

UNSEEN = -1  # the code of a category that was not there when the tree was fitted


@dataclass(frozen=True, kw_only=True)
class Split:
    """Which cells of one feature go left; exactly one of `up_to`, `texts` and `known` is there."""

    feature: int
    missing_left: bool
    up_to: float | None = None  # a number: float64 values up to this one, included
    texts: tuple[str, ...] | None = None  # a category: these go to the side of `texts_left`
    texts_left: bool = False  # and all others, those not seen before too, to the other side
    known: bool | None = None  # whether all cells that are there go left; the others: missing_left


def split_at(tree: Tree, v: int, features: Sequence[Feature]) -> Split:
    """The split at node `v` of `tree`."""
    j = int(tree.feature[v])
    threshold, missing_left = tree.threshold[v], bool(tree.missing_left[v])
    if threshold in {NOTHING, EVERYTHING}:
        return Split(feature=j, missing_left=missing_left, known=bool(threshold == EVERYTHING))
    if not features[j].categories:
        return Split(feature=j, missing_left=missing_left, up_to=last_left(threshold))
    unseen_left = bool(threshold >= UNSEEN)
    texts = tuple(
        text
        for code, text in enumerate(features[j].categories)
        if (code <= threshold) != unseen_left
    )
    return Split(feature=j, missing_left=missing_left, texts=texts, texts_left=not unseen_left)


def last_left(threshold: np.float32) -> float:
    """The largest float64 that, rounded to float32, is not above `threshold`.

    An ONNX tree compares in float32; code that compares float64 cells with this number goes
    the same way for every cell. Halfway between two float32 the rounding goes to the even one.
    """
    low, high = float(threshold), float(np.nextafter(threshold, np.float32(np.inf)))
    middle = low + (high - low) / 2
    return middle if np.float32(middle) <= threshold else float(np.nextafter(middle, low))
