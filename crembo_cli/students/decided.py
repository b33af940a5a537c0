"""A student that decides by expected utility: any family's student with a utility matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.utilities import decisions, weights_of
from crembo_cli.students.capabilities import full_text, json_values
from crembo_cli.students.contract import Feature, Student

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


@dataclass(frozen=True, kw_only=True, eq=False)
class DecidedStudent:
    """`student`, but the predicted class is the argmax of `probabilities @ utilities`.

    Probabilities and size are the student's own, and so are its margins and groups where its
    leaves or rules have one predicted class each.
    """

    student: Student
    utilities: Doubles  # (c, c); see `core.utilities`

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        return decisions(self.student.predict_proba(rows), self.utilities)

    def predict_proba(self, rows: Floats) -> Floats:
        """The student's class probabilities, float32 (n, c)."""
        return self.student.predict_proba(rows)

    def size(self) -> dict[str, int]:
        """The student's size."""
        return self.student.size()

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The student's nodes, then MatMul and ArgMax in float64 for the predicted class.

        Their names do not begin with "student_", so that the family's reader passes them over.
        """
        from onnx import TensorProto, helper, numpy_helper

        nodes, constants = self.student.to_onnx(rows, "decided_plain", probabilities)
        own = [
            helper.make_node("Cast", [probabilities], ["decided_double"], to=TensorProto.DOUBLE),
            helper.make_node("MatMul", ["decided_double", "decided_utilities"], ["decided_values"]),
            helper.make_node("ArgMax", ["decided_values"], [index], axis=1, keepdims=0),
        ]
        for node in own:
            node.name = f"decided_{node.op_type.lower()}"
        table = numpy_helper.from_array(self.utilities, "decided_utilities")
        return [*nodes, *own], [*constants, table]

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The student's description, and how it decides."""
        return f"{self.student.describe(features, classes)}\n{self._rule(classes)}"

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The whole student as plain text, and how it decides."""
        return f"{full_text(self.student, features, classes, name)}\n\n{self._rule(classes)}"

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """The student's values, and "utilities": rows for the true class."""
        own = json_values(self.student, features, classes)
        return {**own, "utilities": self.utilities.tolist()}

    def _rule(self, classes: Sequence[str]) -> str:
        """How a class is predicted, in one line."""
        weights = weights_of(self.utilities)
        if len(classes) == 2 and weights is not None:
            k = int(weights[1] >= weights[0])  # the class with the lower threshold
            threshold = weights[1 - k] / weights.sum()
            return f"{classes[k]} is predicted if its probability is above {threshold:.4g}."
        rows = "; ".join(
            f"{true}: " + ", ".join(f"{worth:.4g}" for worth in row)
            for true, row in zip(classes, self.utilities, strict=True)
        )
        return (
            "The class with the largest expected utility is predicted. Utilities of "
            f"{', '.join(classes)}, by true class: {rows}."
        )

    def __getattr__(self, name: str) -> Any:
        """The optional parts of the student (`students.contract.OptionalStudent`)."""
        if name.startswith("__") or name == "student":
            raise AttributeError(name)
        if name == "margins" and not hasattr(self.student, "decided_by"):
            # These are the margins of the student's own decisions, without the utilities.
            raise AttributeError(name)
        return getattr(self.student, name)


def decide(student: Student, utilities: Doubles | None) -> Student:
    """`student`, deciding by `utilities` where there are any.

    A student whose leaves store their classes offers `decided_by(utilities)`, which sets them.
    """
    if utilities is None:
        return student
    if hasattr(student, "decided_by"):
        student = student.decided_by(utilities)
    return DecidedStudent(student=student, utilities=utilities)
