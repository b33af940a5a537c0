"""A student as one file of C99 or C++ that needs the standard library alone, and its header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version

from crembo_cli.errors import UsageError, printable
from crembo_cli.explanations.c_templates import (
    ADD,
    BEGIN,
    CODE,
    DECIDE,
    GUARD,
    HEADER,
    IN,
    INPUTS,
    NUMBER,
    PREDICT,
    SOFTMAX,
)  # fmt: skip
from crembo_cli.explanations.source import Source, branch_lines, join_values, source_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.program import Condition, Node, Program

PREFIX = "crembo"


def header_of(explained: ReadableStudent, prefix: str = PREFIX) -> str:
    """The header: `struct crembo_row`, `crembo_predict` and `crembo_probabilities`.

    The row has a double for each number, NAN where missing, and a text for each category, NULL
    where missing. All names begin with `prefix`.
    """
    source = source_of(explained)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", prefix):
        raise UsageError(
            "invalid prefix", where="--prefix", found=repr(prefix), wanted="a name of C"
        )
    fields = [
        f"    {'const char *' if each.categories else 'double '}{field(j, each)};"
        f" /* {comment(each.name)} */"
        for j, each in enumerate(source.features)
    ]
    head = HEADER.replace("@VERSION", version("crembo-cli"))
    head = head.replace("@COUNT", str(len(source.classes)))
    return (
        _named(head, prefix)
        .replace("@NAME", comment(source.name))
        .replace("@FIELDS", "\n".join(fields))
    )


def c_of(explained: ReadableStudent, prefix: str = PREFIX) -> str:
    """The header, and what it declares: `crembo_predict` gives the class's place."""
    source = source_of(explained)
    program = source.program
    tables: list[str] = []
    trees = [_tree(k, tree, source, tables) for k, tree in enumerate(program.trees)]
    constants = [*_constants(source), *tables]
    code = [*trees, _probabilities(source)]
    body = [
        *[IN] * any("crembo_in(" in each for each in code),
        *[CODE] * any(source.features[j].categories for j in program.numbers()),
        *[NUMBER] * any(not source.features[j].categories for j in program.numbers()),
        *code,
        PREDICT if source.utilities is None else DECIDE,
    ]
    names = [str(each) for each in source.classes]
    classes = texts("crembo_classes[CREMBO_CLASSES]", names, static=False)
    # Names come from the templates and from this file alone, never from the student's texts,
    # which stand in tables.
    return "\n".join(
        [
            header_of(explained, prefix),
            _named(GUARD, prefix),
            *(_named_table(each, prefix) for each in (classes, *constants)),
            *(_named(each, prefix) for each in body),
        ]
    )


def _named(code: str, prefix: str) -> str:
    """The code with its own names under the prefix."""
    return code.replace("crembo_", f"{prefix}_").replace("CREMBO_", f"{prefix.upper()}_")


def _named_table(table: str, prefix: str) -> str:
    """A table whose name and size, but not whose texts, are under the prefix."""
    name, equals, values = table.partition(" = ")
    return _named(name, prefix) + equals + values


