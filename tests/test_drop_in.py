"""A student takes its teacher's place: the same feeds go in, whatever the teacher takes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from tests import small_teachers
from tests.in_process import crembo

Inputs = Sequence[tuple[str, str, Sequence[Any]]]
ONE_EACH = ("a", "b", "c", "d")
QUICK = ("--synthetic", "50", "--thresholds", "2", "--quick-report", "--json")

LAYOUTS: dict[str, Inputs] = {
    "one tensor": [("X", "FLOAT", (None, 4))],
    "a named batch": [("X", "FLOAT", ("batch", 4))],
    "a batch of one": [("X", "FLOAT", (1, 4))],
    "a batch that does not divide the rows": [("X", "FLOAT", (7, 4))],
    "double": [("X", "DOUBLE", (None, 4))],
    "float16": [("X", "FLOAT16", (None, 4))],
    "int64": [("X", "INT64", (None, 4))],
    "bool": [("x", "FLOAT", (None, 3)), ("d", "BOOL", (None, 1))],
    "int32": [("X", "INT32", (None, 4))],
    "uint8": [("X", "UINT8", (None, 4))],
    "an image": [("pixels", "FLOAT", (None, 1, 2, 2))],
    "an image of bytes in a fixed batch": [("pixels", "UINT8", (5, 2, 2))],
    "one input a column": [(name, "FLOAT", (None, 1)) for name in ONE_EACH],
    "columns without a second dimension": [(name, "FLOAT", (None,)) for name in ONE_EACH],
    "several types": [
        ("x", "DOUBLE", (None, 2)),
        ("y", "INT64", (None, 1)),
        ("z", "FLOAT", (None,)),
    ],
    "text beside numbers": [
        ("a", "FLOAT", (None, 1)),
        ("b", "STRING", (None, 1)),
        ("c", "INT64", (None, 1)),
        ("d", "STRING", (None, 1)),
    ],
    "text in one tensor": [("words", "STRING", (None, 4))],
}


def fed(inputs: Inputs, frame: pd.DataFrame) -> list[dict[str, np.ndarray]]:
    """The feeds that a user of the teacher makes of a table, run by run."""
    batch = inputs[0][2][0]
    size = batch if isinstance(batch, int) else len(frame)
    runs = []
    for start in range(0, len(frame) - size + 1, size):
        part, feeds, at = frame.iloc[start : start + size], {}, 0
        for name, type_, shape in inputs:
            width = int(np.prod(shape[1:]))
            cells = part.iloc[:, at : at + width].to_numpy(object)
            at += width
            dtype = (
                object
                if type_ == "STRING"
                else onnx.helper.tensor_dtype_to_np_dtype(onnx.TensorProto.DataType.Value(type_))
            )
            feeds[name] = cells.astype(dtype).reshape([size, *shape[1:]])
        runs.append(feeds)
    return runs


def ready(inputs: Inputs) -> pd.DataFrame:
    """A table that a teacher with such inputs can take: whole numbers, and text where wanted."""
    frame = small_teachers.table(whole=all(type_ != "FLOAT16" for _, type_, _ in inputs))
    at = 0
    for _, type_, shape in inputs:
        for name in frame.columns[at : at + int(np.prod(shape[1:]))]:
            if type_ == "STRING":
                words = np.array([*small_teachers.COLOURS, "pink"], object)
                frame[name] = words[frame[name].to_numpy().astype(int) % 4]
            elif type_ == "BOOL":
                frame[name] = frame[name] > 4
            elif type_ == "INT64":
                frame[name] = frame[name].astype(float)  # 3.0 is whole too
        at += int(np.prod(shape[1:]))
    return frame


@pytest.mark.parametrize(
    ("layout", "family"),
    [*((layout, "tree") for layout in LAYOUTS), ("text beside numbers", "linear")],
)
def test_the_teachers_feeds_fit_the_student(layout: str, family: str, tmp_path: Path) -> None:
    """Names, types and shapes are the teacher's own, and its feeds are answered."""
    inputs = LAYOUTS[layout]
    frame = ready(inputs)
    teacher = small_teachers.teacher(tmp_path / "teacher.onnx", inputs)
    beliefs = np.concatenate(
        [onnxruntime.InferenceSession(teacher).run(None, run)[0] for run in fed(inputs, frame)]
    )
    frame = frame[: len(beliefs)].assign(target=beliefs.argmax(axis=1)[: len(frame)])
    frame.to_parquet(tmp_path / "data.parquet", index=False)
    ran = crembo(tmp_path, "compress", teacher, "data.parquet", "-s", family, *QUICK)
    assert (ran.code, json.loads(ran.out)["metrics"]["teacher"]["fidelity"]) == (0, 1.0)
    student = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    theirs, ours = onnx.load(teacher), onnx.load(tmp_path / "teacher.student.onnx")
    assert [each.SerializeToString() for each in ours.graph.input] == [
        each.SerializeToString() for each in theirs.graph.input
    ]
    predicted = [student.run(["label", "probabilities"], run) for run in fed(inputs, frame)]
    labels = np.concatenate([label for label, _ in predicted])
    assert labels.dtype == np.int64
    assert np.concatenate([each for _, each in predicted]).shape == beliefs.shape
    assert np.mean(labels == beliefs.argmax(axis=1)) > 0.6


