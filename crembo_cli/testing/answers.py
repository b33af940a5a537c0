"""Checks of a student: its predictions, its export, its sizes, texts and optional parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from crembo_cli.students.contract import Floats, Indices, Student
from crembo_cli.testing.options import keep
from crembo_cli.testing.tasks import SmallTask

SIZES = {"tree_depth", "leaves", "nodes", "parameters"}
NEAR = 2e-6  # largest difference of exported probabilities; float32 resolves 6e-8


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The predictions of a student."""

    index: Indices  # (n,)
    probabilities: Floats  # (n, c)

    @classmethod
    def of(cls, student: Student, rows: Floats) -> Answers:
        """Predict `rows` in memory."""
        return cls(index=student.predict(rows), probabilities=student.predict_proba(rows))

    def equal(self, other: Answers) -> bool:
        """Whether both are equal to the last bit."""
        same = np.array_equal(self.index, other.index)
        return same and np.array_equal(self.probabilities, other.probabilities)


def check_student(student: Student, small: SmallTask) -> Answers:
    """Check that a student keeps the contract, and return its answers to the probes.

    Raises AssertionError for the first sentence of the contract that does not hold.
    """
    keep(isinstance(student, Student), "a student has all parts of the protocol", student)
    probes, classes = small.probes, small.task.beliefs.shape[1]
    given = probes.copy()
    predicted = Answers.of(student, probes)
    untouched = np.array_equal(probes, given, equal_nan=True)
    keep(untouched, "predicting leaves the rows as they are", "changes")
    _check_shapes(predicted, len(probes), classes)
    _check_rows_alone(student, probes, predicted)
    _check_exported(student, probes, predicted)
    _check_size(student)
    names = [f"class {y}" for y in range(classes)]
    _check_text("describe", student.describe(small.features, names))
    _check_margins(student, small.task.rows)
    _check_optional(student, small, predicted, names)
    return predicted


def _check_text(name: str, text: object) -> None:
    lines = isinstance(text, str) and text.strip() != "" and not text.endswith("\n")
    keep(lines, f"`{name}` gives lines of text with no line break at the end", repr(text))


def _check_margins(student: Any, rows: Floats) -> None:
    """Check the optional `margins`, on training rows: scores of extreme cells may overflow."""
    if not hasattr(student, "margins"):
        return
    margins = student.margins(rows, np.ones(rows.shape[1]))
    if margins is not None:
        is_double = margins.dtype == np.float64 and margins.shape == (len(rows),)
        keep(is_double, "`margins` gives float64 (n,)", f"{margins.dtype} {margins.shape}")
        keep(bool((margins >= 0).all()), "margins are >= 0", margins.min())


