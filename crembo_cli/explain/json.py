"""A student as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from crembo_cli.explain.split import split_at
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.scored.weights import WeightsStudent
from crembo_cli.students.tree.model import Tree

SCHEMA = 1


def json_of(explained: ReadableStudent) -> str:
    """The student as indented JSON in ASCII, one newline at the end.

    `tree` is nested: a split has `feature` (its place in `features`), what `goes_left`, and the
    nodes `left` and `right`; a leaf has `says` and `probabilities`. `linear` has, by class, what
    the points begin with and a weight for each feature: see `explain.text`.
    """
    student = explained.student
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "name": explained.name,
        "classes": list(explained.classes),
        "features": [
            {"name": each.name, "categories": list(each.categories)} for each in explained.features
        ],
        "missing_texts": list(explained.missing_texts),
        "tree": _node(explained, student, 0) if isinstance(student, Tree) else None,
        "linear": None if isinstance(student, Tree) else _linear(student),
    }
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def _node(explained: ReadableStudent, tree: Tree, v: int) -> dict[str, Any]:
    if tree.left[v] == v:
        return {
            "says": explained.classes[int(tree.label[v])],
            "probabilities": tree.probabilities[v].tolist(),
        }
    split = split_at(tree, v, explained.features)
    left: dict[str, Any] = {"missing": split.missing_left}
    if split.known is not None:
        left["known"] = split.known
    elif split.texts is None:
        # The float32 threshold; compare with cells rounded to float32.
        left["up_to"] = float(tree.threshold[v])
    else:
        left["in" if split.texts_left else "not_in"] = list(split.texts)
    return {
        "feature": split.feature,
        "goes_left": left,
        "left": _node(explained, tree, int(tree.left[v])),
        "right": _node(explained, tree, int(tree.right[v])),
    }


def _linear(student: WeightsStudent) -> dict[str, Any]:
    p = len(student.columns.centre)
    return {
        "begin": student.bias.tolist(),
        "means": student.columns.centre.tolist(),
        "weights": student.weights[:p].tolist(),
        "missing": {
            str(j): student.weights[p + k].tolist()
            for k, j in enumerate(student.columns.missing.tolist())
        },
    }
