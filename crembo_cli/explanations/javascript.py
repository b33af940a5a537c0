"""A student as one JavaScript module without dependencies, for browsers and node."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import version

from crembo_cli.dataset.literals import FALSE, TRUE
from crembo_cli.explanations.source import Source, branch_lines, join_values, source_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.program import LARGEST, Condition, Node, Program

CELLS = """
function number(value) {
  const cell = typeof value === "string" ? value.trim() : value;
  if (cell === null || cell === undefined || MISSING_NUMBERS.includes(cell)) return null;
  if (TRUE.includes(cell)) return 1;
  if (FALSE.includes(cell)) return 0;
  const found = Number(cell);
  if (Number.isNaN(found) && !Number.isNaN(cell)) throw new TypeError(`not a number: ${cell}`);
  return Number.isNaN(found) ? null : found;
}

function text(value, categories) {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  const cell = String(value);
  return MISSING_TEXTS.includes(cell) && !categories.includes(cell) ? null : cell;
}

// The cells of FEATURES: numbers and texts, null where missing.
const cells = (row) =>
  FEATURES.map((name) => {
    if (!(name in row)) throw new TypeError(`no feature ${name}`);
    const categories = CATEGORIES.get(name);
    return categories ? text(row[name], categories) : number(row[name]);
  });
"""
NUMBERS = """
// What stands for the cells: the number, or the category's code, -1 for one unknown.
const numbersOf = (x) =>
  x.map((cell, j) => {
    if (cell === null) return null;
    const codes = CATEGORIES.get(FEATURES[j]);
    return codes ? codes.indexOf(cell) : Math.fround(Math.min(Math.max(cell, -LARGEST), LARGEST));
  });
"""
SUMS_CODE = """
const sumsOf = (numbers) =>
  SUMS.map(([offset, terms]) =>
    terms.reduce((sum, [j, weight, fill]) => sum + (numbers[j] ?? fill) * weight, offset));
"""
INPUTS = """
function inputsOf(numbers) {
  const inputs = COLUMNS.map(([j, shift, scale, low, high, mean]) => {
    const number = numbers[j];
    if (number === null || (number < 0 && CATEGORIES.has(FEATURES[j]))) return 0;
    return Math.min(Math.max((number - shift) * scale, low), high) - mean;
  });
  inputs.push(...FLAGS.map((j) => (numbers[j] === null ? 1 : 0)));
  return inputs.concat(PRODUCTS.map(([left, right]) => inputs[left] * inputs[right]));
}

const layer = (inputs, [weights, bias]) =>
  bias.map((begin, k) => inputs.reduce((sum, each, i) => sum + each * weights[i][k], begin));
