"""Find the class labels of an ONNX model by tracing its label output backwards.

Exporters store class labels in different places: as `classlabels_*` of TreeEnsembleClassifier,
LinearClassifier, SVMClassifier or ZipMap; as the values of a LabelEncoder; as an initializer
or constant that ArrayFeatureExtractor or Gather picks from by index; or nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.teachers.contract import ClassLabel

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

LABELS = ("classlabels_int64s", "classlabels_strings", "classlabels_ints")
RESHAPES = ("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose")
LOOKUPS = ("ArrayFeatureExtractor", "Gather")
STEPS = 100  # maximum number of nodes on the way back

Traced = tuple[tuple[ClassLabel, ...], str]  # the labels in order, and their place in words


def trace_labels(graph: GraphProto, output: str) -> Traced | None:
    """Return the classes behind the tensor `output`, in the order of the model's scores.

    None if the trace ends in a computation: the label is then an index, or is computed in an
    unknown way.
    """
    makers = {name: node for node in graph.node for name in node.output}
    return _trace(graph, makers, output, STEPS)


def zipmap_labels(graph: GraphProto, output: str) -> Traced | None:
    """Return the classes in the ZipMap that computes `output`, in the order of its scores."""
    for node in graph.node:
        if node.op_type == "ZipMap" and output in node.output:
            return _stored_labels(node)
    return None


def find_operator(graph: GraphProto, output: str) -> str:
    """Return the operator that computes `output`, ignoring reshapes and casts; "" if none."""
    makers = {name: node for node in graph.node for name in node.output}
    name = output
    for _ in range(STEPS):
        node = makers.get(name)
        if node is None:
            return ""
        if node.op_type not in (*RESHAPES, "Cast"):
            return str(node.op_type)
        name = node.input[0]
    return ""


def _trace(graph: GraphProto, makers: dict[str, NodeProto], name: str, steps: int) -> Traced | None:
    node = makers.get(name)
    if node is None or steps == 0:
        return None
    if node.op_type in RESHAPES:
        return _trace(graph, makers, node.input[0], steps - 1)
    if node.op_type == "Cast":
        inner = _trace(graph, makers, node.input[0], steps - 1)
        return _map_labels(inner, _cast(_attribute(node, "to")))
    if node.op_type == "LabelEncoder":
        inner = _trace(graph, makers, node.input[0], steps - 1)
        known = _encoder_table(node)
        return _map_labels(inner or _index_labels(known), lambda label: known.get(label, label))
    if node.op_type in LOOKUPS:
        values = _constant(graph, makers, node.input[0])
        return None if values is None else (_scalars(values), f"the {node.op_type} node's table")
    return _stored_labels(node)


def _stored_labels(node: NodeProto) -> Traced | None:
    for key in LABELS:
        values = _attribute(node, key)
        if values:
            return _scalars(values), f"the {node.op_type} node's {key}"
    return None


def _map_labels(inner: Traced | None, change: Callable[[ClassLabel], ClassLabel]) -> Traced | None:
    return None if inner is None else (tuple(change(label) for label in inner[0]), inner[1])


def _index_labels(known: dict[ClassLabel, ClassLabel]) -> Traced | None:
    """Return 0..c-1 if the keys of an encoder are these indices; else None."""
    if sorted(map(str, known)) != sorted(map(str, range(len(known)))) or not known:
        return None
    return tuple(range(len(known))), "the LabelEncoder node's values"


def _encoder_table(node: NodeProto) -> dict[ClassLabel, ClassLabel]:
    sides: dict[str, tuple[ClassLabel, ...]] = {}
    for side in ("keys", "values"):
        for kind in ("int64s", "strings", "floats", "tensor"):
            found = _attribute(node, f"{side}_{kind}")
            if found is not None:
                sides[side] = _scalars(found)
    return dict(zip(sides.get("keys", ()), sides.get("values", ()), strict=False))


def _cast(to: int) -> Callable[[ClassLabel], ClassLabel]:
    from onnx import TensorProto

    if to == TensorProto.STRING:
        return str
    if to == TensorProto.BOOL:
        return lambda label: bool(int(label))
    if to in (TensorProto.INT64, TensorProto.INT32):
        return lambda label: int(float(label))
    return lambda label: label if isinstance(label, str) else float(label)


def _attribute(node: NodeProto, name: str) -> Any:
    from onnx.helper import get_attribute_value
    from onnx.numpy_helper import to_array

    for attribute in node.attribute:
        if attribute.name == name:
            value = get_attribute_value(attribute)
            return to_array(value).tolist() if attribute.type == attribute.TENSOR else value
    return None


def _constant(graph: GraphProto, makers: dict[str, NodeProto], name: str) -> list[Any] | None:
    from onnx.numpy_helper import to_array

    for initializer in graph.initializer:
        if initializer.name == name:
            return list(np.asarray(to_array(initializer)).ravel().tolist())
    maker = makers.get(name)
    if maker is None:
        return None
    if maker.op_type == "Constant":
        values = next(
            (found for key in ("value", "value_ints", "value_strings", "value_floats")
             if (found := _attribute(maker, key)) is not None),
            None,
        )  # fmt: skip
        return None if values is None else list(np.ravel(np.array(values, dtype=object)))
    if maker.op_type in (*RESHAPES, "Cast"):
        return _constant(graph, makers, maker.input[0])
    return None


def _scalars(values: Iterable[Any]) -> tuple[ClassLabel, ...]:
    return tuple(value.decode() if isinstance(value, bytes) else value for value in values)
