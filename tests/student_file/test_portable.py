"""Students without operators of ai.onnx.ml: the same answers, also in OpenVINO."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.student_file.codes import MISSING
from crembo_cli.student_file.form import FileForm
from crembo_cli.student_file.mlflow_loader import Student
from crembo_cli.students.capabilities import program_of
from crembo_cli.students.graph import read_tree_ensemble
from crembo_cli.students.nodes import TreeArrays
from crembo_cli.students.portable import plain_ensemble
from tests.explanations.edge_rows import Case, make_case
from tests.student_file.test_levels import ROWS, TABLE, teacher

FAMILIES = ["additive", "boosted", "linear", "mlp", "oblique", "rules", "tree"]


@pytest.fixture(scope="module", params=FAMILIES)
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """The same student in both forms, with rows on every edge."""
    return [
        make_case(tmp_path_factory.mktemp("s"), request.param, form=FileForm(portable=portable))
        for portable in (False, True)
    ]


def test_both_forms_predict_the_same(cases: list[Case]) -> None:
    """In onnxruntime, on thresholds and beside them, missing, unseen, infinite."""
    plain, portable = cases
    assert portable.labels == plain.labels
    np.testing.assert_array_equal(portable.probabilities, plain.probabilities)
    model = onnx.load(portable.path)
    assert {each.domain for each in model.opset_import} == {""}
    assert {each.domain for each in model.graph.node} == {""}


def test_both_forms_are_read_back_as_the_same_student(cases: list[Case]) -> None:
    """What is explained of one is explained of the other."""
    programs = [program_of(each.explained.student, each.explained.features) for each in cases]
    assert programs[0] is not None
    assert programs[1] is not None
    assert programs[0].trees == programs[1].trees
    np.testing.assert_array_equal(programs[0].table, programs[1].table)
    assert cases[0].explained.missing_texts == cases[1].explained.missing_texts


def test_openvino_predicts_the_same(cases: list[Case]) -> None:
    """It has neither tree ensembles nor LabelEncoder; the plain form is refused."""
    openvino = pytest.importorskip("openvino")
    case, core = cases[1], openvino.Core()
    model = core.compile_model(str(case.path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    fed = []
    for each in case.explained.features:
        cells = [row[each.name] for row in case.rows]
        if each.categories:
            codes = dict.fromkeys(case.explained.missing_texts, MISSING)
            codes |= {text: k for k, text in enumerate(each.categories)}
            column = [MISSING if cell is None else codes.get(cell, -1) for cell in cells]
            fed.append(np.array(column, np.int64)[:, None])
        else:
            with np.errstate(over="ignore"):
                column = [np.nan if cell is None else cell for cell in cells]
                fed.append(np.array(column).astype(np.float32)[:, None])
    answers = model.create_infer_request().infer(fed)
    assert answers["label"].tolist() == case.labels
    assert np.allclose(answers["probabilities"], case.probabilities, atol=1e-6)
    with pytest.raises(RuntimeError):
        core.compile_model(str(cases[0].path), "CPU")


def test_texts_are_coded_wherever_crembo_runs_the_file(tmp_path: Path) -> None:
    """The library, `evaluate`, `score` and the loader for MLflow take the table's own texts."""
    path = tmp_path / "s.onnx"
    result = crembo.compress(
        teacher, ROWS, portable=True, output=path, quick_report=True, synthetic=0
    )
    types = {each.name: each.type.tensor_type.elem_type for each in onnx.load(path).graph.input}
    assert types == {"size": onnx.TensorProto.FLOAT, "colour": onnx.TensorProto.INT64}
    expected = (ROWS["size"] > 1).astype(int).tolist()
    assert crembo.load_student(path).predict(ROWS).tolist() == expected
    report = crembo.evaluate(path, TABLE, label="label").report
    assert report.metrics["student"].accuracy == 1
    assert report.drift is not None
    probabilities = result.student.predict_proba(ROWS)
    np.testing.assert_allclose(crembo.score(path, ROWS).frame, probabilities, atol=1e-6)
    crembo.mlflow(path, tmp_path / "model")
    served = Student(tmp_path / "model").predict(ROWS)
    np.testing.assert_array_equal(served.iloc[:, 1:].to_numpy(np.float32), probabilities)


def test_a_tree_of_one_leaf_and_a_large_one() -> None:
    """The first is a constant; the second is refused, as its matrix would be too large."""
    one = TreeArrays(
        root=np.array([0]),
        feature=np.array([-1]),
        threshold=np.zeros(1, np.float32),
        missing_left=np.array([False]),
        left=np.array([0]),
        right=np.array([0]),
        values=np.array([[0.25, 0.75]], np.float32),
    )
    nodes, constants = plain_ensemble(one, "X", "Y")
    graph = onnx.helper.make_graph(nodes, "g", [], [], constants)
    assert read_tree_ensemble(graph).values.tolist() == [[0.25, 0.75]]
    inner, count = 1100, 2201
    large = TreeArrays(
        root=np.array([0]),
        feature=np.array([0] * inner + [-1] * (inner + 1)),
        threshold=np.zeros(count, np.float32),
        missing_left=np.zeros(count, bool),
        left=np.arange(count) * 2 + 1,
        right=np.arange(count) * 2 + 2,
        values=np.zeros((inner + 1, 2), np.float32),
    )
    with pytest.raises(StudentError, match=r"too large for --portable; found a tree of 1101 leav"):
        plain_ensemble(large, "X", "Y")


def test_options_that_exclude_each_other() -> None:
    """A ZipMap is not a basic operator; without metadata the codes would be lost."""
    with pytest.raises(UsageError, match="--outputs zipmap: not available with --portable"):
        crembo.compress(teacher, ROWS, portable=True, outputs="zipmap")
    with pytest.raises(UsageError, match=r"--portable: not available with --metadata none"):
        crembo.compress(teacher, ROWS, portable=True, metadata="none", quick_report=True)
    numbers = ROWS[["size"]]
    result = crembo.compress(
        lambda rows: teacher(pd.DataFrame(rows)),
        numbers,
        portable=True,
        metadata="none",
        quick_report=True,
        synthetic=0,
    )
    assert len(result.content) < 1500
