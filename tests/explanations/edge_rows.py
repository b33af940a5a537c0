"""Students of ours as files, with rows that lie on every edge, and what onnxruntime says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.utilities import (
    expected_utilities,
    utilities_from_costs,
    utilities_from_weights,
)
from crembo_cli.dataset.encode import Encoding, learn_encoding
from crembo_cli.student_file.build import build_model
from crembo_cli.student_file.codes import code_frame
from crembo_cli.student_file.form import FileForm
from crembo_cli.student_file.keys import CLASSES as CLASSES_KEY
from crembo_cli.student_file.keys import FAMILY, FEATURES, MISSING_TEXTS, SEARCH
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.student_file.read import read_student
from crembo_cli.student_file.signature import signature_of
from crembo_cli.students.capabilities import program_of, utilities_of
from crembo_cli.students.contract import Family, Feature, Floats, Student, Task
from crembo_cli.students.decided import decide
from crembo_cli.students.registry import family_class

NAMES = {
    "size": 'si"ze */ of\n"things"',  # a name that tries to break out of every language
    "age": "age ??/ \\ 'years'",
    "colour": "col`our; DROP TABLE students",
    "city": "città",
}
# Small students of families that have more options than a depth.
OPTIONS: Mapping[str, dict[str, int]] = {
    "additive": {"knots": 4, "pairs": 4},
    "boosted": {"trees": 6},
    "mlp": {"hidden": 6, "steps": 200},
    "net": {"width": 6, "steps": 200},
    "oblique": {"max_depth": 3, "max_features": 3},
    "rules": {"max_rules": 6},
}
CLASSES: tuple[int | str, ...] = ('it\'s "no"', "yes ??/\\ */", "vielleicht ü")


@dataclass(frozen=True)
class Case:
    """A student's file and rows to run it on."""

    path: Path
    explained: ReadableStudent
    rows: list[dict[str, Any]]  # by feature; None where missing
    labels: list[Any]  # what onnxruntime says
    probabilities: Floats


