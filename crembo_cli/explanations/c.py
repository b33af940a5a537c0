"""A student as one file of C99 that needs the standard library alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Doubles
from crembo_cli.errors import printable
from crembo_cli.explanations.split import Split, split_at
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of, utilities_of
from crembo_cli.students.contract import Feature

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree


def c_of(explained: ReadableStudent) -> str:
    """A file with `crembo_predict`, the class's place in `crembo_classes`, and more.

    `struct crembo_row` has a double for each number, NAN where missing, and a text for each
    category, NULL where missing.
    """
    student = explained.student
    if kind_of(student) == "tree":
        body = _tree(explained, cast("Tree", student))
    else:
        body = _sums(explained, cast("WeightsStudent", student))
    helpers = ""
    if "crembo_absent_" in body or "crembo_code(" in body:
        helpers = IN + "".join(
            f"\n{texts(f'crembo_missing_texts_{j}', missing)}\n"
            f"#define crembo_absent_{j}(text) \\\n"
            f"    (text == NULL || crembo_in(text, {len(missing)}, crembo_missing_texts_{j}))\n"
            for j, each in enumerate(explained.features)
            if f"crembo_absent_{j}(" in body
            for missing in [each.missing_texts(explained.missing_texts)]
        )
    if "crembo_code(" in body:
        helpers += CODE
    head = [
        "/* A student of crembo in C99: crembo_predict(&row) gives the class's place in",
        "   crembo_classes, crembo_probabilities(&row, p) fills p[CREMBO_CLASSES].",
        f"   The student: {comment(explained.name)} */",
        "#include <math.h>",
        "#include <stddef.h>",
        "#include <string.h>",
        "",
        f"#define CREMBO_CLASSES {len(explained.classes)}",
        f"#define CREMBO_FEATURES {len(explained.features)}",
        "",
        "struct crembo_row {",
        *(
            f"    {'const char *' if each.categories else 'double '}{field(j, each)};"
            f" /* {comment(each.name)} */"
            for j, each in enumerate(explained.features)
        ),
        "};",
        "",
        texts("crembo_classes", explained.class_names(), public=True),
        "int crembo_predict(const struct crembo_row *row);",
        "void crembo_probabilities(const struct crembo_row *row, float *probabilities);",
    ]
    utilities = utilities_of(student)
    predict = PREDICT if utilities is None else _utilities(utilities) + DECIDE
    return "\n".join(head) + "\n" + helpers + "\n" + body + predict


def _utilities(utilities: Doubles) -> str:
    rows = ",\n".join(f"    {numbers(row)}" for row in utilities)
    name = "crembo_utilities[CREMBO_CLASSES][CREMBO_CLASSES]"
    return (
        f"\n/* Of each prediction, by true class. */\nstatic const double {name} = {{\n{rows}}};\n"
    )


def _tree(explained: ReadableStudent, tree: Tree) -> str:
    leaves = np.flatnonzero(tree.is_leaf()).tolist()
    tables: list[str] = []
    code: list[str] = []

    def visit(v: int, indent: str) -> None:
        if tree.left[v] == v:
            code.append(f"{indent}leaf = {leaves.index(v)};")
            return
        split = split_at(tree, v, explained.features)
        if split.texts:
            tables.append(texts(f"crembo_texts_{v}", split.texts))
        code.append(f"{indent}if ({_goes_left(split, v, explained.features)}) {{")
        visit(int(tree.left[v]), indent + "    ")
        code.append(f"{indent}}} else {{")
        visit(int(tree.right[v]), indent + "    ")
        code.append(f"{indent}}}")

    visit(0, "    ")
    lines = [
        *tables,
        f"static const float crembo_leaves[{len(leaves)}][CREMBO_CLASSES] = {{",
        *(f"    {numbers(tree.probabilities[leaf])}," for leaf in leaves),
        "};",
        "",
        "void crembo_probabilities(const struct crembo_row *row, float *probabilities) {",
        "    int leaf;",
        "    (void)row; /* a tree of one leaf does not look at it */",
        *code,
        "    for (int k = 0; k < CREMBO_CLASSES; k++) probabilities[k] = crembo_leaves[leaf][k];",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _goes_left(split: Split, v: int, features: tuple[Feature, ...]) -> str:
    """A condition that holds where the cell goes left."""
    feature = features[split.feature]
    x = f"row->{field(split.feature, feature)}"
    absent = f"crembo_absent_{split.feature}({x})" if feature.categories else f"isnan({x})"
    if split.known is not None:
        if split.known == split.missing_left:
            return "1" if split.known else "0"
        return f"!{absent}" if split.known else absent
    if split.texts is None:
        # Every comparison with NAN is false.
        bound = repr(split.up_to)
        return f"!({x} > {bound})" if split.missing_left else f"{x} <= {bound}"
    within = f"crembo_in({x}, {len(split.texts)}, crembo_texts_{v})" if split.texts else "0"
    condition = within if split.texts_left else f"!{within}"
    return f"{absent} || {condition}" if split.missing_left else f"!{absent} && {condition}"


def _sums(explained: ReadableStudent, student: WeightsStudent) -> str:
    p, c = len(explained.features), len(explained.classes)
    missing = np.zeros((p, c))
    missing[student.columns.missing] = student.weights[p:]
    tables: dict[str, NDArray[np.floating]] = {
        "crembo_weights": student.weights[:p],
        "crembo_missing": missing,
    }
    lines = [
        texts(f"crembo_categories_{j}", each.categories)
        for j, each in enumerate(explained.features)
        if each.categories
    ]
    lines += [
        f"static const double crembo_begin[CREMBO_CLASSES] = {numbers(student.bias)};",
        f"static const double crembo_means[CREMBO_FEATURES] = {numbers(student.columns.centre)};",
    ]
    for name, rows in tables.items():
        lines.append(f"static const double {name}[CREMBO_FEATURES][CREMBO_CLASSES] = {{")
        lines += [f"    {numbers(row)}," for row in rows]
        lines.append("};")
    lines += ["", "static void crembo_numbers(const struct crembo_row *row, double *numbers) {"]
    for j, each in enumerate(explained.features):
        x, count = f"row->{field(j, each)}", len(each.categories)
        code = f"crembo_absent_{j}({x}) ? NAN : crembo_code({x}, {count}, crembo_categories_{j})"
        value = code if count else f"(float){x}"
        lines.append(f"    numbers[{j}] = {value};")
    return "\n".join([*lines, "}"]) + "\n" + SUMS


IN = """
static int crembo_in(const char *text, int count, const char *const *others) {
    for (int k = 0; k < count; k++)
        if (strcmp(text, others[k]) == 0) return 1;
    return 0;
}
"""
CODE = """
/* The code of a category, -1 where it was not seen before. */
static double crembo_code(const char *text, int count, const char *const *categories) {
    for (int k = 0; k < count; k++)
        if (strcmp(text, categories[k]) == 0) return k;
    return -1;
}
"""
SUMS = """
void crembo_probabilities(const struct crembo_row *row, float *probabilities) {
    double numbers[CREMBO_FEATURES], points[CREMBO_CLASSES], sum = 0, most;
    crembo_numbers(row, numbers);
    for (int k = 0; k < CREMBO_CLASSES; k++) points[k] = crembo_begin[k];
    for (int j = 0; j < CREMBO_FEATURES; j++) {
        const int absent = numbers[j] != numbers[j];
        const double step = absent ? 1 : numbers[j] - crembo_means[j];
        const double *weights = absent ? crembo_missing[j] : crembo_weights[j];
        for (int k = 0; k < CREMBO_CLASSES; k++) points[k] += step * weights[k];
    }
    most = points[0];
    for (int k = 1; k < CREMBO_CLASSES; k++) if (points[k] > most) most = points[k];
    for (int k = 0; k < CREMBO_CLASSES; k++) sum += points[k] = exp(points[k] - most);
    for (int k = 0; k < CREMBO_CLASSES; k++) probabilities[k] = (float)(points[k] / sum);
}
"""
PREDICT = """
int crembo_predict(const struct crembo_row *row) {
    float probabilities[CREMBO_CLASSES];
    int best = 0;
    crembo_probabilities(row, probabilities);
    for (int k = 1; k < CREMBO_CLASSES; k++)
        if (probabilities[k] > probabilities[best]) best = k;
    return best;
}
"""
DECIDE = """
int crembo_predict(const struct crembo_row *row) {
    float probabilities[CREMBO_CLASSES];
    double values[CREMBO_CLASSES] = {0};
    int best = 0;
    crembo_probabilities(row, probabilities);
    for (int k = 0; k < CREMBO_CLASSES; k++)
        for (int y = 0; y < CREMBO_CLASSES; y++)
            values[y] += (double)probabilities[k] * crembo_utilities[k][y];
    for (int y = 1; y < CREMBO_CLASSES; y++)
        if (values[y] > values[best]) best = y;
    return best;
}
"""


def field(j: int, feature: Feature) -> str:
    """The member of the struct: letters, digits and underscores, made unique by its place."""
    return f"f{j}_{re.sub(r'[^A-Za-z0-9_]+', '_', feature.name)[:40]}"


def comment(text: str) -> str:
    """`text` within a comment: on one line, and without what would end or begin one."""
    return printable(text).replace("*/", "* /").replace("/*", "/ *")


def texts(name: str, values: Sequence[str], *, public: bool = False) -> str:
    """A table of texts."""
    listed = ", ".join(map(_text, values)) or "NULL"
    return f"{'' if public else 'static '}const char *const {name}[] = {{{listed}}};"


def numbers(values: Iterable[float]) -> str:
    """A row of doubles; each is written so that it is read back as it is."""
    return f"{{{', '.join(repr(float(value)) for value in values)}}}"


def _text(text: str) -> str:
    """A string literal in ASCII; ? is escaped too, as two of them may begin a trigraph."""
    plain = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(plain)}"'
