"""A student as a Python module that imports nothing but the standard library.

It passes `mypy --strict` and runs under MicroPython, which has neither `typing` nor NaN-safe
comparisons: a missing value is None throughout.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

import numpy as np

from crembo_cli.dataset.literals import FALSE, TRUE
from crembo_cli.explanations.source import Source, join_values, source_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.program import LARGEST, Condition, Node, Program

HEAD = """
try:
    from typing import Any
except ImportError:  # MicroPython has no types, and asks for none
    pass

"""
CELLS = '''

def _is_missing(value: "Any", texts: "tuple[str, ...]") -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return value in texts
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA
        return True


def _number(value: "Any") -> "float | None":
    if isinstance(value, str):
        value = value.strip()
    if _is_missing(value, MISSING_NUMBERS):
        return None
    number = float(value in TRUE) if value in TRUE + FALSE else float(value)
    return None if number != number else number


def _cells(row: "dict[str, Any]") -> "list[Any]":
    """The cells of FEATURES: numbers and texts, None where missing."""
    cells: "list[Any]" = []
    for name in FEATURES:
        value = row[name]
        if name not in CATEGORIES:
            cells.append(_number(value))
        elif value not in CATEGORIES[name] and _is_missing(value, MISSING_TEXTS):
            cells.append(None)
        else:
            cells.append(str(value))
    return cells
'''
FLOAT32 = """

def _float32(number: float) -> float:
    within = min(max(number, -LARGEST), LARGEST)
    return float(struct.unpack("f", struct.pack("f", within))[0])
"""
NUMBERS = '''

def _numbers(cells: "list[Any]") -> "list[float | None]":
    """What stands for the cells: the number, or the category's code, -1 for one unknown."""
    numbers: "list[float | None]" = []
    for name, cell in zip(FEATURES, cells):
        if cell is None:
            numbers.append(None)
        elif name in CATEGORIES:
            numbers.append(float(CATEGORIES[name].get(cell, -1)))
        else:
            numbers.append(_float32(cell))
    return numbers
'''
SUMS = """

def _sums(numbers: "list[float | None]") -> "list[float]":
    sums = []
    for offset, terms in SUMS:
        for feature, weight, fill in terms:
            number = numbers[feature]
            offset += (fill if number is None else number) * weight
        sums.append(offset)
    return sums
"""
INPUTS = """

def _inputs(numbers: "list[float | None]") -> "list[float]":
    inputs = []
    for feature, shift, scale, low, high, mean in COLUMNS:
        number = numbers[feature]
        if number is None or (number < 0 and FEATURES[feature] in CATEGORIES):
            inputs.append(0.0)
        else:
            inputs.append(min(max((number - shift) * scale, low), high) - mean)
    inputs += [1.0 if numbers[feature] is None else 0.0 for feature in FLAGS]
    return inputs + [inputs[left] * inputs[right] for left, right in PRODUCTS]


def _layer(
    inputs: "list[float]", weights: "list[list[float]]", bias: "list[float]"
) -> "list[float]":
    outputs = list(bias)
    for each, row in zip(inputs, weights):
        if each:
            outputs = [output + each * weight for output, weight in zip(outputs, row)]
    return outputs
"""
SOFTMAX = """

def _softmax(scores: "list[float]") -> "list[float]":
    most = max(scores)
    shares = [math.exp(score - most) for score in scores]
    total = sum(shares)
    return [_float32(share / total) for share in shares]
"""
PREDICT = '''

def predict(row: "dict[str, Any]") -> {type}:
    """One of CLASSES: the most probable, the first of equals."""
    probabilities = predict_proba(row)
    return CLASSES[probabilities.index(max(probabilities))]
'''
DECIDE = '''

def predict(row: "dict[str, Any]") -> {type}:
    """One of CLASSES: the one of largest expected utility, the first of equals."""
    probabilities = predict_proba(row)
    values = [sum(p * u for p, u in zip(probabilities, column)) for column in zip(*UTILITIES)]
    return CLASSES[values.index(max(values))]
