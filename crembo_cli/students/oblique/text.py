"""An oblique tree for a reader: the tree's rules, with its sums written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.students.contract import Feature
from crembo_cli.students.oblique.directions import Direction
from crembo_cli.students.tree.text import tree_text

if TYPE_CHECKING:
    from crembo_cli.students.oblique.model import ObliqueTree


def oblique_text(student: ObliqueTree, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """The rules of `student`, each leaf with its class and that class's mean belief."""
    directions, tree = student.directions, student.tree
    sums = [directions.one(s) for s in range(len(directions.offset))]
    threshold = tree.threshold.copy()
    slanted = tree.feature >= student.features
    threshold[slanted] -= directions.offset[tree.feature[slanted] - student.features]
    written = [Feature(name=sum_text(each, features)) for each in sums]
    lines = [tree_text(replace(tree, threshold=threshold), [*features, *written], classes)]
    if any(features[j].categories for each in sums for j in each.features):
        lines.append("A category counts as its number in the column's list, from 0; unseen: -1.")
    return "\n".join(lines)


def sum_text(direction: Direction, features: Sequence[Feature]) -> str:
    """One weighted sum: "0.31 width - 2 (height, 3.1 if missing)"."""
    terms = []
    for j, weight, fill in zip(direction.features, direction.weights, direction.fills, strict=True):
        feature = features[j]
        name = f"({feature.name}, {fill:.4g} if missing)" if feature.missing else feature.name
        terms.append(f"{'-' if weight < 0 else '+'} {abs(weight):.4g} {name}")
    return " ".join(terms).removeprefix("+ ")
