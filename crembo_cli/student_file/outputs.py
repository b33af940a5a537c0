"""The outputs of a student's ONNX: the label, and its probabilities in one of three forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.students.contract import Floats
from crembo_cli.teachers.contract import ClassLabel

if TYPE_CHECKING:
    import onnxruntime
    from onnx import NodeProto, ValueInfoProto

TENSOR, COLUMNS, ZIPMAP = "tensor", "columns", "zipmap"
LABEL, PROBABILITIES = "label", "probabilities"
PLAIN = "crembo_probabilities"  # the tensor of probabilities, where it is not an output itself
INT64 = 2**63

Labels = np.ndarray[tuple[int], np.dtype[np.generic]]


def label_values(classes: tuple[ClassLabel, ...]) -> Labels:
    """The classes as the `label` output gives them: int64, or str objects."""
    if all(not isinstance(each, str) and -INT64 <= each < INT64 for each in classes):
        whole = [int(each) for each in classes if not isinstance(each, str)]
        if whole == list(classes):
            return np.array(whole, np.int64)
    return np.array([str(each) for each in classes], object)


def output_names(form: str, labels: Labels) -> list[str]:
    """The names of the outputs: the label, then the probabilities."""
    if form == COLUMNS:
        return [LABEL, *(f"probability_{each}" for each in labels.tolist())]
    return [LABEL, PROBABILITIES]


def output_infos(form: str, labels: Labels, batch: int | str | None) -> list[ValueInfoProto]:
    """The outputs as ONNX declares them."""
    from onnx import TensorProto, helper

    text = labels.dtype == object
    kind = TensorProto.STRING if text else TensorProto.INT64
    label, *others = output_names(form, labels)
    found = [helper.make_tensor_value_info(label, kind, [batch])]
    if form == ZIPMAP:
        number = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        maps = helper.make_sequence_type_proto(helper.make_map_type_proto(kind, number))
        return [*found, helper.make_value_info(PROBABILITIES, maps)]
    shape = [batch] if form == COLUMNS else [batch, len(labels)]
    return found + [
        helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each in others
    ]


def output_nodes(form: str, labels: Labels) -> tuple[list[NodeProto], dict[str, Any]]:
    """Nodes that turn the tensor `PLAIN` into the outputs of `form`, and what they read by name."""
    from onnx import helper

    if form == ZIPMAP:
        zipped = helper.make_node(
            "ZipMap", [PLAIN], [PROBABILITIES], name="crembo_zipmap", domain="ai.onnx.ml"
        )
        key = f"classlabels_{'strings' if labels.dtype == object else 'int64s'}"
        zipped.attribute.append(helper.make_attribute(key, labels.tolist()))
        return [zipped], {}
    if form != COLUMNS:
        return [], {}
    nodes, constants = [], {}
    for k, name in enumerate(output_names(form, labels)[1:]):
        place = f"crembo_class_{k}"
        constants[place] = np.array(k, np.int64)
        nodes.append(helper.make_node("Gather", [PLAIN, place], [name], name=place, axis=1))
    return nodes, constants


def run_student(
    model: onnxruntime.InferenceSession, fed: dict[str, Any], labels: Sequence[Any]
) -> tuple[Any, Floats]:
    """The labels (n,) and the probabilities, float32 (n, c), of a model with any of the forms.

    `labels` (c,) are the classes as the label output gives them.
    """
    label, *others = model.run(None, fed)
    if len(others) > 1:
        return label, np.stack(others, axis=1)
    if isinstance(others[0], list):
        rows = [[row[each] for each in labels] for row in others[0]]
        return label, np.array(rows, np.float32)
    return label, others[0]