"""
SOFTMAX = """
function softmax(scores) {
  const most = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - most));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => Math.fround(share / total));
}
"""
PREDICT = """
// One of CLASSES: the most probable, the first of equals.
export function predict(row) {
  const probabilities = predictProba(row);
  return CLASSES[probabilities.indexOf(Math.max(...probabilities))];
}
"""
DECIDE = """
// One of CLASSES: the one of largest expected utility, the first of equals.
export function predict(row) {
  const probabilities = predictProba(row);
  const values = CLASSES.map((_, y) =>
    probabilities.reduce((sum, share, k) => sum + share * UTILITIES[k][y], 0));
  return CLASSES[values.indexOf(Math.max(...values))];
}
"""


def javascript_of(explained: ReadableStudent) -> str:
    """A module with `predict(row)` and `predictProba(row)`; `row` maps names to values.

    Whole numbers of classes beyond 2^53 are texts, since a number of JavaScript is a float64.
    """
    source = source_of(explained)
    program = source.program
    numbers = bool(program.numbers())
    classes = [
        each if isinstance(each, str) or abs(each) < 2**53 else str(each) for each in source.classes
    ]
    categories = [[each.name, list(each.categories)] for each in source.features if each.categories]
    parts = [
        f"// A student by crembo {version('crembo-cli')}: predict(row), predictProba(row).\n\n",
        f"export const STUDENT = {_written(source.name)};\n",
        f"export const FEATURES = {_written([each.name for each in source.features])};\n",
        f"export const CLASSES = {_written(classes)};\n",
        "// The categories of text features.\n",
        f"const CATEGORIES = new Map({_written(categories)});\n",
        f"const MISSING_TEXTS = {_written(source.missing_texts)};\n",
        f"const MISSING_NUMBERS = {_written(source.missing_numbers)};\n",
        f"const TRUE = {_written([True, *TRUE])};\nconst FALSE = {_written([False, *FALSE])};\n",
        *_constants(source),
        *(_tree(k, tree, source) for k, tree in enumerate(program.trees)),
        CELLS,
        NUMBERS * numbers,
        SUMS_CODE * bool(program.sums),
        INPUTS * bool(program.layers),
        SOFTMAX * program.softmax,
        *_probabilities(program),
        PREDICT if source.utilities is None else DECIDE,
    ]
    return "".join(parts)


def _written(value: object) -> str:
    """A literal in ASCII that cannot end a script element of HTML."""
    return json.dumps(value, allow_nan=False).replace("</", "<\\/").replace("<!--", "<\\!--")


def _constants(source: Source) -> Iterable[str]:
    """The numbers of the program, one line each."""
    program = source.program
    if program.numbers():
        yield f"const LARGEST = {LARGEST!r};\n"
    if source.utilities is not None:
        yield f"const UTILITIES = {_written(source.utilities.tolist())};\n"
    if program.trees:
        yield "// Of each leaf, for each class.\n"
        yield f"const TABLE = {_written(program.table.tolist())};\n"
    if program.softmax:
        yield f"const BEGIN = {_written(program.begin.tolist())};\n"
    if program.sums:
        sums = [
            [each.offset, [[term.feature, term.weight, term.fill] for term in each.terms]]
            for each in program.sums
        ]
        yield "// Offset, terms: feature, weight, value if missing.\n"
        yield f"const SUMS = {_written(sums)};\n"
    if program.layers:
        columns = [
            [each.feature, each.shift, each.scale, each.low, each.high, each.mean]
            for each in program.columns
        ]
        layers = [[each.weights.tolist(), each.bias.tolist()] for each in program.layers]
        yield "// Feature, shift, scale, low, high, mean.\n"
        yield f"const COLUMNS = {_written(columns)};\n"
        yield f"const FLAGS = {_written(program.flags)};\n"
        yield f"const PRODUCTS = {_written(program.products)};\n"
        yield f"// Weights of each input, bias.\nconst LAYERS = {_written(layers)};\n"


def _tree(k: int, tree: Node, source: Source) -> str:
    """A function that gives the leaf: cells x and sums s."""
    lines = ["", f"function tree{k}(x, s) {{"]
    lines += branch_lines(tree, lambda each: _condition(each, source), "  ")
    return "\n".join([*lines, "}", ""])


def _condition(condition: Condition, source: Source) -> str:
    p = len(source.features)
    x = f"x[{condition.value}]" if condition.value < p else f"s[{condition.value - p}]"
    if condition.known is not None:
        if condition.known == condition.missing:
            return "true" if condition.known else "false"
        return f"{x} {'!==' if condition.known else '==='} null"
    if condition.texts is None:
        test = f"{x} {'>' if condition.inverted else '<='} {condition.up_to!r}"
    else:
        not_ = "!" if condition.inverted else ""
        test = f"{not_}{_written(condition.texts)}.includes({x})"
    if condition.value >= p:
        return test
    return f"({x} === null || {test})" if condition.missing else f"{x} !== null && {test}"


def _probabilities(program: Program) -> Iterable[str]:
    """The function that runs the parts in their order."""
    yield "\n// The probability of each of CLASSES; `row` maps each of FEATURES to its value.\n"
    yield "// null, undefined, NaN and the texts above are missing values.\n"
    yield "export function predictProba(row) {\n  const x = cells(row);\n"
    if program.numbers():
        yield "  const numbers = numbersOf(x);\n"
    if program.sums:
        yield "  const s = sumsOf(numbers);\n"
    s = ", s" if program.sums else ""
    if not program.softmax:
        yield f"  return [...TABLE[tree0(x{s})]];\n}}\n"
        return
    yield "  let scores = BEGIN;\n"
    if program.trees:
        names = join_values(f"tree{k}" for k in range(len(program.trees)))
        yield f"  for (const tree of [{names}]) {{\n    const leaf = TABLE[tree(x{s})];\n"
        yield "    scores = scores.map((score, k) => score + leaf[k]);\n  }\n"
    if program.layers:
        yield "  let values = inputsOf(numbers);\n"
        yield "  for (const each of LAYERS.slice(0, -1)) {\n"
        yield "    values = layer(values, each).map((value) => Math.max(value, 0));\n  }\n"
        yield "  scores = layer(values, LAYERS[LAYERS.length - 1]);\n"
    yield "  return softmax(scores);\n}\n"
