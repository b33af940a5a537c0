"""The inputs of a student's ONNX: those of its teacher, turned into one float32 matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import DataError, UsageError
from crembo_cli.student_file.codes import MISSING
from crembo_cli.student_file.form import NONE, FileForm
from crembo_cli.student_file.outputs import label_values, output_names
from crembo_cli.students.contract import Feature
from crembo_cli.teachers.contract import ClassLabel, ModelInput

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto, ValueInfoProto

    from crembo_cli.dataset.encode import Encoding

OWN = "crembo_"  # what the names of the tensors begin with that are neither input nor output
ROWS = "crembo_rows"  # the matrix that the student reads, if it is not an input itself
INDEX = "crembo_index"
LABELS = "crembo_labels"  # the initializer that holds the classes
UNSEEN = -1.0  # the code of a category that was not there when the student was fitted


@dataclass(frozen=True, kw_only=True)
class Signature:
    """The inputs, and the nodes that make `ROWS` of them."""

    inputs: tuple[ModelInput, ...]
    features: tuple[Feature, ...]  # in the order in which the inputs take them
    missing_texts: tuple[str, ...]  # texts that mean a missing cell where they are not a category
    form: FileForm = field(default_factory=FileForm)


@dataclass(kw_only=True)
class _Fragment:
    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    missing_texts: tuple[str, ...] = ()

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: object) -> str:
        from onnx import numpy_helper

        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name


def signature_of(
    inputs: tuple[ModelInput, ...],
    encoding: Encoding,
    classes: tuple[ClassLabel, ...] = (),
    form: FileForm | None = None,
) -> Signature:
    """The signature of a student whose teacher takes `inputs`; () where it is not an ONNX model.

    `classes` name outputs in some forms.

    Then it is one float tensor `X` (batch, features) for numbers alone, else one input a column.

    Raises DataError where an input has the name of an output or of a tensor between them.
    """
    features = encoding.features
    if not inputs and not any(each.categories for each in features):
        inputs = (
            ModelInput(name="X", type="float", shape=(None, len(features)), width=len(features)),
        )
    elif not inputs:
        inputs = tuple(
            ModelInput(
                name=each.name,
                type="string" if each.categories else "float",
                shape=(None, 1),
                width=1,
            )
            for each in features
        )
    form = FileForm() if form is None else form
    if form.portable:
        inputs = tuple(
            replace(each, type="int64") if each.type == "string" else each for each in inputs
        )
        if form.metadata == NONE and any(each.categories for each in features):
            raise UsageError(
                "not available with --metadata none, where a feature is text",
                where="--portable",
                hint="use --metadata short: it holds the codes of the categories",
            )
    taken = output_names(form.outputs, label_values(classes))
    for each in inputs:
        if each.name in taken or each.name.startswith(OWN):
            raise DataError(
                "reserved name of an input",
                where=f"input {each.name!r}",
                wanted=f"another name than {' and '.join(taken)}, not beginning with {OWN}",
                hint="rename the column in the table and in the teacher",
            )
    return Signature(
        inputs=inputs, features=features, missing_texts=encoding.missing_texts, form=form
    )


def input_infos(signature: Signature) -> list[ValueInfoProto]:
    """The inputs as ONNX declares them: the teacher's own names, types and shapes."""
    from onnx import TensorProto, helper

    return [
        helper.make_tensor_value_info(
            each.name, TensorProto.DataType.Value(each.type.upper()), each.shape
        )
        for each in signature.inputs
    ]


def rows_nodes(signature: Signature) -> tuple[list[NodeProto], list[TensorProto], str]:
    """Nodes that make the matrix of the signature's inputs, float32 (batch, p), and its name."""
    from onnx import TensorProto

    made = _Fragment(missing_texts=signature.missing_texts)
    parts: list[str] = []
    first = 0
    for k, each in enumerate(signature.inputs):
        features = signature.features[first : first + each.width]
        first += each.width
        flat = each.name
        if len(each.shape) != 2:
            shape = made.constant(f"crembo_input_{k}_shape", np.array([-1, each.width], np.int64))
            flat = made.add("Reshape", [flat, shape], f"crembo_input_{k}_flat")
        if each.type == "int64" and features[0].categories:
            parts.append(_coded_columns(made, k, flat))
        elif each.type == "string":
            parts += _text_columns(made, k, flat, features)
        elif each.type == "float":
            parts.append(flat)
        else:
            parts.append(made.add("Cast", [flat], f"crembo_input_{k}_float", to=TensorProto.FLOAT))
    rows = parts[0] if len(parts) == 1 else made.add("Concat", parts, ROWS, axis=1)
    return made.nodes, made.initializers, rows


def _coded_columns(made: _Fragment, k: int, flat: str) -> str:
    """Codes as float32, NaN where missing."""
    from onnx import TensorProto

    missing = made.constant(f"crembo_input_{k}_absent", np.array(MISSING, np.int64))
    nothing = made.constant(f"crembo_input_{k}_nan", np.array(np.nan, np.float32))
    absent = made.add("Equal", [flat, missing], f"crembo_input_{k}_missing")
    number = made.add("Cast", [flat], f"crembo_input_{k}_float", to=TensorProto.FLOAT)
    return made.add("Where", [absent, nothing, number], f"crembo_input_{k}_code")


def _text_columns(made: _Fragment, k: int, flat: str, features: Sequence[Feature]) -> list[str]:
    """Each column of a text input as its codes: float32 (batch, 1) tensors."""
    columns = []
    for j, feature in enumerate(features):
        column = flat
        if len(features) > 1:
            at = made.constant(f"crembo_input_{k}_{j}_at", np.array([j], np.int64))
            column = made.add("Gather", [flat, at], f"crembo_input_{k}_{j}", axis=1)
        missing_texts = feature.missing_texts(made.missing_texts)
        codes = [float(code) for code in range(len(feature.categories))]
        columns.append(
            made.add(
                "LabelEncoder",
                [column],
                f"crembo_input_{k}_{j}_code",
                domain="ai.onnx.ml",
                keys_strings=[*feature.categories, *missing_texts],
                values_floats=codes + [float("nan")] * len(missing_texts),
                default_float=UNSEEN,
            )
        )
    return columns
