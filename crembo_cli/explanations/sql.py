"""A student as one CASE expression of standard SQL over the table's columns.

A missing value is NULL, as in the table it came from; NaN, which few databases hold, is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from crembo_cli.core.utilities import weights_of
from crembo_cli.errors import CONTROLS, StudentError
from crembo_cli.explanations.split import Split, split_at
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of, utilities_of
from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree

INDENT = "  "
YES_OR_NO = 0.499, 0.501  # between them a column of yes and no is split
GROUP = 50  # terms of a sum within one pair of brackets: databases nest an expression 1,000 deep
ALWAYS, NEVER = "1 = 1", "1 = 0"  # the boolean words are missing in some databases


def sql_of(explained: ReadableStudent, scored: int | None = None) -> str:
    """One CASE expression that gives the class; one newline at the end.

    With `scored`, the index of a class, it gives the probability of that class instead. Columns
    are named as the features are, in double quotes. Of weighted sums, one comparison stands for
    each pair of classes. Raises StudentError for what SQL cannot say.
    """
    student = explained.student
    if kind_of(student) == "tree":
        lines = _tree(explained, cast("Tree", student), scored)
    elif scored is not None:
        raise StudentError(
            "unsupported option for this student",
            where=explained.name,
            found="--class",
            wanted="a tree",
            hint="--format python and --format c give the probabilities of any student",
        )
    else:
        lines = _linear(explained, cast("WeightsStudent", student))
    return "\n".join(lines) + "\n"


def _tree(explained: ReadableStudent, tree: Tree, scored: int | None) -> list[str]:
    def leaf(v: int) -> str:
        if scored is None:
            return _class(explained, tree.label[v])
        return _number(float(tree.probabilities[v, scored]))

    if tree.left[0] == 0:
        return [f"CASE WHEN {ALWAYS} THEN {leaf(0)} END"]
    lines: list[str] = []

    def visit(v: int, depth: int, before: str, after: str) -> None:
        indent = INDENT * depth
        if tree.left[v] == v:
            lines.append(f"{indent}{before}{leaf(v)}{after}")
            return
        split = split_at(tree, v, explained.features)
        lines.append(f"{indent}{before}CASE WHEN {_goes_left(split, explained)}")
        visit(int(tree.left[v]), depth + 1, "THEN ", "")
        visit(int(tree.right[v]), depth + 1, "ELSE ", "")
        lines.append(f"{indent}END{after}")

    visit(0, 0, "", "")
    return lines


def _goes_left(split: Split, explained: ReadableStudent) -> str:
    """A condition that is true where a row goes left, and false or unknown elsewhere."""
    feature = explained.features[split.feature]
    column = _identifier(feature.name)
    if split.known is not None:
        if split.known == split.missing_left:
            return ALWAYS if split.known else NEVER
        absent = _absent(feature, explained.missing_texts)
        return f"NOT {absent}" if split.known else absent
    if split.texts is None:
        up_to, (low, high) = split.up_to or 0.0, YES_OR_NO
        # DuckDB compares no boolean with a number; cast, a fraction stays one.
        cell = f"CAST({column} AS REAL)" if low < up_to < high else column
        condition = f"{cell} <= {_number(up_to)}"
    else:
        # Texts that mean a missing value go where NULL goes.
        with_missing = split.texts_left == split.missing_left
        also = feature.missing_texts(explained.missing_texts) if with_missing else ()
        listed = [*split.texts, *also]
        within = f"{column} IN ({', '.join(map(_text, listed))})" if listed else NEVER
        outside = f"{column} NOT IN ({', '.join(map(_text, listed))})" if listed else ALWAYS
        condition = within if split.texts_left else outside
        if not listed and not split.missing_left and not split.texts_left:
            condition = f"{column} IS NOT NULL"
    return f"({condition} OR {column} IS NULL)" if split.missing_left else condition


def _linear(explained: ReadableStudent, student: WeightsStudent) -> list[str]:
    """The first class that no later one beats; what it does not beat is decided further down."""
    c = len(explained.classes)
    lines = ["CASE"]
    for k in range(c - 1):
        for later in range(k + 1, c):
            word = "WHEN" if later == k + 1 else INDENT + "AND"
            lines.append(f"{INDENT}{word} {_lead(explained, student, k, later)} >= 0")
        lines.append(f"{INDENT}THEN {_class(explained, k)}")
    return [*lines, f"{INDENT}ELSE {_class(explained, c - 1)}", "END"]


def _lead(explained: ReadableStudent, student: WeightsStudent, k: int, other: int) -> str:
    """The points of class `k` less those of class `other`."""
    weights = student.weights.astype(float)
    bias = student.bias.astype(float) + _log_weights(explained)
    terms = [_number(bias[k] - bias[other])]
    p = len(explained.features)
    for j, feature in enumerate(explained.features):
        mean, weight = float(student.columns.centre[j]), weights[j, k] - weights[j, other]
        value = f"{_value(feature, explained.missing_texts)} - {_number(mean)}"
        terms.append(f"COALESCE({value}, 0) * {_number(weight)}")
    for flag, j in enumerate(student.columns.missing.tolist()):
        feature = explained.features[j]
        absent = _absent(feature, explained.missing_texts)
        weight = weights[p + flag, k] - weights[p + flag, other]
        terms.append(f"CASE WHEN {absent} THEN {_number(weight)} ELSE 0 END")
    return _sum(terms)


def _log_weights(explained: ReadableStudent) -> NDArray[np.float64]:
    """What the utilities of a student's decisions add to the points of each class, (c,).

    With a weight for each class, the largest expected utility is that of the most points.
    """
    utilities = utilities_of(explained.student)
    if utilities is None:
        return np.zeros(len(explained.classes))
    weights = weights_of(utilities)
    if weights is None:
        raise StudentError(
            "unsupported format for this student",
            where=explained.name,
            found="--format sql, and costs of wrong decisions (--cost)",
            hint="use --format python or --format c, or compress with --class-weight",
        )
    return np.log(weights)


def _sum(terms: list[str]) -> str:
    """The terms added up, in brackets within brackets where they are many."""
    while len(terms) > GROUP:
        groups = [terms[first : first + GROUP] for first in range(0, len(terms), GROUP)]
        terms = [f"({' + '.join(group)})" for group in groups]
    return " + ".join(terms)


def _value(feature: Feature, missing_texts: Sequence[str]) -> str:
    """The number that stands for a cell; NULL where it is missing."""
    column = _identifier(feature.name)
    if not feature.categories:
        return f"CAST({column} AS REAL)"
    codes = " ".join(
        f"WHEN {column} = {_text(text)} THEN {code}" for code, text in enumerate(feature.categories)
    )
    return f"CASE WHEN {_absent(feature, missing_texts)} THEN NULL {codes} ELSE -1 END"


def _absent(feature: Feature, missing_texts: Sequence[str]) -> str:
    column = _identifier(feature.name)
    absent = feature.missing_texts(missing_texts) if feature.categories else ()
    texts = ", ".join(map(_text, absent))
    return f"({column} IS NULL OR {column} IN ({texts}))" if texts else f"({column} IS NULL)"


def _class(explained: ReadableStudent, k: int) -> str:
    label = explained.classes[int(k)]
    return _text(label) if isinstance(label, str) else str(label)


def _identifier(name: str) -> str:
    if CONTROLS.search(name):
        raise StudentError(
            "unsupported control character in a feature's name",
            where=f"column {name!r}",
            found="--format sql",
            hint="rename the column, or use another format",
        )
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """A literal; control characters, which a terminal would obey, are calls of CHR."""
    parts = [
        f"CHR({ord(part)})" if CONTROLS.fullmatch(part) else "'" + part.replace("'", "''") + "'"
        for part in re.split(f"({CONTROLS.pattern})", text)
        if part
    ]
    return f"({' || '.join(parts)})" if len(parts) > 1 else "".join(parts) or "''"


def _number(value: float) -> str:
    """A literal with an exponent: without one it would be an exact decimal, not a double."""
    written = repr(float(value))
    return written if "e" in written else f"{written}e0"
