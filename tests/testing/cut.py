# ruff: noqa: D102 - the methods are those of the contract, and explained there
"""The smallest family that keeps the contract, as a plugin: it imports nothing from crembo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from onnx import helper, numpy_helper


class Cut:
    """One cut of the first column, with probabilities on either side; NaN goes right."""

    def __init__(self, threshold: float, sides: np.ndarray) -> None:
        self.threshold = np.float32(threshold)
        self.sides = sides  # float32 (2, c): left, right

    def predict(self, rows):
        return self.predict_proba(rows).argmax(axis=1)

    def predict_proba(self, rows):
        return np.where(rows[:, :1] <= self.threshold, self.sides[0], self.sides[1])

    def size(self):
        return {"leaves": 2, "parameters": 3}

    def to_onnx(self, rows, index, probabilities):
        constants = {"first": np.array([0]), "threshold": self.threshold}
        constants |= {"left": self.sides[0], "right": self.sides[1]}
        steps = [
            ("Gather", [rows, "student_first"], "student_cell", {"axis": 1}),
            ("LessOrEqual", ["student_cell", "student_threshold"], "student_is_left", {}),
            ("Where", ["student_is_left", "student_left", "student_right"], probabilities, {}),
            ("ArgMax", [probabilities], index, {"axis": 1, "keepdims": 0}),
        ]
        nodes = [
            helper.make_node(operator, reads, [output], f"student_{operator}", **attributes)
            for operator, reads, output, attributes in steps
        ]
        tensors = [
            numpy_helper.from_array(np.asarray(value), f"student_{name}")
            for name, value in constants.items()
        ]
        return nodes, tensors

    def describe(self, features, classes):
        left, right = (classes[side.argmax()] for side in self.sides)
        return f"{features[0].name} <= {self.threshold}: {left}\notherwise: {right}"


class CutLearner:
    """Tries nine cuts and keeps the best one, or the start where none is better."""

    def __init__(self, family: CutFamily, task: Any) -> None:
        self.family = family
        self.task = task

    def fit(self, rewards, start=None):
        first = self.task.rows[:, 0]
        tenths = np.quantile(first, np.linspace(0.1, 0.9, 9))
        found = [self._at(threshold, rewards) for threshold in tenths] + [start] * bool(start)
        n = np.arange(len(rewards))
        return max(found, key=lambda cut: rewards[n, cut.predict(self.task.rows)].sum())

    def _at(self, threshold, rewards):
        is_left = self.task.rows[:, 0] <= np.float32(threshold)
        sides = np.stack([rewards[is_left].sum(0) + 1e-3, rewards[~is_left].sum(0) + 1e-3])
        shares = sides / sides.sum(axis=1, keepdims=True)
        return self.family.student(threshold, shares.astype(np.float32))

    def finish(self, student):
        return student


@dataclass(frozen=True, kw_only=True)
class CutFamily:
    """One cut; `unused` is there to be checked."""

    name: ClassVar[str] = "cut"
    summary: ClassVar[str] = "one cut of the first column"
    thresholds: ClassVar[int | None] = None
    student: ClassVar[type[Cut]] = Cut
    learn: ClassVar[type[CutLearner]] = CutLearner

    unused: int = field(default=3, metadata={"help": "Not used.", "minimum": 1, "maximum": 9})

    def learner(self, task):
        return self.learn(self, task)
