"""The metadata of a student's file: the `crembo.*` keys; only this module reads or writes them.

The size of a candidate counts for `--max-bytes`, and the test rows must not influence the
choice: so `candidate_metadata` leaves blanks for what is known of the test rows, and
`with_test_results` fills them in once the student is chosen. Both have the same length, so the
size that was compared is the size of the file that is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.errors import UsageError, printable
from crembo_cli.student_file.features import read_features, write_features
from crembo_cli.student_file.form import FileForm, keep_level
from crembo_cli.student_file.groups import GroupCounts, count_groups, read_groups
from crembo_cli.student_file.keys import (
    CLASSES,
    DATA_SHA256,
    FAMILY,
    FEATURES,
    GROUPS,
    METRICS,
    MISSING_TEXTS,
    NAMES,
    OPTIONS,
    SEARCH,
    SIZE,
    TEACHER_SHA256,
    TEST_ROWS,
    TEST_SHA256,
    THRESHOLD,
    TRAINING,
    UNITS,
    VERSION,
)
from crembo_cli.student_file.summary import TrainingSummary, read_summary, summarise
from crembo_cli.students.contract import Family, Feature, Student

if TYPE_CHECKING:
    from onnx import ModelProto

    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.teachers.contract import Teacher

# Characters for each of the blanks: 14 metrics with all digits of a float64 fit.
TEST_WIDTHS = {TEST_SHA256: 64, TEST_ROWS: 10, METRICS: 560}


def candidate_metadata(
    family: Family,
    student: Student,
    teacher: Teacher,
    train: LabelledTable,
    *,
    search: Mapping[str, object],
    threshold: float | None,
    units: Sequence[float],
    version: str,
    names: Sequence[str] | None = None,
    form: FileForm | None = None,
) -> dict[str, str]:
    """Return the metadata of a student before its test rows are measured: text by key.

    They hold no clock and no path of the machine. `search` is how it was found, `threshold`
    the one it was fitted at, `units` (p,) the standard deviation of each feature, `names` (c,)
    those of the classes for a reader, kept where they say more. Values that are not text are JSON.
    `form` limits how much of it the file holds.
    """
    values: dict[str, Any] = {
        VERSION: version,
        FAMILY: family.name,
        OPTIONS: asdict(family),  # type: ignore[call-overload]  # the contract: a dataclass
        SEARCH: dict(search),
        THRESHOLD: threshold,
        CLASSES: list(teacher.classes),
        SIZE: student.size(),
        FEATURES: write_features(train.encoding.features),
        UNITS: {"all": units[0]} if len(set(units)) == 1 < len(units) else list(units),
        TEACHER_SHA256: teacher.sha256,
        DATA_SHA256: train.table.sha256,
    }
    if train.shape is None:  # drift of a single pixel means nothing
        values[TRAINING] = summarise(
            train.rows, student.predict(train.rows), train.encoding.features, len(teacher.classes)
        ).to_text()
    if names is not None and list(names) != [str(each) for each in teacher.classes]:
        values[NAMES] = list(names)
    groups = count_groups(student, train)
    if groups is not None:
        values[GROUPS] = groups.to_text()
    form = FileForm() if form is None else form
    if form.portable:
        values[MISSING_TEXTS] = train.encoding.missing_texts
    blanks = {key: " " * width for key, width in TEST_WIDTHS.items()}
    return keep_level({key: _text(value) for key, value in values.items()} | blanks, form.metadata)


def with_test_results(
    metadata: Mapping[str, str], sha256: str, rows: int, metrics: Mapping[str, object]
) -> dict[str, str]:
    """Return `metadata` with its blanks filled in: the test table's hash, rows and metrics."""
    values = {TEST_SHA256: sha256, TEST_ROWS: rows, METRICS: dict(metrics)}
    return {
        **metadata,
        **{
            key: _text(value).ljust(TEST_WIDTHS[key])
            for key, value in values.items()
            if key in metadata
        },
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class ReadableStudent:
    """A student with the names of its features and classes."""

    name: str  # the file's, for a reader
    student: Student
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...]  # as the `label` output gives them
    missing_texts: tuple[str, ...]  # that mean a missing cell: see `Feature.missing_texts`
    groups: GroupCounts | None = None  # training rows by leaf or rule; None: not known
    units: tuple[float, ...] | None = None  # standard deviation of each feature; None: not known
    names: tuple[str, ...] | None = None  # of the classes, for a reader; None: the classes

    def class_names(self) -> list[str]:
        """Return the names of the classes."""
        return list(self.names or map(str, self.classes))

    def printable(self) -> ReadableStudent:
        """Return the same with names on one line each, without control characters."""
        return replace(
            self,
            name=printable(self.name),
            features=tuple(
                replace(
                    each,
                    name=printable(each.name),
                    categories=tuple(printable(text) for text in each.categories),
                )
                for each in self.features
            ),
            classes=tuple(printable(each) for each in self.class_names()),
            names=None,
        )


def check_names(names: Sequence[str], classes: Sequence[object]) -> Sequence[str]:
    """Return `names` of `classes`, in order. Raises UsageError for too few or too many."""
    if len(names) != len(classes):
        raise UsageError(
            "invalid number of class names",
            where="--classes",
            found=", ".join(names),
            wanted=f"{len(classes)} names, in the order of {', '.join(map(str, classes))}",
        )
    return names


