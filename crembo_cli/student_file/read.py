"""Read a student back from its ONNX file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crembo_cli.errors import StudentError
from crembo_cli.student_file.read_linear import read_linear
from crembo_cli.student_file.read_tree import read_tree
from crembo_cli.students.contract import Feature, Student
from crembo_cli.students.scored.weights import WeightsStudent
from crembo_cli.students.tree.model import Tree

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto


READERS: dict[str, Callable[[GraphProto], Tree | WeightsStudent]] = {
    "tree": read_tree,
    "linear": read_linear,
}
LABELS = "crembo_labels"  # the initializer that holds the classes


def read_student(path: str | Path) -> ReadableStudent:
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
        return ReadableStudent(
            name=Path(path).name,
            student=reader(model.graph),
            features=features_of(model),
            classes=classes_of(model),
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


def classes_of(model: ModelProto) -> tuple[int | str, ...]:
    """The classes, as the `label` output gives them."""
    from onnx import numpy_helper

    table = {each.name: each for each in model.graph.initializer}[LABELS]
    values = numpy_helper.to_array(table).tolist()
    return tuple(each.decode() if isinstance(each, bytes) else each for each in values)


@dataclass(frozen=True, kw_only=True)
class StudentMetadata:
    """A student that crembo wrote."""

    family: str
    options: dict[str, Any]
    size: dict[str, int]  # as `students.contract.Student.size` told it
    features: tuple[Feature, ...]
    units: tuple[float, ...] | None  # what a change of 1 is for each; None in old files
    missing_texts: tuple[str, ...]
    data_sha256: str | None  # of the table it was fitted on
    internals: ReadableStudent | None  # None for families without a short form


def read_student_metadata(path: str | Path) -> StudentMetadata | None:
    """What the ONNX file at `path` says; None where crembo did not write it.

    Raises StudentError where there is no model, or one of ours that was changed.
    """
    model = read_model(path)
    told = metadata_of(model)
    if "crembo.family" not in told:
        return None
    family = told["crembo.family"]
    try:
        units = json.loads(told.get("crembo.units", "null"))
        return StudentMetadata(
            family=family,
            options=json.loads(told.get("crembo.options", "{}")),
            size=dict(json.loads(told.get("crembo.size", "{}"))),
            features=features_of(model),
            units=None if units is None else tuple(float(each) for each in units),
            missing_texts=missing_texts_of(model),
            data_sha256=told.get("crembo.data.sha256"),
            internals=read_student(path) if family in READERS else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StudentError(
            "what the student says of itself cannot be read",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            hint="its metadata were changed after crembo wrote them",
        ) from error


@dataclass(frozen=True, kw_only=True)
class ReadableStudent:
    """A tree, a weighted sum or a sum of curves, and what its numbers stand for."""

    name: str  # the file's, for a reader
    student: Tree | WeightsStudent  # from a file: weighted sums of the features themselves
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...]  # as the `label` output says them
    missing_texts: tuple[str, ...]  # texts that stand for a missing category

    def class_names(self) -> list[str]:
        """The classes as text."""
        return [str(each) for each in self.classes]


def readable_student(
    name: str,
    student: Student,
    features: tuple[Feature, ...],
    classes: tuple[int | str, ...],
    missing_texts: tuple[str, ...],
) -> ReadableStudent | None:
    """The student explained; None where its family has no short form."""
    if isinstance(student, Tree | WeightsStudent):
        return ReadableStudent(
            name=name,
            student=student,
            features=features,
            classes=classes,
            missing_texts=missing_texts,
        )
    return None
