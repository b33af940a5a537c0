"""The rule list: flat arrays, in the order of the rules, its predictions, words and nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Doubles
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import OPSETS, Nodes
from crembo_cli.students.program import Branch as ProgramBranch
from crembo_cli.students.program import Node, Program, condition_of
from crembo_cli.students.scored.columns import blocks
from crembo_cli.students.tree.text import Branch, goes_left, leaf_text, path_text, unseen_note

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleList:
    """K rules of at most t terms; the first rule whose terms all hold decides.

    A term holds where sign * cell <= bound. A rule of fewer terms repeats one; the last rule
    is the default rule and always holds.
    """

    feature: Indices  # (K, t) the column that a term tests
    sign: Floats  # (K, t) 1 or -1
    bound: Floats  # (K, t)
    missing: (
        Floats  # (K, t) the value of a missing cell: infinite, so that the term holds or does not
    )
    label: Indices  # (K,)
    probabilities: Floats  # (K, c) rows sum to 1; the argmax is the label
    kind: ClassVar[str] = "rules"
    opsets: ClassVar[tuple[int, int]] = OPSETS

    def rule_of(self, rows: Floats) -> Indices:
        """The rule that decides each row: int64 (n,), for float32 rows (n, p)."""
        parts = [self.holds(block).all(axis=2).argmax(axis=1) for block in blocks(rows)]
        return np.concatenate(parts)

    def holds(self, rows: Floats) -> NDArray[np.bool_]:
        """Return which terms hold, bool (n, K, t), for float32 rows (n, p)."""
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
        """Return the terms of a rule that do not repeat an earlier one."""
        both = np.stack([self.feature[rule], self.sign[rule], self.bound[rule]], axis=1)
        _, first = np.unique(both, axis=0, return_index=True)
        return sorted(int(j) for j in first)

    def thresholds(self) -> Floats:
        """Return the thresholds, float32 (K, t): a value is <= it if the sign is 1, else > it."""
        with np.errstate(over="ignore"):
            below = -np.nextafter(self.bound, np.float32(np.inf))
        return np.where(self.sign > 0, self.bound, below)

    def holds_missing(self) -> NDArray[np.bool_]:
        """Return whether each term holds for a missing cell, bool (K, t)."""
        return np.asarray(self.missing * self.sign < 0)

    def decided_by(self, utilities: Doubles) -> RuleList:
        """The list whose rules predict the class with the largest expected utility."""
        values = self.probabilities.astype(np.float64) @ utilities
        return replace(self, label=values.argmax(axis=1))

    def size(self) -> dict[str, int]:
        """Leaves: the rules and the default. Parameters: two numbers a term, a label a rule."""
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
        finite = nodes.finite(cells)  # that a cell is there is a term: `cell <= the largest`
        known = nodes.add("Where", [absent, nodes.constant(self.missing.ravel()), finite])
        signed = nodes.add("Mul", [known, nodes.constant(self.sign.ravel())])
        beyond = nodes.add("Greater", [signed, nodes.constant(self.bound.ravel())])
        holds = nodes.add("Not", [beyond])
        number = nodes.add("Cast", [holds], to=TensorProto.FLOAT)
        shape = nodes.constant(np.array([-1, *self.feature.shape]))
        terms = nodes.add("Reshape", [number, shape])
        all_hold = nodes.add("ReduceMin", [terms], axes=[2], keepdims=0)
        rule = nodes.add("ArgMax", [all_hold], axis=1, keepdims=0)
        nodes.add("Gather", [nodes.constant(self.probabilities), rule], probabilities, axis=0)
        nodes.add("Gather", [nodes.constant(self.label), rule], index, axis=0)
        return nodes.nodes, nodes.constants

    def program(self, features: Sequence[Feature]) -> Program:
        """A tree that tests the rules one after the other; see `students.program`."""
        categories = [each.categories for each in features]
        node: Node = len(self.label) - 1
        for k in reversed(range(len(self.label) - 1)):
            held = []
            for branch in _path(self, k):
                threshold = np.float32(branch.threshold)
                found = condition_of(branch.feature, threshold, branch.missing_left, categories)
                held.append(found if branch.left else found.negate())
            node = ProgramBranch(conditions=tuple(held), then=k, other=node)
        table = self.probabilities.astype(np.float64)
        return Program(begin=np.zeros(table.shape[1]), trees=(node,), table=table, softmax=False)

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The rules, one per line, with the mean teacher probability of their class."""

        def leaf(k: int) -> str:
            label = self.label[k]
            return f"{classes[label]} ({self.probabilities[k, label]:.2f})"

        return "\n".join(self._lines(features, leaf))

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The rules with all class probabilities; see `students.contract.OptionalStudent`."""

        def leaf(k: int) -> str:
            return leaf_text(int(self.label[k]), self.probabilities[k], classes)

        lines = [
            f"{name}: {len(self.label) - 1} rules. The first one that holds decides.",
            "Each rule: the predicted class (in parentheses: mean teacher probability by class).",
            "",
            *self._lines(features, leaf),
        ]
        return "\n".join(lines)

    def _lines(self, features: Sequence[Feature], leaf: Callable[[int], str]) -> list[str]:
        """The rules, one per line, `leaf` giving the words for what rule k predicts."""
        lines = [f"{text}: {leaf(k)}" for k, text in enumerate(self.rule_texts(features))]
        return [*lines, *unseen_note(lines)]

    def rule_texts(self, features: Sequence[Feature]) -> list[str]:
        """The condition of each rule: "if ...", "else if ...", and "otherwise"."""
        last = len(self.label) - 1
        texts = [
            f"{'else ' if k else ''}if {path_text(_path(self, k), features)}" for k in range(last)
        ]
        return [*texts, "otherwise" if last else "always"]

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """The rules in order, under "rules"; the last one holds always.

        A rule has terms under `if`, all of which must hold, the class that it `predicted`, and its
        `probabilities`. A term has a `feature` and what `holds`: as `goes_left` in a tree, or
        `above` (the float32 threshold, excluded).
        """
        last = len(self.label) - 1
        return {
            "rules": [
                {
                    "if": [
                        {"feature": branch.feature, "holds": _holds(branch, features)}
                        for branch in (_path(self, k) if k < last else ())
                    ],
                    "predicted": classes[label],
                    "probabilities": self.probabilities[k].tolist(),
                }
                for k, label in enumerate(self.label)
            ]
        }


OTHER_SIDE = {"up_to": "above", "in": "not_in", "not_in": "in"}


def _holds(branch: Branch, features: Sequence[Feature]) -> dict[str, Any]:
    """For which cells a branch is taken, as JSON values."""
    left = goes_left(branch.threshold, branch.missing_left, features[branch.feature])
    if branch.left:
        return left
    return {
        OTHER_SIDE.get(key, key): not value if isinstance(value, bool) else value
        for key, value in left.items()
    }


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
        bound=own.value(own.only("Greater")).reshape(shape),
        missing=own.value(own.only("Where")).reshape(shape),
        label=own.value(label, 0),
        probabilities=own.value(probabilities, 0),
    )
    if not len(student.label) == len(student.probabilities) == len(student.feature):
        raise ValueError("expected a label and probabilities for each rule")
    return student


def _path(student: RuleList, k: int) -> list[Branch]:
    """The terms of rule k as the branches of a path."""
    terms = student.terms(k)
    return [
        Branch(int(feature), float(threshold), bool(missing) == bool(low), bool(low))
        for feature, threshold, missing, low in zip(
            student.feature[k, terms],
            student.thresholds()[k, terms],
            student.holds_missing()[k, terms],
            student.sign[k, terms] > 0,
            strict=True,
        )
    ]