def _constants(source: Source) -> Iterable[str]:
    """The tables of the program."""
    program = source.program
    for j in source.coded():
        if missing := source.missing_of(j):
            yield texts(f"crembo_missing_{j}[{len(missing)}]", missing)
    for j in program.numbers():
        if categories := source.features[j].categories:
            yield texts(f"crembo_categories_{j}[{len(categories)}]", categories)
    if source.utilities is not None:
        yield "\n/* Of each prediction, by true class. */"
        yield _table("crembo_utilities", "double", source.utilities)
    if program.trees:
        yield "\n/* Of each leaf, for each class. */"
        yield _table("crembo_leaves", "double" if program.softmax else "float", program.table)
    if program.softmax:
        yield f"static const double crembo_begin[CREMBO_CLASSES] = {numbers(program.begin)};"
    if program.layers:
        yield "\n/* Shift, scale, low, high, mean of the columns that the layers read. */"
        columns = [
            (each.shift, each.scale, each.low, each.high, each.mean) for each in program.columns
        ]
        yield _table("crembo_columns", "double", columns)
        used = [each.feature for each in program.columns]
        yield f"static const int crembo_column_features[{len(used)}] = {{{join_values(used)}}};"
        coded = [int(bool(source.features[j].categories)) for j in used]
        yield f"static const int crembo_column_coded[{len(used)}] = {{{join_values(coded)}}};"
        if program.flags:
            flags = join_values(program.flags)
            yield f"static const int crembo_flags[{len(program.flags)}] = {{{flags}}};"
        if program.products:
            pairs = join_values(f"{{{left}, {right}}}" for left, right in program.products)
            yield f"static const int crembo_products[{len(program.products)}][2] = {{{pairs}}};"
    for k, each in enumerate(program.layers):
        yield _table(f"crembo_weights_{k}", "double", each.weights)
        yield f"static const double crembo_bias_{k}[{len(each.bias)}] = {numbers(each.bias)};"


def _tree(k: int, tree: Node, source: Source, tables: list[str]) -> str:
    """A function that gives the leaf, of the cells x and the sums s."""
    head = f"static int crembo_tree_{k}(const struct crembo_row *x, const double *s) {{"
    lines = ["", head, "    (void)x;", "    (void)s;"]
    lines += branch_lines(tree, lambda each: _condition(each, source, tables), "    ")
    return "\n".join([*lines, "}"])


def _condition(condition: Condition, source: Source, tables: list[str]) -> str:
    j, p = condition.value, len(source.features)
    if j >= p:
        x, absent, there = f"s[{j - p}]", "0", "1"
    else:
        x, text = f"x->{field(j, source.features[j])}", bool(source.features[j].categories)
        absent = f"{x} == NULL" if text else f"{x} != {x}"
        there = f"{x} != NULL" if text else f"{x} == {x}"
    if condition.known is not None:
        if condition.known == condition.missing:
            return str(int(condition.known))
        return there if condition.known else absent
    if condition.texts is None:
        # Every comparison with NAN is false.
        sign, other = (">", "<=") if condition.inverted else ("<=", ">")
        bound = repr(condition.up_to)
        return f"!({x} {other} {bound})" if condition.missing else f"{x} {sign} {bound}"
    test = str(int(condition.inverted))
    if condition.texts:
        name = f"crembo_texts_{len(tables)}"
        tables.append(texts(f"{name}[{len(condition.texts)}]", condition.texts))
        test = f"{'!' * condition.inverted}crembo_in({x}, {len(condition.texts)}, {name})"
    return f"({absent} || {test})" if condition.missing else f"{there} && {test}"


def _probabilities(source: Source) -> str:
    """The function that runs the parts in their order."""
    program, features = source.program, source.features
    lines = [BEGIN]
    for j in source.coded():
        x = f"x.{field(j, features[j])}"
        if missing := len(source.missing_of(j)):
            absent = f"{x} != NULL && crembo_in({x}, {missing}, crembo_missing_{j})"
            lines.append(f"    if ({absent}) {x} = NULL;")
    if program.numbers():
        lines.append(f"    double n[{len(features)}];")
        lines.append(f"    int absent[{len(features)}];")
    for j in program.numbers():
        x, count = f"x.{field(j, features[j])}", len(features[j].categories)
        lines.append(f"    absent[{j}] = {x} {'== NULL' if count else f'!= {x}'};")
        number = f"crembo_code({x}, {count}, crembo_categories_{j})" if count else ""
        lines.append(f"    n[{j}] = absent[{j}] ? 0 : {number or f'crembo_number({x})'};")
    if program.sums:
        lines.append(f"    double s[{len(program.sums)}];")
    for k, each in enumerate(program.sums):
        lines.append(f"    s[{k}] = {each.offset!r};")
        lines += [
            f"    s[{k}] += (absent[{term.feature}] ? {term.fill!r} : n[{term.feature}])"
            f" * {term.weight!r};"
            for term in each.terms
        ]
    s = "s" if program.sums else "NULL"
    if not program.softmax:
        lines.append(f"    const float *leaf = crembo_leaves[crembo_tree_0(&x, {s})];")
        lines.append("    for (int k = 0; k < CREMBO_CLASSES; k++) probabilities[k] = leaf[k];")
        return "\n".join([*lines, "}"])
    lines.append("    double scores[CREMBO_CLASSES];")
    lines.append("    for (int k = 0; k < CREMBO_CLASSES; k++) scores[k] = crembo_begin[k];")
    lines += ["    const double *leaf;"] * bool(program.trees)
    for t in range(len(program.trees)):
        lines += [f"    leaf = crembo_leaves[crembo_tree_{t}(&x, {s})];", ADD]
    return "\n".join([*lines, *_layers(program), SOFTMAX])


