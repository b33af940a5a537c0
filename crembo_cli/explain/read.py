"""A student's file, read back: its nodes and its metadata, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crembo_cli.errors import StudentError
from crembo_cli.explain.linear_file import read_linear
from crembo_cli.explain.model import Explained
from crembo_cli.explain.tree_file import read_tree
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.weights import WeightsStudent

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

READERS: dict[str, Callable[[GraphProto], Tree | WeightsStudent]] = {
    "tree": read_tree,
    "linear": read_linear,
}
LABELS = "crembo_labels"  # the initializer that holds the classes


def read_student(path: str | Path) -> Explained:
    """The student in the ONNX file at `path`, which crembo wrote.

    Raises StudentError for any other file, and for a family whose insides have no short form.
    """
    model = read_model(path)
    family = metadata_of(model).get("crembo.family")
    if family is None:
        raise StudentError(
            "not a student that crembo wrote",
            where=str(path),
            found=f"an ONNX model by {model.producer_name or 'nobody known'}",
            wanted="a file that `crembo compress` wrote",
            hint="`crembo inspect` tells what it is",
        )
    reader = READERS.get(family)
    if reader is None:
        raise StudentError(
            "students of this family cannot be explained",
            where=str(path),
            found=f"family {family!r}",
            wanted=" or ".join(READERS),
            hint="`crembo inspect` tells its inputs, classes and options",
        )
    try:
        return Explained(
            name=Path(path).name,
            student=reader(model.graph),
            features=features_of(model),
            classes=_classes(model),
            missing_texts=missing_texts_of(model),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StudentError(
            f"the student is not as crembo writes a {family}",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            hint="it was changed after it was written, or written by another version of crembo",
        ) from error


def read_model(path: str | Path) -> ModelProto:
    """The ONNX model at `path`. Raises StudentError where there is none."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # no types

    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise StudentError(
            "the student cannot be read", where=str(path), found=str(error.strerror)
        ) from error
    except DecodeError as error:
        raise StudentError(
            "not an ONNX model", where=str(path), wanted="a student's .onnx file"
        ) from error
    if not model.graph.node:
        raise StudentError("not an ONNX model", where=str(path), found="no nodes in it")
    return model


def metadata_of(model: ModelProto) -> dict[str, str]:
    """The model's metadata_props."""
    return {each.key: each.value for each in model.metadata_props}


def features_of(model: ModelProto) -> tuple[Feature, ...]:
    """The features that a student of ours carries in its metadata, in order."""
    told: list[dict[str, Any]] = json.loads(metadata_of(model)["crembo.features"])
    return tuple(
        Feature(
            name=each["name"], categories=tuple(each["categories"]), missing=bool(each["missing"])
        )
        for each in told
    )


def missing_texts_of(model: ModelProto) -> tuple[str, ...]:
    """The texts that mean a missing category; () where no feature is text."""
    from onnx import helper

    for node in model.graph.node:
        if node.op_type == "LabelEncoder":
            told = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            pairs = zip(told["keys_strings"], told["values_floats"], strict=True)
            return tuple(text.decode() for text, code in pairs if code != code)  # noqa: PLR0124  # NaN
    return ()


def _classes(model: ModelProto) -> tuple[int | str, ...]:
    from onnx import numpy_helper

    table = {each.name: each for each in model.graph.initializer}[LABELS]
    values = numpy_helper.to_array(table).tolist()
    return tuple(each.decode() if isinstance(each, bytes) else each for each in values)