'''


def python_of(explained: ReadableStudent) -> str:
    """A module with `predict(row)` and `predict_proba(row)`; `row` maps names to values."""
    source = source_of(explained)
    program = source.program
    rounds = bool(program.numbers()) or program.softmax
    codes = {
        each.name: {text: code for code, text in enumerate(each.categories)}
        for each in source.features
        if each.categories
    }
    type_ = "str" if isinstance(source.classes[0], str) else "int"
    # ascii() writes any text as a literal that no name can break out of.
    parts = [
        f'"""A student by crembo {version("crembo-cli")}: predict(row), predict_proba(row)."""\n\n',
        "import math\n" * program.softmax,
        "import struct\n" * rounds,
        HEAD,
        f"STUDENT = {source.name!a}\n",
        f"FEATURES = {[each.name for each in source.features]!a}\n",
        f'CLASSES: "list[{type_}]" = {list(source.classes)!a}\n',
        f'CATEGORIES: "dict[str, dict[str, int]]" = {codes!a}  # texts: the codes\n',
        f'MISSING_TEXTS: "tuple[str, ...]" = {source.missing_texts!a}  # if no category\n',
        f'MISSING_NUMBERS: "tuple[str, ...]" = {source.missing_numbers!a}\n',
        f"TRUE, FALSE = {TRUE!a}, {FALSE!a}\n",
        *_constants(source),
        *(_tree(k, tree, source) for k, tree in enumerate(program.trees)),
        CELLS,
        FLOAT32 * rounds,
        NUMBERS * bool(program.numbers()),
        SUMS * bool(program.sums),
        INPUTS * bool(program.layers),
        SOFTMAX * program.softmax,
        *_probabilities(program),
        (PREDICT if source.utilities is None else DECIDE).replace("{type}", type_),
    ]
    return "".join(parts)


def _constants(source: Source) -> Iterable[str]:
    """The numbers of the program, one line each."""
    program = source.program
    if program.numbers() or program.softmax:
        yield f"LARGEST = {LARGEST!r}\n"
    if source.utilities is not None:
        yield f"UTILITIES = {_written(source.utilities)}  # of each prediction, by true class\n"
    if program.trees:
        yield f"TABLE = {_written(program.table)}  # of each leaf, for each class\n"
    if program.softmax:
        yield f"BEGIN = {_written(program.begin)}  # scores of each class\n"
    if program.sums:
        sums = [
            (each.offset, [(term.feature, term.weight, term.fill) for term in each.terms])
            for each in program.sums
        ]
        yield f"SUMS = {_written(sums)}  # offset, terms: feature, weight, value if missing\n"
    if program.layers:
        columns = [
            (each.feature, each.shift, each.scale, each.low, each.high, each.mean)
            for each in program.columns
        ]
        yield f"COLUMNS = {_written(columns)}  # feature, shift, scale, low, high, mean\n"
        yield f'FLAGS: "list[int]" = {list(program.flags)}  # features that may be missing\n'
        yield f'PRODUCTS: "list[tuple[int, int]]" = {list(program.products)}  # of two columns\n'
        layers = [(each.weights.tolist(), each.bias.tolist()) for each in program.layers]
        yield f"LAYERS = {_written(layers)}  # weights of each input, bias\n"


def _written(value: object) -> str:
    """Nested numbers as a literal, one line a row."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list):
        return repr(value)
    return "[\n" + "".join(f"    {each!r},\n" for each in value) + "]"


def _tree(k: int, tree: Node, source: Source) -> str:
    """A function that gives the leaf: cells x and sums s."""
    lines = ["", "", f'def _tree_{k}(x: "list[Any]", s: "list[float]") -> int:']

    def visit(node: Node, indent: str) -> None:
        while not isinstance(node, int):
            condition = " and ".join(_condition(each, source) for each in node.conditions)
            lines.append(f"{indent}if {condition}:")
            visit(node.then, indent + "    ")
            node = node.other
        lines.append(f"{indent}return {node}")

    visit(tree, "    ")
    return "\n".join([*lines, ""])


def _condition(condition: Condition, source: Source) -> str:
    p = len(source.features)
    x = f"x[{condition.value}]" if condition.value < p else f"s[{condition.value - p}]"
    if condition.known is not None:
        if condition.known == condition.missing:
            return str(condition.known)
        return f"{x} is not None" if condition.known else f"{x} is None"
    if condition.texts is None:
        test = f"{x} {'>' if condition.inverted else '<='} {condition.up_to!r}"
    else:
        test = f"{x} {'not in' if condition.inverted else 'in'} {condition.texts!a}"
    if condition.value >= p:
        return test
    return f"({x} is None or {test})" if condition.missing else f"{x} is not None and {test}"


def _probabilities(program: Program) -> Iterable[str]:
    """The function that runs the parts in their order."""
    yield '\n\ndef predict_proba(row: "dict[str, Any]") -> "list[float]":\n'
    yield '    """The probability of each of CLASSES; `row` maps each of FEATURES to its value.\n\n'
    yield "    None, NaN, pandas.NA and the texts above are missing values.\n"
    yield '    """\n    cells = _cells(row)\n'
    if program.numbers():
        yield "    numbers = _numbers(cells)\n"
    sums = "_sums(numbers)" if program.sums else "[]"
    if not program.softmax:
        yield f"    return list(TABLE[_tree_0(cells, {sums})])\n"
        return
    yield "    scores = list(BEGIN)\n"
    if program.trees:
        yield f"    for tree in [{join_values(f'_tree_{k}' for k in range(len(program.trees)))}]:\n"
        yield f"        leaf = TABLE[tree(cells, {sums})]\n"
        yield "        scores = [score + value for score, value in zip(scores, leaf)]\n"
    if program.layers:
        yield "    values = _inputs(numbers)\n"
        yield "    for weights, bias in LAYERS[:-1]:\n"
        yield "        values = [max(each, 0.0) for each in _layer(values, weights, bias)]\n"
        yield "    scores = _layer(values, *LAYERS[-1])\n"
    yield "    return _softmax(scores)\n"