def _layers(program: Program) -> Iterable[str]:
    if not program.layers:
        return
    columns, flags, products = (
        len(each) for each in (program.columns, program.flags, program.products)
    )
    yield f"    double inputs_0[{columns + flags + products}];"
    yield INPUTS.replace("@COUNT", str(columns))
    if flags:
        yield f"    for (int k = 0; k < {flags}; k++)"
        yield f"        inputs_0[{columns} + k] = absent[crembo_flags[k]];"
    if products:
        yield f"    for (int k = 0; k < {products}; k++)"
        yield f"        inputs_0[{columns + flags} + k] ="
        yield "            inputs_0[crembo_products[k][0]] * inputs_0[crembo_products[k][1]];"
    last = len(program.layers) - 1
    for i, each in enumerate(program.layers):
        width, count = each.weights.shape
        name = "scores" if i == last else f"inputs_{i + 1}"
        if i < last:
            yield f"    double {name}[{count}];"
        yield f"    for (int k = 0; k < {count}; k++) {{"
        yield f"        double sum = crembo_bias_{i}[k];"
        yield f"        for (int j = 0; j < {width}; j++)"
        yield f"            sum += inputs_{i}[j] * crembo_weights_{i}[j][k];"
        yield f"        {name}[k] = {'sum' if i == last else 'sum > 0 ? sum : 0'};"
        yield "    }"


def field(j: int, feature: Feature) -> str:
    """A name of C for feature number j."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", feature.name).strip("_")
    plain = re.sub("(?i)crembo_", "crembo", plain)  # what begins with it is under the prefix
    return f"f{j}_{plain}" if plain else f"f{j}"


def comment(text: str) -> str:
    """`text` within a comment: on one line, and without what would end or begin one."""
    return printable(text).replace("*/", "* /").replace("/*", "/ *")


def texts(name: str, values: Sequence[str], *, static: bool = True) -> str:
    """A table of texts."""
    return f"{'static ' * static}const char *const {name} = {{{join_values(map(_text, values))}}};"


def numbers(values: Iterable[float]) -> str:
    """A row of doubles; each is written so that it is read back as it is."""
    return f"{{{join_values(repr(float(value)) for value in values)}}}"


def _table(name: str, kind: str, rows: Iterable[Iterable[float]]) -> str:
    lines = [f"    {_row(row, kind)}" for row in rows]
    width = lines[0].count(",") + 1
    values = ",\n".join(lines)
    return f"static const {kind} {name}[{len(lines)}][{width}] = {{\n{values}}};"


def _row(row: Iterable[float], kind: str) -> str:
    if kind == "double":
        return numbers(row)
    return f"{{{join_values(f'{float(value)!r}f' for value in row)}}}"


def _text(text: str) -> str:
    """A string literal in ASCII; ? is escaped too, as two of them may begin a trigraph."""
    plain = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(plain)}"'
