"""A student as a model folder of MLflow."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import crembo_cli as crembo
from crembo_cli.commands.app import run
from crembo_cli.errors import OutputError, StudentError
from crembo_cli.search import defaults
from tests.student_file.test_outputs import Teacher

COUNT = 200


def rows() -> pd.DataFrame:
    """Every kind of column, two of them with missing cells."""
    rng = np.random.default_rng(0)
    colours = np.array(["red", "o'green", 'b"lue', None], object)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(COUNT) < 0.1, np.nan, rng.normal(size=COUNT)),
            "rooms": rng.integers(1, 9, COUNT),
            "new": rng.random(COUNT) < 0.5,
            "colour ü": pd.Series(rng.choice(colours, COUNT), dtype=object),
        }
    )


class ByAll(Teacher):
    """The second class where most of the columns say so."""

    def predict_proba(self, rows: pd.DataFrame) -> np.ndarray:
        """By a sum of all columns."""
        score = np.nan_to_num(rows["size"].to_numpy(float), nan=1.5) + rows["rooms"] / 4 - 1.5
        score = (
            score
            + rows["new"] * 1.0
            + (rows["colour ü"] == "red") * 2
            - rows["colour ü"].isna() * 2
        )
        second = 1 / (1 + np.exp(-2 * score.to_numpy(float)))
        return np.column_stack([1 - second, second])


def make_student(path: Path, outputs: str = defaults.OUTPUTS) -> crembo.OnnxStudent:
    """A student of all columns."""
    teacher = ByAll(["it's no", "yes"])
    result = crembo.compress(teacher, rows(), student="boosted", set_=["trees=8"], synthetic=0,
                             outputs=outputs, quick_report=True, output=path)  # fmt: skip
    return result.student


@pytest.fixture
def own_modules() -> Iterator[None]:
    """MLflow puts the folder's code on the path of imports; it goes again."""
    before, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith("crembo_student"):
            del sys.modules[name]


@pytest.mark.filterwarnings("ignore")  # of MLflow and what it imports
@pytest.mark.usefixtures("own_modules")
@pytest.mark.parametrize("outputs", defaults.OUTPUT_FORMS)
def test_pyfunc_predicts_from_a_frame_with_text(outputs: str, tmp_path: Path) -> None:
    """As the student does: missing cells, an unseen text, columns in any order."""
    pytest.importorskip("mlflow")
    from mlflow.pyfunc import load_model

    student = make_student(tmp_path / "s.onnx", outputs)
    crembo.mlflow(tmp_path / "s.onnx", tmp_path / "model")
    model = load_model(str(tmp_path / "model"))
    frame = rows()[["colour ü", "new", "size", "rooms"]]
    frame.loc[:3, "colour ü"] = ["purple", "NA", "", None]
    frame.index = pd.RangeIndex(5, 5 + COUNT)
    found = model.predict(frame)
    assert list(found.columns) == ["label", "probability_it's no", "probability_yes"]
    assert found.index.equals(frame.index)
    assert found["label"].tolist() == student.predict(frame).tolist()
    assert set(found["label"]) == {"it's no", "yes"}
    expected = student.predict_proba(frame)
    np.testing.assert_array_equal(found.iloc[:, 1:].to_numpy(np.float32), expected)
    assert len(model.predict(model.input_example)) == 1
    assert [(each.name, str(each.type)) for each in model.metadata.signature.inputs.inputs] == [
        ("size", "DataType.double"),
        ("rooms", "DataType.long"),
        ("new", "DataType.boolean"),
        ("colour ü", "DataType.string"),
    ]


def test_the_folder_is_written_without_mlflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says how to serve it; equal students make equal folders."""
    make_student(tmp_path / "s.onnx")
    for name in ("one", "two"):
        assert run(["mlflow", str(tmp_path / "s.onnx"), str(tmp_path / name)]) == 0
    assert f"mlflow models serve -m {tmp_path / 'two'}" in capsys.readouterr().err
    one, two = (
        {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
        }
        for name in ("one", "two")
    )
    assert one == two
    assert sorted(one) == [
        *("code/crembo_student.py", "input_example.json", "model.onnx", "python_env.yaml"),
        *("requirements.txt", "student.json"),
    ]
    described: dict[str, Any] = yaml.safe_load((tmp_path / "one" / "MLmodel").read_text())
    assert described["flavors"]["python_function"]["loader_module"] == "crembo_student"
    names = [each["name"] for each in json.loads(described["signature"]["inputs"])]
    assert names == ["size", "rooms", "new", "colour ü"]


def test_crembo_reads_the_folder_as_a_model(tmp_path: Path) -> None:
    """`compress` and `score` take it in the place of the file."""
    student = make_student(tmp_path / "s.onnx")
    crembo.mlflow(tmp_path / "s.onnx", tmp_path / "model")
    scores = crembo.score(tmp_path / "model", rows()).frame
    np.testing.assert_allclose(scores, student.predict_proba(rows()), atol=1e-6)


def test_a_folder_with_files_is_not_overwritten(tmp_path: Path) -> None:
    """An empty one is taken; nothing is left of a refused run."""
    make_student(tmp_path / "s.onnx")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(OutputError, match=r"the output exists.*new or empty folder"):
        crembo.mlflow(tmp_path / "s.onnx", tmp_path / "full")
    with pytest.raises(OutputError, match="folder does not exist"):
        crembo.mlflow(tmp_path / "s.onnx", tmp_path / "none" / "model")
    with pytest.raises(StudentError, match="cannot be read"):
        crembo.mlflow(tmp_path / "t.onnx", tmp_path / "model")
    crembo.mlflow(tmp_path / "s.onnx", tmp_path / "empty")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "full", "s.onnx"]
