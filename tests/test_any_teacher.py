"""Compress, end to end, whatever the teacher: a student that replays, and takes its inputs."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from crembo_cli.commands.app import run
from tests.families import NEEDS_TORCH
from tests.teachers.classifiers import boosters, save_booster

Made = Callable[[Path], tuple[Path, pd.DataFrame]]  # a folder -> a teacher in it, and its table


def iris() -> pd.DataFrame:
    """The iris flowers under short names."""
    frame = load_iris(as_frame=True).frame
    frame.columns = ["sl", "sw", "pl", "pw", "target"]
    return frame


def mixed(rows: int = 200) -> pd.DataFrame:
    """Numbers and text with missing cells, and a label that hangs on both."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows).astype(np.float32),
            "job": rng.choice(["baker", "smith", "miller", "weaver"], rows),
            "rank": rng.integers(0, 4, rows),
        }
    )
    rich = (frame["age"] > 40) ^ frame["job"].isin(["smith", "weaver"])
    frame["target"] = np.where(rich, "yes", "no")
    frame.loc[::9, "age"] = np.nan
    frame.loc[::11, "job"] = None
    return frame


def pipeline() -> Any:
    """A forest behind imputers and a one-hot encoder."""
    return make_pipeline(
        make_column_transformer(
            (SimpleImputer(), ["age", "rank"]),
            (
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value=""),
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ),
                ["job"],
            ),
        ),
        RandomForestClassifier(20, max_depth=6, random_state=0),
    )


def pickled_pipeline(folder: Path) -> tuple[Path, pd.DataFrame]:
    """A pickle, trained on a frame with text and missing cells."""
    frame = mixed()
    model = pipeline().fit(frame.drop(columns="target"), frame["target"])
    path = folder / "pipeline.pkl"
    path.write_bytes(pickle.dumps(model))
    return path, frame


def onnx_pipeline(folder: Path) -> tuple[Path, pd.DataFrame]:
    """The same kind of model as ONNX, one input per column; '' is a missing job there."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    frame = mixed()
    whole = frame.drop(columns="target").assign(job=frame["job"].fillna(""))
    model = make_pipeline(
        make_column_transformer(
            (SimpleImputer(), ["age"]),
            ("passthrough", ["rank"]),
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"]),
        ),
        RandomForestClassifier(20, max_depth=6, random_state=0),
    ).fit(whole, frame["target"])
    types = [
        ("age", FloatTensorType([None, 1])),
        ("job", StringTensorType([None, 1])),
        ("rank", Int64TensorType([None, 1])),
    ]
    path = folder / "pipeline.onnx"
    path.write_bytes(to_onnx(model, initial_types=types).SerializeToString())
    return path, frame


def boosted(library: str, kind: str) -> Made:
    """A boosted ensemble of `library`, as a joblib file or as ONNX."""

    def make(folder: Path) -> tuple[Path, pd.DataFrame]:
        frame = iris()
        model = boosters()[library]().fit(frame.iloc[:, :4].to_numpy(np.float32), frame["target"])
        path = folder / f"{library}.{kind}"
        if kind == "joblib":
            joblib.dump(model, path)
        else:
            save_booster(model, library, path)
        return path, frame

    return make


def image_net(folder: Path) -> tuple[Path, pd.DataFrame]:
    """A net as torch exports it: images (batch, 1, 4, 4) in, softmax out, no labels."""
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 3),
        torch.nn.Softmax(dim=1),
    )  # fmt: skip
    path = folder / "net.onnx"
    torch.onnx.export(
        net,
        (torch.zeros(1, 1, 4, 4),),
        str(path),
        dynamo=False,
        input_names=["image"],
        output_names=["probabilities"],
        dynamic_axes={"image": {0: "batch"}, "probabilities": {0: "batch"}},
    )
    cells = np.random.default_rng(0).normal(0, 3, (200, 16)).astype(np.float32)
    with torch.no_grad():
        predicted = net(torch.from_numpy(cells.reshape(-1, 1, 4, 4))).argmax(dim=1).numpy()
    frame = pd.DataFrame(cells, columns=[f"p{j}" for j in range(16)])
    return path, frame.assign(target=predicted)


def beliefs_table(folder: Path) -> tuple[Path, pd.DataFrame]:
    """Beliefs of a model that answered elsewhere."""
    frame = iris()
    model = RandomForestClassifier(20, random_state=0).fit(frame.iloc[:, :4], frame["target"])
    path = folder / "beliefs.csv"
    table = pd.DataFrame(model.predict_proba(frame.iloc[:, :4]), columns=["0", "1", "2"])
    table.to_csv(path, index=False)
    return path, frame


TEACHERS: dict[str, Made] = {
    "a pickled pipeline with text and missing cells": pickled_pipeline,
    "an ONNX pipeline with one input per column": onnx_pipeline,
    **{
        f"{library} as {kind}": boosted(library, kind)
        for library in boosters()
        for kind in ("joblib", "onnx")
    },
    "an image net of torch": image_net,
    "a table of beliefs": beliefs_table,
}


PAIRS = [(kind, "tree") for kind in TEACHERS]
PAIRS += [(kind, "linear") for kind, made in TEACHERS.items() if made in (onnx_pipeline, image_net)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's exporter deprecates itself
@pytest.mark.parametrize(
    ("kind", "student"),
    [
        pytest.param(*each, marks=NEEDS_TORCH if TEACHERS[each[0]] is image_net else ())
        for each in PAIRS
    ],
)
def test_compress_works_for(
    kind: str, student: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The student is written (so it replayed on every row), loads, and is true to its teacher."""
    teacher, frame = TEACHERS[kind](tmp_path)
    frame.to_csv(tmp_path / "data.csv", index=False)
    monkeypatch.chdir(tmp_path)
    words = [str(teacher), "data.csv", "-s", student, "-o", "student.onnx", "-q"]
    synthetic = "0" if teacher.suffix == ".csv" else "300"
    few = ["--synthetic", synthetic, "--thresholds", "2", "--quick-report"]
    options = [*few, "--require", "fidelity>=0.5"]
    assert run(["compress", *words, *options]) == 0
    session = onnxruntime.InferenceSession("student.onnx", providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == ["label", "probabilities"]
    if teacher.suffix == ".onnx":
        asked = onnxruntime.InferenceSession(str(teacher), providers=["CPUExecutionProvider"])
        for mine, its in zip(session.get_inputs(), asked.get_inputs(), strict=True):
            assert (mine.name, mine.type, mine.shape) == (its.name, its.type, its.shape)
