"""Students with weights of 8 bits: onnxruntime's static quantisation of a student's nodes.

All operators are ONNX's own, of opset 11: QuantizeLinear, QLinearConv, QLinearMatMul and
MatMulInteger. Whole numbers are rounded on the way, and a float that differs in its last bit may
round elsewhere, so a quantised student predicts by onnxruntime itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import OWN
from crembo_cli.students.nodes import OPSETS

if TYPE_CHECKING:
    import onnxruntime
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

ROWS, INDEX, PROBABILITIES = "rows", "index", "probabilities"
CALIBRATION_ROWS = 1000
QUANTIZED = ("Conv", "MatMul", "Relu")  # the operators that become those of whole numbers
WHOLE = ("QLinearConv", "QLinearMatMul", "MatMulInteger")


@dataclass(frozen=True, kw_only=True, eq=False)
class QuantizedStudent:
    """The nodes of a student from `ROWS` to `INDEX` and `PROBABILITIES`."""

    content: bytes  # the ONNX model of these nodes
    opsets: ClassVar[tuple[int, int]] = OPSETS
    quantized: ClassVar[bool] = True

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        predicted: Indices = self._session.run([INDEX], {ROWS: rows})[0]
        return predicted

    def predict_proba(self, rows: Floats) -> Floats:
        """Class probabilities, float32 (n, c), for float32 rows (n, p)."""
        predicted: Floats = self._session.run([PROBABILITIES], {ROWS: rows})[0]
        return predicted

    def size(self) -> dict[str, int]:
        """Parameters: all numbers that are exported."""
        return {"parameters": sum(int(np.prod(each.dims)) for each in self._graph.initializer)}

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The nodes; see `students.contract.Student.to_onnx`."""
        names = {ROWS: rows, INDEX: index, PROBABILITIES: probabilities}
        nodes = list(self._graph.node)
        for node in nodes:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
        return nodes, list(self._graph.initializer)

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The student in a line; its weights mean nothing to a reader."""
        layers = sum(node.op_type in WHOLE for node in self._graph.node)
        return (
            f"A net with weights of 8 bits: {layers} layers, {len(features)} features, "
            f"{len(classes)} scores."
        )

    def __getstate__(self) -> dict[str, Any]:
        return {"content": self.content}  # without the session

    @property
    def _graph(self) -> GraphProto:
        from onnx import load_from_string

        return load_from_string(self.content).graph

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            self.content, options, providers=["CPUExecutionProvider"]
        )


def can_quantize(student: object) -> bool:
    """Whether `student` offers the nodes of its net in float32, `to_float_onnx`."""
    return hasattr(student, "to_float_onnx")


def quantize(student: Any, rows: Floats) -> QuantizedStudent:
    """Quantise a student that `can_quantize`, calibrated on `rows` (n, p)."""
    with _quiet():
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
        from onnxruntime.quantization import quantize_static as run

        class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
            """One batch of rows."""

            def __init__(self) -> None:
                self.batches = iter([{ROWS: rows[:: -(-len(rows) // CALIBRATION_ROWS)]}])

            def get_next(self) -> dict[str, Floats] | None:
                return next(self.batches, None)

        from onnx import load

        nodes, constants = student.to_float_onnx(ROWS, INDEX, PROBABILITIES)
        # Sums of unsigned activations by signed weights saturate on x86 without VNNI: both have
        # one type. Unsigned convolutions are four times as fast as signed ones, but have one scale
        # for a layer, which costs dense layers half a point of fidelity and convolutions nothing.
        images = any(node.op_type == "Conv" for node in nodes)
        whole = QuantType.QUInt8 if images else QuantType.QInt8
        with TemporaryDirectory() as folder:
            path = Path(folder) / "student.onnx"
            run(
                _model(nodes, constants),
                path,
                Reader(),
                quant_format=QuantFormat.QOperator,
                activation_type=whole,
                weight_type=whole,
                per_channel=not images,
                op_types_to_quantize=list(QUANTIZED),
            )
            graph = load(path).graph
    nodes, constants = _exact_scores(list(graph.node), list(graph.initializer))
    constants = _merge_equal(nodes, constants)
    _shorten(nodes, constants)
    return QuantizedStudent(content=_model(nodes, constants).SerializeToString(deterministic=True))


def is_quantized(graph: GraphProto) -> bool:
    """Whether a student's file holds a quantised student."""
    return any(node.op_type in WHOLE and node.name.startswith(OWN) for node in graph.node)