@pytest.mark.parametrize(
    ("labels", "in_table"),
    [((0, 1, 2), (0, 1, 2)), ((7, -1, 4), (7, -1, 4)), (("no", "yes", "é"), ("no", "yes", "é"))],
)
def test_labels_are_the_teachers_own(
    labels: tuple[Any, ...], in_table: tuple[Any, ...], tmp_path: Path
) -> None:
    """Whole numbers stay whole numbers and text stays text, in the order of the beliefs."""
    teacher = small_teachers.teacher(tmp_path / "teacher.onnx", labels=labels)
    frame = small_teachers.table()
    frame.assign(target=np.array(in_table, object)[frame["target"]]).to_csv(
        tmp_path / "data.csv", index=False
    )
    ran = crembo(tmp_path, "compress", teacher, "data.csv", *QUICK)
    report = json.loads(ran.out)
    assert report["teacher"]["classes"] == list(labels)
    assert report["metrics"]["teacher"]["accuracy"] == 1.0
    session = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    cells = frame[list("abcd")].to_numpy(np.float32)
    predicted, probabilities = session.run(["label", "probabilities"], {"X": cells})
    assert predicted.tolist() == [labels[k] for k in probabilities.argmax(axis=1)]
    theirs = onnxruntime.InferenceSession(teacher).get_outputs()[0]
    assert session.get_outputs()[0].type == theirs.type


def test_a_pickle_with_text_has_one_input_a_column(tmp_path: Path) -> None:
    """Text, numbers with gaps, truth values and whole numbers each go in under their own name."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size (cm)": random.normal(0, 1, 120),
            "colour": pd.Series(random.choice(["red", "green", "blue"], 120), dtype=object),
            "student_index": random.integers(0, 50, 120),
            "new": random.random(120) < 0.5,
        }
    )
    y_true = np.where((frame["colour"] == "red") | (frame["student_index"] > 25), "yes", "no")
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = make_pipeline(encode, RandomForestClassifier(10, random_state=0)).fit(frame, y_true)
    (tmp_path / "teacher.pkl").write_bytes(pickle.dumps(model))
    frame.assign(target=y_true).to_csv(tmp_path / "data.csv", index=False)
    ran = crembo(tmp_path, "compress", "teacher.pkl", "data.csv", *QUICK)
    assert ran.code == 0, ran.err
    session = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    assert [(each.name, each.type, each.shape[1:]) for each in session.get_inputs()] == [
        ("size (cm)", "tensor(float)", [1]),
        ("colour", "tensor(string)", [1]),
        ("student_index", "tensor(float)", [1]),
        ("new", "tensor(float)", [1]),
    ]
    feeds = {
        name: frame[[name]].to_numpy(object if name == "colour" else np.float32, copy=True)
        for name in frame.columns
    }
    assert np.mean(session.run(["label"], feeds)[0] == y_true) > 0.8
    feeds["colour"][:] = "never seen"
    assert len(session.run(["label"], feeds)[0]) == 120


@pytest.mark.parametrize("family", ["tree", "linear"])
def test_missing_cells_go_the_same_way(family: str, tmp_path: Path) -> None:
    """A table with gaps is compressed and replayed, and NaN and the empty text are answered."""
    inputs: Inputs = [("x", "FLOAT", (None, 3)), ("d", "STRING", (None, 1))]
    frame = small_teachers.table().astype({"d": object})
    frame["d"] = np.array(small_teachers.COLOURS, object)[np.arange(small_teachers.ROWS) % 3]
    frame.loc[::5, "d"] = None
    nodes = small_teachers.teacher(tmp_path / "teacher.onnx", inputs)
    frame.to_csv(tmp_path / "data.csv", index=False)
    ran = crembo(tmp_path, "compress", nodes, "data.csv", "-s", family, *QUICK)
    assert json.loads(ran.out)["metrics"]["student"]["fidelity"] > 0.5
    session = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    x = np.full((2, 3), np.nan, np.float32)
    d = np.array([[""], ["red"]], object)
    assert np.isfinite(session.run(["probabilities"], {"x": x, "d": d})[0]).all()
