"""A student as a Python module that imports nothing but the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from crembo_cli.explanations.split import Split, split_at
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of, utilities_of

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree

CELLS = '''

def _cells(row):
    """The cells of FEATURES: numbers as floats, NaN where missing; texts, None where missing."""
    cells = []
    for name in FEATURES:
        value = row[name]
        if name in CATEGORIES:
            known = value in CATEGORIES[name] or value not in MISSING_TEXTS
            cells.append(value if known else None)
        else:
            cells.append(float("nan") if value is None else float(value))
    return cells
'''
SUMS = '''

def _float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def _number(name, cell):
    """What stands for a cell: the number itself, or the category's code; NaN where missing."""
    if name in CATEGORIES:
        return float("nan") if cell is None else CATEGORIES[name].get(cell, -1)
    return _float32(cell)


def _probabilities(cells):
    numbers = [_number(name, cell) for name, cell in zip(FEATURES, cells)]
    points = list(BEGIN)
    for number, mean, weights in zip(numbers, MEANS, WEIGHTS):
        if number == number:
            points = [each + (number - mean) * w for each, w in zip(points, weights)]
    for feature, weights in MISSING.items():
        if numbers[feature] != numbers[feature]:
            points = [each + w for each, w in zip(points, weights)]
    shares = [math.exp(each - max(points)) for each in points]
    return [_float32(share / sum(shares)) for share in shares]
'''
ANSWERS = '''

def predict_proba(row):
    """The probability of each of CLASSES; `row` maps each of FEATURES to its value.

    A missing value is None or, of a number, NaN.
    """
    return _probabilities(_cells(row))
'''
PREDICT = '''

def predict(row):
    """One of CLASSES: the most probable, the first of equals."""
    probabilities = predict_proba(row)
    return CLASSES[probabilities.index(max(probabilities))]
'''
DECIDE = '''

def predict(row):
    """One of CLASSES: the one of largest expected utility, the first of equals."""
    probabilities = predict_proba(row)
    values = [sum(p * u for p, u in zip(probabilities, column)) for column in zip(*UTILITIES)]
    return CLASSES[values.index(max(values))]
'''


def python_of(explained: ReadableStudent) -> str:
    """A module with `predict(row)` and `predict_proba(row)`; `row` maps names to values."""
    student = explained.student
    is_tree = kind_of(student) == "tree"
    codes = {
        each.name: {text: code for code, text in enumerate(each.categories)}
        for each in explained.features
        if each.categories
    }
    # ascii() writes any text as a literal that no name can break out of.
    lines = [
        '"""A student of crembo in plain Python."""',
        "",
        *([] if is_tree else ["import math", "import struct", ""]),
        f"STUDENT = {explained.name!a}",
        f"FEATURES = {[each.name for each in explained.features]!a}",
        f"CLASSES = {list(explained.classes)!a}",
        f"CATEGORIES = {codes!a}  # text features: each category's code",
        f"MISSING_TEXTS = {explained.missing_texts!a}  # missing, where not a category",
    ]
    utilities = utilities_of(student)
    end = ANSWERS + (PREDICT if utilities is None else DECIDE)
    if utilities is not None:
        lines.append(f"UTILITIES = {utilities.tolist()}  # of each prediction, by true class")
    if is_tree:
        return "\n".join([*lines, *_tree(explained, cast("Tree", student))]) + CELLS + end
    sums = _sums(cast("WeightsStudent", student))
    return "\n".join([*lines, *sums]) + CELLS + SUMS + end


def _tree(explained: ReadableStudent, tree: Tree) -> list[str]:
    leaves = np.flatnonzero(tree.is_leaf()).tolist()
    code: list[str] = []

    def visit(v: int, indent: str) -> None:
        if tree.left[v] == v:
            code.append(f"{indent}return PROBABILITIES[{leaves.index(v)}]")
            return
        split = split_at(tree, v, explained.features)
        code.append(f"{indent}if {_goes_left(split)}:")
        visit(int(tree.left[v]), indent + "    ")
        code.append(f"{indent}else:")
        visit(int(tree.right[v]), indent + "    ")

    visit(0, "    ")
    return [
        "PROBABILITIES = [  # of each leaf",
        *(f"    {tree.probabilities[leaf].tolist()}," for leaf in leaves),
        "]",
        "",
        "",
        "def _probabilities(x):",
        *code,
    ]


def _goes_left(split: Split) -> str:
    """A condition that holds where cell x goes left; a missing one is NaN or None."""
    x = f"x[{split.feature}]"
    absent = f"({x} is None or {x} != {x})"
    if split.known is not None:
        if split.known == split.missing_left:
            return str(split.known)
        return f"not {absent}" if split.known else absent
    if split.texts is None:
        # Every comparison with NaN is false.
        return f"not {x} > {split.up_to!r}" if split.missing_left else f"{x} <= {split.up_to!r}"
    word = "in" if split.texts_left else "not in"
    condition = f"{x} {word} {split.texts!a}"
    if split.texts_left:
        return f"{x} is None or {condition}" if split.missing_left else condition
    return condition if split.missing_left else f"{x} is not None and {condition}"


def _sums(student: WeightsStudent) -> list[str]:
    p = len(student.columns.centre)
    missing = {
        j: student.weights[p + k].tolist() for k, j in enumerate(student.columns.missing.tolist())
    }
    return [
        f"BEGIN = {student.bias.tolist()}  # points of each class at the means",
        f"MEANS = {student.columns.centre.tolist()}",
        "WEIGHTS = [  # of each feature, for each class",
        *(f"    {weights}," for weights in student.weights[:p].tolist()),
        "]",
        f"MISSING = {missing}  # points where a feature is missing, by its place in FEATURES",
    ]