def training_frame(count: int = 600) -> pd.DataFrame:
    """Numbers with holes, whole numbers, two columns of text, one of them with holes."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=count)
    colours = rng.choice(np.array(["red", "o'green", 'b"lue', "white", None], object), count)
    cities = rng.choice(
        np.array(["Roma", "Paris ??(", "Zürich\\n", "Łódź", "NA", "x" * 40], object), count
    )
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(count) < 0.15, np.nan, size),
            "age": rng.integers(0, 90, count),
            "colour": pd.Series(colours, dtype=object),
            "city": pd.Series(cities, dtype=object),
        }
    )
    return frame.rename(columns=NAMES)


def teacher(frame: pd.DataFrame) -> Floats:
    """Beliefs in three classes that need all of the columns: float32 (n, 3)."""
    size, age, colour, city = (frame[name] for name in NAMES.values())
    first = np.nan_to_num(size.to_numpy(np.float64), nan=1.5) + (colour == "red") * 2.0
    second = age.to_numpy(np.float64) / 30 - colour.isna() * 2.0
    third = (city == "Roma") * 2.0 + (city == "Łódź") + (colour == "white") * 1.5
    scores = np.exp(1.5 * np.stack([first, second, third.to_numpy(np.float64)], axis=1))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def edge_frame(
    frame: pd.DataFrame, student: Student, features: tuple[Feature, ...]
) -> pd.DataFrame:
    """Rows of `frame` with cells at thresholds, beside them, halfway, extreme, missing, unseen."""
    rng = np.random.default_rng(1)
    edges = [0.0, np.inf, -np.inf, 3.4e38, -3.4e38, 1e38, -1e39]
    program = program_of(student, features)
    assert program is not None
    knots = [np.float32(each.shift) for each in program.columns]
    tested = [each.up_to for each in program.conditions() if each.up_to is not None]
    for threshold in (*knots, *map(np.float32, tested)):
        above = np.nextafter(threshold, np.float32(np.inf))
        middle = (float(threshold) + float(above)) / 2
        edges += [float(threshold), float(above), middle]
        edges += [float(np.nextafter(middle, -np.inf)), float(np.nextafter(middle, np.inf))]
    found = frame.copy()
    for name, seen, others in (
        (NAMES["size"], 0.6, [*edges, np.nan]),
        (NAMES["age"], 0.6, edges),
        (NAMES["colour"], 0.6, ["red", None, "", "NA", "purple", "it's"]),
        (NAMES["city"], 0.8, ["Roma", None, "", "Oslo", "łódź"]),
    ):
        values = found[name].to_numpy(object, copy=True)
        change = np.flatnonzero(rng.random(len(found)) > seen)
        values[change] = [others[k] for k in rng.integers(0, len(others), len(change))]
        text = isinstance(others[0], str)
        found[name] = pd.Series(values, dtype=object if text else np.float64)
    return found


def make_case(
    folder: Path,
    family: str,
    *,
    depth: int = 5,
    classes: tuple[int | str, ...] = CLASSES,
    threshold: float | None = None,
    weights: tuple[float, ...] | None = None,
    costs: list[list[int]] | None = None,
    count: int = 600,
    form: FileForm | None = None,
) -> Case:
    """Fit, export in `form`, run on `count` edge rows, and read back.

    `weights` are those of the classes, `costs` those of wrong decisions, by true class.
    """
    frame = training_frame()
    beliefs = teacher(frame)[:, : len(classes)]
    beliefs = beliefs / beliefs.sum(axis=1, keepdims=True)
    encoding = learn_encoding(frame, beliefs)
    options = {"max_depth": depth} if family == "tree" else OPTIONS.get(family, {})
    rows = encoding.encode(frame)
    task = Task(
        rows=rows,
        beliefs=beliefs,
        validation_rows=rows[:0],
        validation_beliefs=beliefs[:0],
        categories=tuple(len(each.categories) for each in encoding.features),
    )
    utilities = None if weights is None else utilities_from_weights(np.array(weights))
    if costs is not None:
        utilities = utilities_from_costs(np.array(costs, np.float64))
    task = replace(task, utilities=utilities)
    student = decide(fit(family_class(family)(**options), task, threshold), utilities)
    path = folder / f"{family}.onnx"
    path.write_bytes(file_of(student, family, encoding, classes, form))
    frame = edge_frame(training_frame(count), student, encoding.features)
    labels, probabilities = run(path, encoding, frame)
    return Case(
        path=path,
        explained=read_student(path),
        rows=[
            {name: None if pd.isna(cell) else cell for name, cell in row.items()}
            for row in frame.to_dict("records")
        ],
        labels=labels,
        probabilities=probabilities,
    )


def fit(family: Family, task: Task, threshold: float | None = None) -> Student:
    """A student of soft labels, or of the labels allowed at `threshold`."""
    learner = family.learner(task)
    rewards = expected_utilities(task.beliefs, task.utilities)
    student = learner.fit(rewards)
    if threshold is not None:
        student = learner.fit(allowed_labels(rewards, threshold), student)
    return learner.finish(student)


def file_of(
    student: Student,
    family: str,
    encoding: Encoding,
    classes: tuple[int | str, ...],
    form: FileForm | None = None,
) -> bytes:
    """The student's file with the metadata that its reader needs."""
    metadata = {
        FAMILY: family,
        FEATURES: json.dumps([asdict(each) for each in encoding.features]),
        CLASSES_KEY: json.dumps(classes),
    }
    utilities = utilities_of(student)
    if utilities is not None:
        metadata[SEARCH] = json.dumps({"utilities": utilities.tolist()})
    signature = signature_of((), encoding, classes, form)
    if signature.form.portable:
        metadata[MISSING_TEXTS] = json.dumps(encoding.missing_texts)
    model = build_model(student, signature, classes, metadata, "test")
    return bytes(model.SerializeToString())


def run(path: Path, encoding: Encoding, frame: pd.DataFrame) -> tuple[list[Any], Floats]:
    """What onnxruntime says of `frame`."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    fed = {}
    with np.errstate(over="ignore"):
        for each in encoding.features:
            column = frame[each.name]
            fed[each.name] = (
                column.fillna("").to_numpy(object)[:, None]
                if each.categories
                else column.to_numpy(np.float32)[:, None]
            )
    if any(each.type == "tensor(int64)" for each in session.get_inputs()):
        coded = code_frame(frame, encoding.features, encoding.missing_texts)
        fed |= {
            each.name: coded[each.name].to_numpy()[:, None]
            for each in encoding.features
            if each.categories
        }
    labels, probabilities = session.run(["label", "probabilities"], fed)
    return labels.tolist(), probabilities