@dataclass(frozen=True, kw_only=True)
class StudentMetadata:
    """The metadata in the file of a student that crembo wrote."""

    family: str
    options: dict[str, Any]
    size: dict[str, int]  # see `students.contract.Student.size`
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...]  # of its teacher, in the order of its outputs
    names: tuple[str, ...] | None  # of the classes, for a reader; None: the classes
    units: tuple[float, ...] | None  # standard deviation of each feature; None in old files
    missing_texts: tuple[str, ...]
    utilities: Doubles | None  # (c, c) of its decisions; None: the most probable class
    temperature: float  # of its teacher's softened probabilities; 1: as they were
    data_sha256: str | None  # of the table it was fitted on
    training: TrainingSummary | None  # of the rows it was fitted on; None if it was taken out
    test_rows: int  # rows that `metrics` were measured on; 0 if there are none
    metrics: dict[str, Any]  # on the test rows of the run that fitted it; {} if there are none
    internals: ReadableStudent | None  # None if its family is not installed or has no reader

    def encoding(self) -> Encoding:
        """Return how the student encodes a table; the dtypes are replaced by those of the table."""
        from crembo_cli.dataset.encode import Encoding

        return Encoding(
            features=self.features,
            dtypes=tuple(np.dtype(object if each.categories else float) for each in self.features),
            missing_texts=self.missing_texts,
            absent=(None,) * len(self.features),
        )


def metadata_of(model: ModelProto) -> dict[str, str]:
    """Return the model's metadata_props, whoever wrote them."""
    return {each.key: each.value for each in model.metadata_props}


def family_of(model: ModelProto) -> str | None:
    """Return the name of the student's family; None if crembo did not write the model."""
    return metadata_of(model).get(FAMILY)


def read_metadata(model: ModelProto, internals: ReadableStudent | None) -> StudentMetadata:
    """Return the metadata in a student's file, `internals` included.

    Raises KeyError, TypeError or ValueError if the metadata are not as crembo writes them.
    """
    found = metadata_of(model)
    features = features_of(model)
    return StudentMetadata(
        family=found[FAMILY],
        options=json.loads(found.get(OPTIONS, "{}")),
        size=dict(json.loads(found.get(SIZE, "{}"))),
        features=features,
        classes=tuple(json.loads(found[CLASSES])),
        names=names_of(model),
        units=units_of(model),
        missing_texts=missing_texts_of(model),
        utilities=utilities_of(model),
        temperature=float(json.loads(found.get(SEARCH, "{}")).get("temperature", 1.0)),
        data_sha256=found.get(DATA_SHA256),
        training=read_summary(found[TRAINING], features) if TRAINING in found else None,
        test_rows=int(found.get(TEST_ROWS, 0)),
        metrics=dict(json.loads(found.get(METRICS, "{}"))),
        internals=internals,
    )


def features_of(model: ModelProto) -> tuple[Feature, ...]:
    """Return the student's features, in the order of its inputs."""
    return read_features(json.loads(metadata_of(model)[FEATURES]))


def utilities_of(model: ModelProto) -> Doubles | None:
    """Return the utilities of the student's decisions, float64 (c, c); None if there are none.

    Raises ValueError if they are not a square matrix of numbers.
    """
    rows = json.loads(metadata_of(model).get(SEARCH, "{}")).get("utilities")
    if rows is None:
        return None
    found = np.array(rows, np.float64)
    classes = json.loads(metadata_of(model)[CLASSES])
    if found.shape != (len(classes),) * 2 or not np.isfinite(found).all():
        raise ValueError(f"invalid utilities: {rows}")
    return found


def names_of(model: ModelProto) -> tuple[str, ...] | None:
    """Return the names of the classes; None without them. Raises ValueError for too many or few."""
    found = metadata_of(model)
    names = json.loads(found.get(NAMES, "null"))
    if names is not None and len(names) != len(json.loads(found[CLASSES])):
        raise ValueError(f"invalid names of classes: {names}")
    return None if names is None else tuple(map(str, names))


def units_of(model: ModelProto) -> tuple[float, ...] | None:
    """Return the standard deviation of each feature; None in a file without them."""
    units = json.loads(metadata_of(model).get(UNITS, "null"))
    if isinstance(units, dict):
        units = [units["all"]] * len(features_of(model))
    return None if units is None else tuple(float(each) for each in units)


def groups_of(model: ModelProto, student: Student) -> GroupCounts | None:
    """Return the training rows in each leaf or rule of the student; None if it has none.

    Raises KeyError, TypeError or ValueError if they are not as crembo writes them.
    """
    found = metadata_of(model).get(GROUPS)
    return None if found is None else read_groups(found, student)


def missing_texts_of(model: ModelProto) -> tuple[str, ...]:
    """Return the texts that mean a missing cell in some column; () if no feature is text."""
    from onnx import helper

    coded = metadata_of(model).get(MISSING_TEXTS)
    if coded is not None:
        return tuple(str(each) for each in json.loads(coded))
    texts: dict[str, None] = {}  # in order
    for node in model.graph.node:
        if node.op_type == "LabelEncoder":
            found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            pairs = zip(found["keys_strings"], found["values_floats"], strict=True)
            texts |= {text.decode(): None for text, code in pairs if code != code}  # noqa: PLR0124  # NaN
    return tuple(texts)
