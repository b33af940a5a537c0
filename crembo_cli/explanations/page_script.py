"""A tree, linear or additive student as JavaScript for a page, which also asks for its reasons."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

import numpy as np

from crembo_cli.arrays import Floats
from crembo_cli.explanations.javascript import javascript_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree

KINDS = ("tree", "weights")  # of students that this module writes: `OptionalStudent.kind`
CELLS = """
// The cells of FEATURES as float32: NaN where missing, a category's code, -1 for an unknown one.
function cellsOf(row) {
  return FEATURES.map((name, j) => {
    const value = row[name], codes = CATEGORIES[j];
    if (value === null || value === undefined) return NaN;
    if (!codes) return Math.fround(value);
    const code = codes.indexOf(value);
    return code < 0 && MISSING_TEXTS.includes(value) ? NaN : code;
  });
}
"""
TREE = """
// The number of the leaf that the cells reach.
function leafOf(cells) {
  let v = 0;
  while (SPLIT[v] >= 0) {
    const cell = cells[SPLIT[v]];
    const left = Number.isNaN(cell) ? MISSING_LEFT[v] : cell <= THRESHOLD[v];
    v = LEFT[v] + (left ? 0 : 1);
  }
  return v;
}
"""
SUMS = """
// What the cells add to the score of each class: features (one, or a pair) and scores.
function termsOf(cells) {
  const columns = OWNER.map((j, k) => {
    const cell = cells[j];
    if (Number.isNaN(cell) || (CODED.includes(j) && cell < -0.5)) return 0;
    const value = KNOT ? (cell - KNOT[k]) * SLOPE[k] : cell;
    return Math.min(Math.max(value, LOW[k] ?? LOW[0]), HIGH[k] ?? HIGH[0]) - MEAN[k];
  });
  for (const j of MISSING) columns.push(Number.isNaN(cells[j]) ? 1 : 0);
  const owners = [...OWNER, ...MISSING], terms = new Map();
  const add = (features, column, at) => {
    const key = features.join();
    if (!terms.has(key)) terms.set(key, { features, scores: CLASSES.map(() => 0) });
    CLASSES.forEach((_, y) => {
      terms.get(key).scores[y] += column * WEIGHTS[at * CLASSES.length + y];
    });
  };
  columns.forEach((column, k) => add([owners[k]], column, k));
  PRODUCTS.forEach(([a, b], k) => {
    add([owners[a], owners[b]], columns[a] * columns[b], columns.length + k);
  });
  return [...terms.values()];
}
"""


def page_script_of(explained: ReadableStudent) -> str:
    """JavaScript that may stand in a script element, with functions of a row or of its cells.

    `predict(row)` and `predictProba(row)` are those of `explain -f js`. `leafOf(cells)`, of a
    tree, and `termsOf(cells)`, of sums, say why; `cellsOf(row)` gives the cells.
    """
    module = re.sub(r"^export ", "", javascript_of(explained), flags=re.M)
    predict = (
        "const { predict, predictProba } = (() => {\n%s\nreturn { predict, predictProba };\n})();"
    )
    constants = {
        "FEATURES": js_literal([each.name for each in explained.features]),
        "CLASSES": js_literal(list(explained.classes)),
        "CATEGORIES": js_literal([list(each.categories) or None for each in explained.features]),
        "MISSING_TEXTS": js_literal(list(explained.missing_texts)),
    }
    student = explained.student
    if kind_of(student) == "tree":
        constants |= _tree(cast("Tree", student))
        code = TREE
    else:
        constants |= _sums(cast("WeightsStudent", student))
        code = SUMS
    lines = [f"const {name} = {value};" for name, value in constants.items()]
    return "\n".join([predict.replace("%s", module), *lines, CELLS + code])


def _tree(tree: Tree) -> dict[str, str]:
    return {
        "SPLIT": js_literal(tree.feature.tolist()),
        "THRESHOLD": _floats(tree.threshold),
        "MISSING_LEFT": js_literal(tree.missing_left.astype(int).tolist()),
        "LEFT": js_literal(tree.left.tolist()),
    }


def _sums(student: WeightsStudent) -> dict[str, str]:
    columns = student.columns
    ramps, products = columns.ramps, columns.products
    pairs = np.stack([products.left, products.right], axis=1).tolist() if products else []
    return {
        "OWNER": js_literal(columns.owner()[: len(columns.centre)].tolist()),
        "KNOT": _floats(ramps.knot) if ramps else "null",
        "SLOPE": _floats(ramps.slope) if ramps else "null",
        "LOW": _floats(columns.limits[0]),
        "HIGH": _floats(columns.limits[1]),
        "MEAN": _floats(columns.centre),
        "MISSING": js_literal(columns.missing.tolist()),
        "CODED": js_literal(columns.coded.tolist()),
        "PRODUCTS": js_literal(pairs),
        "WEIGHTS": _floats(student.weights.ravel()),
    }


def js_literal(value: object) -> str:
    """A literal in ASCII that ends no script element, whatever the texts in it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _floats(values: Floats) -> str:
    texts = [str(each).replace("inf", "Infinity") for each in values.astype(np.float32)]
    return f"Float32Array.of({', '.join(texts)})"