def read_quantized(graph: GraphProto) -> QuantizedStudent:
    """Read a quantised student back from the graph of a student's file.

    Raises ValueError, KeyError or IndexError if the nodes are not as `to_onnx` writes them.
    """
    nodes = [each for each in graph.node if each.name.startswith(OWN)]
    read = {name for node in nodes for name in node.input}
    constants = [each for each in graph.initializer if each.name in read]
    made = {name for node in nodes for name in node.output} | {each.name for each in constants}
    (rows,) = read - made
    (last,) = (node for node in nodes if node.op_type == "ArgMax")
    names = {rows: ROWS, last.output[0]: INDEX, last.input[0]: PROBABILITIES}
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return QuantizedStudent(content=_model(nodes, constants).SerializeToString(deterministic=True))


def _model(nodes: Sequence[NodeProto], constants: Sequence[TensorProto]) -> ModelProto:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        nodes,
        "student",
        [helper.make_tensor_value_info(ROWS, TensorProto.FLOAT, ["n", None])],
        [
            helper.make_tensor_value_info(INDEX, TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", None]),
        ],
        constants,
    )
    opsets = [
        helper.make_opsetid(domain, opset)
        for domain, opset in zip(("", "ai.onnx.ml"), OPSETS, strict=True)
    ]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets)
    )


def _exact_scores(
    nodes: list[NodeProto], constants: list[TensorProto]
) -> tuple[list[NodeProto], list[TensorProto]]:
    """Replace the last QLinearMatMul, which rounds scores to 256 steps, by one that does not."""
    from onnx import TensorProto, helper, numpy_helper

    last = next(node for node in reversed(nodes) if node.op_type == "QLinearMatMul")
    cast = next(node for node in nodes if list(node.input[:1]) == [last.output[0]])
    values = {each.name: numpy_helper.to_array(each) for each in constants}
    rows, rows_scale, rows_zero, weights, weights_scale, weights_zero = last.input[:6]
    scale = np.asarray(values[rows_scale] * values[weights_scale], np.float32)
    total, whole, score = f"{OWN}total", f"{OWN}whole", f"{OWN}score_scale"
    exact = [
        helper.make_node("MatMulInteger", [rows, weights, rows_zero, weights_zero], [total]),
        helper.make_node("Cast", [total], [whole], to=TensorProto.FLOAT),
        helper.make_node("Mul", [whole, score], [cast.output[0]]),
    ]
    at = nodes.index(last)
    nodes = [each for each in [*nodes[:at], *exact, *nodes[at + 1 :]] if each is not cast]
    used = {name for node in nodes for name in node.input}
    constants = [*constants, numpy_helper.from_array(scale, score)]
    return nodes, [each for each in constants if each.name in used]


def _merge_equal(nodes: Sequence[NodeProto], constants: Sequence[TensorProto]) -> list[TensorProto]:
    """Return `constants` with one of those that are equal, which the nodes read for them all.

    The zero points of most layers are equal. The bytes are raw: ONNX's other form of whole
    numbers takes ten for a negative one.
    """
    from onnx import numpy_helper

    found: dict[bytes, TensorProto] = {}
    names: dict[str, str] = {}
    for each in constants:
        raw = numpy_helper.from_array(numpy_helper.to_array(each))
        kept = found.setdefault(raw.SerializeToString(deterministic=True), raw)
        kept.name = kept.name or each.name
        names[each.name] = kept.name
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
    return list(found.values())


def _shorten(nodes: list[NodeProto], constants: list[TensorProto]) -> None:
    """Give nodes and tensors the shortest names, which takes a quarter off a small file."""
    names: dict[str, str] = {ROWS: ROWS, INDEX: INDEX, PROBABILITIES: PROBABILITIES, "": ""}

    def short(name: str) -> str:
        return names.setdefault(name, f"_{len(names):x}")

    for each in constants:
        each.name = short(each.name)
    for number, node in enumerate(nodes):
        node.name = f"{OWN}{number:x}"
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the advice that onnxruntime logs about other people's models."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