def _check_optional(student: Any, small: SmallTask, predicted: Answers, names: list[str]) -> None:
    """Check the parts of `students.contract.OptionalStudent` that the student has."""
    probes, features = small.probes, small.features
    n = len(probes)
    keep(isinstance(getattr(student, "kind", ""), str), "`kind` is a text", "another type")
    if hasattr(student, "groups"):
        groups = student.groups(probes)
        is_index = groups.dtype == np.int64 and groups.shape == (n,)
        keep(is_index, "`groups` gives int64 (n,)", f"{groups.dtype} {groups.shape}")
        for group in np.unique(groups).tolist():
            classes = np.unique(predicted.index[groups == group]).tolist()
            keep(len(classes) == 1, "rows of one group have one predicted class", classes)
            text = student.group_text(group, features)
            one_line = isinstance(text, str) and text.strip() == text != "" and "\n" not in text
            keep(one_line, "`group_text` gives one line of text", repr(text))
    if hasattr(student, "to_text"):
        _check_text("to_text", student.to_text(features, names, "student.onnx"))
    if hasattr(student, "to_json"):
        values = student.to_json(features, names)
        keep(isinstance(values, dict), "`to_json` gives a dictionary", type(values))
        try:
            json.dumps(values, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise AssertionError(f"`to_json` gives JSON values; found {error}") from error


def _check_shapes(predicted: Answers, n: int, classes: int) -> None:
    index, proba = predicted.index, predicted.probabilities
    is_index = index.dtype == np.int64 and index.shape == (n,)
    keep(is_index, "`predict` gives int64 (n,)", f"{index.dtype} {index.shape}")
    is_proba = proba.dtype == np.float32 and proba.shape == (n, classes)
    keep(is_proba, "`predict_proba` gives float32 (n, c)", f"{proba.dtype} {proba.shape}")
    within = bool(np.all((proba >= 0) & (proba <= 1 + 1e-5)))
    keep(within, "probabilities lie from 0 to 1", f"{proba.min()} to {proba.max()}")
    away = float(np.abs(proba.sum(axis=1, dtype=np.float64) - 1).max())
    keep(away <= 1e-5, "each row of probabilities sums to 1", f"a sum {away:.2g} away")
    other = np.flatnonzero(index != proba.argmax(axis=1))
    keep(
        len(other) == 0,
        "`predict` is the argmax of `predict_proba`, the first of equals",
        f"{len(other)} of {n} rows otherwise, as {proba[other[:1]]} with {index[other[:1]]}",
    )


def _check_rows_alone(student: Student, probes: Floats, predicted: Answers) -> None:
    """Check that a prediction depends on nothing but its own row."""
    back = Answers.of(student, np.ascontiguousarray(probes[::-1]))
    same = np.array_equal(back.index[::-1], predicted.index)
    keep(same, "a prediction does not depend on the order of the rows", "other predictions")
    for i in (0, len(probes) - 1):
        alone = int(student.predict(probes[i : i + 1])[0])
        keep(alone == predicted.index[i], "a row alone is predicted as among others", alone)


def _check_exported(student: Student, probes: Floats, predicted: Answers) -> None:
    p, c = probes.shape[1], predicted.probabilities.shape[1]
    model = model_bytes(student, p, c)
    keep(model == model_bytes(student, p, c), "`to_onnx` gives the same bytes twice", "other bytes")
    for rows, wanted in ((probes, predicted.index), (probes[:1], predicted.index[:1])):
        index, proba = _run(model, rows)
        keep(index.dtype == np.int64, "`index` is int64", index.dtype)
        other = np.flatnonzero(index != wanted)
        keep(
            len(other) == 0,
            "onnxruntime predicts what `predict` predicts",
            f"{len(other)} of {len(rows)} rows otherwise, as row {rows[other[:1]]}",
        )
        away = float(np.abs(proba - predicted.probabilities[: len(rows)]).max())
        keep(away <= NEAR, "onnxruntime's probabilities are `predict_proba`'s", f"{away:.2g} away")


def _check_size(student: Student) -> None:
    size = student.size()
    keep("parameters" in size, "`size` has `parameters`", size)
    keep(set(size) <= SIZES, f"`size` has no other keys than {sorted(SIZES)}", size)
    counted = all(type(count) is int and count >= 0 for count in size.values())
    keep(counted, "sizes are whole numbers >= 0", size)


def model_bytes(student: Student, p: int, c: int) -> bytes:
    """The student as an ONNX model of its own: rows in, index and probabilities out.

    Raises AssertionError if its nodes do not form a valid model of its opsets.
    """
    import onnx
    from onnx import TensorProto, helper

    nodes, constants = student.to_onnx("rows", "index", "probabilities")
    outer = {"rows", "index", "probabilities"}
    tensors = {tensor.name for tensor in constants}
    tensors |= {name for node in nodes for name in node.output if name} - outer
    wrong = {name for name in tensors if not name.startswith(("student_", "_"))}
    wrong |= {node.name for node in nodes if not node.name.startswith("student_")}
    keep(
        not wrong,
        "nodes of `to_onnx` have names that begin with student_, tensors with that or with _",
        sorted(wrong),
    )
    graph = helper.make_graph(
        nodes,
        "student",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", p])],
        [
            helper.make_tensor_value_info("index", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", c]),
        ],
        constants,
    )
    opset, ml_opset = getattr(student, "opsets", (18, 3))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml_opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise AssertionError(
            f"`to_onnx` makes a valid model of opset {opset}; found {error}"
        ) from error
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _run(model: bytes, rows: Floats) -> tuple[Indices, Floats]:
    """Index and probabilities from onnxruntime."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    index, proba = session.run(["index", "probabilities"], {"rows": rows})
    return index, proba
