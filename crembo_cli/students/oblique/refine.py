"""Refine a tree by TAO with oblique splits: each node in turn, for the reward of the whole tree.

Carreira-Perpinan & Tavallali, "Alternating optimization of decision trees", NeurIPS 2018,
section 3.2: with the rest fixed, a node is a binary classification of the rows that reach it,
each weighted by the difference that its side makes. An oblique split is accepted only if it
raises the reward of the tree, so the objective never falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.oblique.cuts import Cut, cut_by_gain, cut_by_labels
from crembo_cli.students.oblique.directions import Direction, stack
from crembo_cli.students.oblique.draft import Draft
from crembo_cli.students.oblique.logistic import Sides, slant
from crembo_cli.students.scored.columns import Columns
from crembo_cli.students.scored.design import Design

MOST_ROWS = 3_000  # rows that weights are fitted to; the threshold is found on all rows


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingColumns:
    """The training rows: n rows, as they are and as standardised columns."""

    rows: Floats  # (n, p)
    columns: Columns
    design: Design  # the columns of the rows
    most: int  # features in a sum


def refine(draft: Draft, training: TrainingColumns, rewards: Floats, passes: int) -> None:
    """Refine `draft` in place in up to `passes` passes, until none of its splits changes.

    `rewards` (n, c) are exact, see `tree.draft.exact_rewards`.
    """
    everyone = np.arange(len(rewards))
    for _ in range(passes):
        moved = False
        for splits in draft.levels():
            node = _arrivals(draft, everyone)
            for v in splits:
                here = np.flatnonzero(node[v])
                if len(here) > 1:
                    moved |= _refine_split(draft, training, rewards, int(v), here)
        if not moved:
            return


def _arrivals(draft: Draft, everyone: Indices) -> NDArray[np.bool_]:
    """The rows that reach each node: bool (m, n)."""
    comes = np.zeros_like(draft.goes_left)
    comes[0] = True
    for v in draft.splits:
        comes[draft.tree.left[v]] = comes[v] & draft.goes_left[v]
        comes[draft.tree.right[v]] = comes[v] & ~draft.goes_left[v]
    return comes


def _refine_split(
    draft: Draft, training: TrainingColumns, rewards: Floats, v: int, here: Indices
) -> bool:
    """Replace split v, which the rows `here` reach, if that raises the reward; return whether."""
    tree = draft.tree
    sides = np.array([tree.left[v], tree.right[v]])
    lowest = bool(tree.is_leaf()[sides].all())
    if lowest:
        some = rewards[here]
        pair = _best_pair(some)
        gain = some[:, pair[0]] - some[:, pair[1]]
        labels = draft.label[sides]
        goes = draft.goes_left[v, here]
        now = float(np.where(goes, some[:, labels[0]], some[:, labels[1]]).sum(dtype=np.float64))
    else:
        leaf = [draft.descend(np.full(len(here), side, np.int32), here) for side in sides]
        gain = rewards[here, draft.label[leaf[0]]] - rewards[here, draft.label[leaf[1]]]
        now = float(gain[draft.goes_left[v, here]].sum(dtype=np.float64))
    if not gain.any():
        return False
    best: tuple[Direction, Cut] | None = None
    for direction in _candidates(draft, training, v, here, gain):
        sums = stack([direction]).of(training.rows[here])[:, 0]
        cut = cut_by_labels(sums, rewards[here]) if lowest else cut_by_gain(sums, gain)
        if cut is not None and cut.total_reward > now:
            best, now = (direction, cut), cut.total_reward
    if best is None:
        return False
    direction, cut = best
    draft.put(v, direction, stack([direction]).of(training.rows)[:, 0], cut.threshold)
    if cut.labels is not None:
        draft.label[sides] = cut.labels
    return True


def _best_pair(rewards: Floats) -> tuple[int, int]:
    """The two classes with the largest reward if each row gets the better one."""
    c = rewards.shape[1]
    both = [
        (float(np.maximum(rewards[:, y], rewards[:, z]).sum(dtype=np.float64)), -y, -z)
        for y in range(c)
        for z in range(y + 1, c)
    ]
    _, y, z = max(both)
    return -y, -z


def _candidates(
    draft: Draft, training: TrainingColumns, v: int, here: Indices, gain: Floats
) -> list[Direction]:
    """The directions to try for a split: a new one, and the one that it has."""
    design = training.design
    matter = np.flatnonzero(gain)
    if len(matter) > MOST_ROWS:
        matter = matter[np.linspace(0, len(matter) - 1, MOST_ROWS).astype(np.int64)]
    weight = np.abs(gain[matter])
    sides = Sides(
        matrix=design.matrix[here[matter]],
        left=gain[matter] > 0,
        weight=weight / weight.sum(),
    )
    found = []
    direction = _plain(training, slant(sides, training.most, training.columns.missing))
    if len(direction.weights):
        found.append(direction)
    if v in draft.slanted:
        found.append(draft.slanted[v])
    return found


def _plain(training: TrainingColumns, weights: NDArray[np.float64]) -> Direction:
    """Convert weights (D,) on standardised columns to a sum of cells."""
    columns = training.columns
    p = len(columns.centre)
    plain = (weights / training.design.spread).astype(np.float32)
    features = np.flatnonzero(plain[:p])
    fills = columns.centre.astype(np.float64)
    for flag, j in enumerate(columns.missing, start=p):
        if plain[j]:
            fills[j] += float(plain[flag]) / float(plain[j])
    largest = np.finfo(np.float32).max
    offset = -plain[features].astype(np.float64) @ columns.centre[features]
    return Direction(
        features=features,
        weights=plain[features],
        fills=np.clip(fills[features], -largest, largest).astype(np.float32),
        offset=np.float32(offset),
    )
