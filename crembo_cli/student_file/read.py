"""Read a student back from its ONNX file, by the reader of its family."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import StudentError
from crembo_cli.files import existing_input
from crembo_cli.student_file.form import is_bare
from crembo_cli.student_file.metadata import (
    ReadableStudent,
    StudentMetadata,
    family_of,
    features_of,
    groups_of,
    metadata_of,
    missing_texts_of,
    names_of,
    read_metadata,
    units_of,
    utilities_of,
)
from crembo_cli.student_file.signature import LABELS
from crembo_cli.students.capabilities import reader_of
from crembo_cli.students.contract import Student
from crembo_cli.students.decided import decide
from crembo_cli.students.quantized import is_quantized, read_quantized
from crembo_cli.students.registry import family_class, family_names
from crembo_cli.teachers.load import MODELS

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

HINT_BARE = "it was written with --metadata none: compress again with --metadata short"
DAMAGED = KeyError, IndexError, TypeError, ValueError, AttributeError


def read_student(path: str | Path) -> ReadableStudent:
    """Return the student in the ONNX file at `path`, which crembo wrote.

    Raises StudentError for any other file, for a damaged one, and if the student's family is
    not installed or has no reader.
    """
    model = _read_model(path)
    family = family_of(model)
    if is_bare(model.producer_name, metadata_of(model)):
        raise StudentError("the student has no metadata", where=str(path), hint=HINT_BARE)
    if family is None:
        producer = f" by {model.producer_name}" if model.producer_name else ""
        raise _is_a_teacher(path, f"an ONNX model{producer}")
    read = _reader(family)
    if read is None:
        raise StudentError(
            "the student's family is not installed, or cannot read its students from files",
            where=str(path),
            found=f"family {family!r}",
            wanted=" or ".join(name for name in family_names() if _reader(name)),
            hint="`crembo inspect` shows its inputs, classes and options",
        )
    return _read(path, model, family, read)


def read_student_metadata(path: str | Path) -> StudentMetadata | None:
    """Return the metadata in the ONNX file at `path`; None if crembo did not write it.

    Raises StudentError if there is no model, or if it is damaged.
    """
    model = _read_model(path)
    family = family_of(model)
    if family is None:
        return None
    read = _reader(family)
    internals = None if read is None else _read(path, model, family, read)
    try:
        return read_metadata(model, internals)
    except (KeyError, TypeError, ValueError) as error:
        raise StudentError(
            "invalid metadata of a student",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            hint="they were changed after crembo wrote them",
        ) from error


def _reader(family: str) -> Callable[[GraphProto], Student] | None:
    """The family's reader, an optional part of the contract; None if there is none."""
    return reader_of(family_class(family)) if family in family_names() else None


def _read(
    path: str | Path, model: ModelProto, family: str, read: Callable[[GraphProto], Student]
) -> ReadableStudent:
    try:
        own = read_quantized if is_quantized(model.graph) else read
        student = decide(own(model.graph), utilities_of(model))
        return ReadableStudent(
            name=Path(path).name,
            student=student,
            features=features_of(model),
            classes=classes_of(model),
            missing_texts=missing_texts_of(model),
            groups=groups_of(model, student),
            units=units_of(model),
            names=names_of(model),
        )
    except DAMAGED as error:
        raise StudentError(
            f"invalid student of family {family!r}",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            hint="it was changed after it was written, or written by another version of crembo",
        ) from error


def _is_a_teacher(path: str | Path, found: str | None) -> StudentError:
    return StudentError(
        f"{Path(path).name} is a teacher",
        found=found,
        hint=f"make a student first: {shlex.join(['crembo', 'compress', str(path)])} DATA",
    )


def _read_model(path: str | Path) -> ModelProto:
    """The ONNX model at `path`. Raises StudentError if there is none."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # no types

    existing_input(path, StudentError, "a student's .onnx file")
    suffix = Path(path).suffix.lower()
    if MODELS.get(suffix, "onnx") != "onnx":
        raise _is_a_teacher(path, None)
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


def classes_of(model: ModelProto) -> tuple[int | str, ...]:
    """Return the classes as the `label` output gives them."""
    from onnx import numpy_helper

    table = {each.name: each for each in model.graph.initializer}[LABELS]
    values = numpy_helper.to_array(table).tolist()
    return tuple(each.decode() if isinstance(each, bytes) else each for each in values)
