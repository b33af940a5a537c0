"""The list itself: flat arrays, in the order in which rules are asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import LEAF
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.scored.columns import blocks
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import leaf_rule

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleList:
    """K rules of at most t terms; the first rule all of whose terms hold has the say.

    A term holds where sign * cell <= bound. A rule of fewer terms repeats one; the last rule
    is the "otherwise" and always holds.
    """

    feature: Indices  # (K, t) the column that a term asks
    sign: Floats  # (K, t) 1 or -1
    bound: Floats  # (K, t)
    missing: Floats  # (K, t) what a missing cell counts as: infinite, to hold or not to
    label: Indices  # (K,)
    probabilities: Floats  # (K, c) rows sum to 1; the argmax is the label

    def rule_of(self, rows: Floats) -> Indices:
        """The rule that has the say on each row: int64 (n,), for float32 rows (n, p)."""
        parts = [self.holds(block).all(axis=2).argmax(axis=1) for block in blocks(rows)]
        return np.concatenate(parts)

    def holds(self, rows: Floats) -> NDArray[np.bool_]:
        """Which terms hold, bool (n, K, t), for float32 rows (n, p)."""
        cells = rows[:, self.feature]
        known = np.where(np.isnan(cells), self.missing, cells)
        return np.asarray(known * self.sign <= self.bound)

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return self.label[self.rule_of(rows)]

    def predict_proba(self, rows: Floats) -> Floats:
        """The rule's probabilities, float32 (n, c), for float32 rows (n, p)."""
        return self.probabilities[self.rule_of(rows)]

    def terms(self, rule: int) -> list[int]:
        """Which terms of a rule are no repetition of an earlier one."""
        both = np.stack([self.feature[rule], self.sign[rule], self.bound[rule]], axis=1)
        _, first = np.unique(both, axis=0, return_index=True)
        return sorted(int(j) for j in first)

    def thresholds(self) -> Floats:
        """What values are compared with, float32 (K, t): <= it where the sign is 1, else > it."""
        with np.errstate(over="ignore"):
            below = -np.nextafter(self.bound, np.float32(np.inf))
        return np.where(self.sign > 0, self.bound, below)

    def holds_missing(self) -> NDArray[np.bool_]:
        """Where a term holds for a missing cell, bool (K, t)."""
        return np.asarray(self.missing * self.sign < 0)

    def size(self) -> dict[str, int]:
        """A leaf for each rule and for the "otherwise"; two numbers a term and a label a rule."""
        rules = len(self.label)
        terms = sum(len(self.terms(rule)) for rule in range(rules - 1))
        return {"leaves": rules, "parameters": 2 * terms + rules}

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """All terms at once, then the first rule that holds; see `students.contract.Student`."""
        from onnx import TensorProto

        nodes = Nodes()
        cells = nodes.add("Gather", [rows, nodes.constant(self.feature.ravel())], axis=1)
        absent = nodes.add("IsNaN", [cells])
        known = nodes.add("Where", [absent, nodes.constant(self.missing.ravel()), cells])
        signed = nodes.add("Mul", [known, nodes.constant(self.sign.ravel())])
        holds = nodes.add("LessOrEqual", [signed, nodes.constant(self.bound.ravel())])
        number = nodes.add("Cast", [holds], to=TensorProto.FLOAT)
        shape = nodes.constant(np.array([-1, *self.feature.shape]))
        terms = nodes.add("Reshape", [number, shape])
        all_hold = nodes.add("ReduceMin", [terms, nodes.constant(np.array([2]))], keepdims=0)
        rule = nodes.add("ArgMax", [all_hold], axis=1, keepdims=0)
        nodes.add("Gather", [nodes.constant(self.probabilities), rule], probabilities, axis=0)
        nodes.add("Gather", [nodes.constant(self.label), rule], index, axis=0)
        return nodes.nodes, nodes.constants

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The rules, one a line; see `students.contract.Student.describe`."""

        return rules_text(self, features, classes)


def read_rules(graph: GraphProto) -> RuleList:
    """Return the rules in the graph of a student's file.

    Raises ValueError, KeyError or IndexError if the nodes are not as crembo writes them.
    """
    own = StudentGraph(graph)
    cells, probabilities, label = own.all("Gather")
    shape = own.value(own.only("Reshape"))[1:]
    student = RuleList(
        feature=own.value(cells).reshape(shape),
        sign=own.value(own.only("Mul")).reshape(shape),
        bound=own.value(own.only("LessOrEqual")).reshape(shape),
        missing=own.value(own.only("Where")).reshape(shape),
        label=own.value(label, 0),
        probabilities=own.value(probabilities, 0),
    )
    if not len(student.label) == len(student.probabilities) == len(student.feature):
        raise ValueError("expected a label and probabilities for each rule")
    return student


def rules_text(student: RuleList, features: Sequence[Feature], classes: Sequence[str]) -> str:
    """Each rule with its class and that class's mean belief where the rule has the say."""
    lines = []
    last = len(student.label) - 1
    for k, label in enumerate(student.label):
        says = f"{classes[label]} ({student.probabilities[k, label]:.2f})"
        if k == last:
            lines.append(f"otherwise: {says}" if k else f"always: {says}")
        else:
            chain, end = _chain(student, k)
            holds = leaf_rule(chain, end, features)
            lines.append(f"{'else ' if k else ''}if {holds}: {says}")
    return "\n".join(lines)


def _chain(student: RuleList, k: int) -> tuple[Tree, int]:
    """Rule k as a tree: each split goes on to the next, or to a leaf; and the leaf at the end."""
    terms = student.terms(k)
    splits = 2 * np.arange(len(terms))
    low = student.sign[k, terms] > 0
    m = 2 * len(terms) + 1
    feature, threshold = np.full(m, LEAF, np.int32), np.zeros(m, np.float32)
    left = np.arange(m, dtype=np.int32)
    right, missing_left = left.copy(), np.zeros(m, np.bool_)
    feature[splits] = student.feature[k, terms]
    threshold[splits] = student.thresholds()[k, terms]
    missing_left[splits] = student.holds_missing()[k, terms] == low
    left[splits] = np.where(low, splits + 2, splits + 1)
    right[splits] = np.where(low, splits + 1, splits + 2)
    return Tree(
        feature=feature,
        threshold=threshold,
        missing_left=missing_left,
        left=left,
        right=right,
        label=np.zeros(m, np.int64),
        probabilities=np.zeros((m, 1), np.float32),
    ), m - 1
