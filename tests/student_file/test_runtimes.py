"""Students of every family in the runtimes of others: old ones, converted, and onnx's evaluator.

An environment variable names the Python of an environment with an old wheel; without it, the test
of that wheel is skipped: CREMBO_OLD_ONNXRUNTIME (`pip install onnxruntime==1.15.0 'numpy<2'`), and
CREMBO_OLD_ONNX (`pip install onnx==1.15.0 'numpy<2'`).
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import version_converter
from onnx.reference import ReferenceEvaluator

from crembo_cli.students.registry import family_names
from tests.explanations.edge_rows import Case, make_case

OWN = ["additive", "boosted", "linear", "mlp", "oblique", "rules", "tree"]
RUN = """
import json, pickle, sys
{load}
with open(sys.argv[2], "rb") as file:
    feeds = pickle.load(file)
labels, probabilities = model.run(["label", "probabilities"], feeds)
print(json.dumps([list(map(str, labels)), probabilities.tolist()]))
"""
LOADS = {
    "CREMBO_OLD_ONNXRUNTIME": "import onnxruntime\n"
    "model = onnxruntime.InferenceSession(sys.argv[1])",
    "CREMBO_OLD_ONNX": "from onnx.reference import ReferenceEvaluator\n"
    "model = ReferenceEvaluator(sys.argv[1])",
}


@pytest.fixture(scope="module", params=OWN)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A student of each of our families, with rows on every edge."""
    return make_case(tmp_path_factory.mktemp("student"), request.param)


def feeds_of(case: Case) -> dict[str, Any]:
    """The rows as the inputs of the student."""
    fed = {}
    with np.errstate(over="ignore"):
        for each in case.explained.features:
            cells = [row[each.name] for row in case.rows]
            missing = "" if each.categories else np.nan
            column = [missing if cell is None else cell for cell in cells]
            type_ = object if each.categories else np.float32
            fed[each.name] = np.array(column, np.float64 if type_ is np.float32 else object)[
                :, None
            ].astype(type_)
    return fed


def check(case: Case, labels: Any, probabilities: Any) -> None:
    """The answers are those of today's onnxruntime."""
    assert [str(each) for each in labels] == [str(each) for each in case.labels]
    assert np.allclose(probabilities, case.probabilities, atol=1e-6)


def test_the_oldest_opsets_are_declared(case: Case) -> None:
    """Runtimes of 2020 load the file."""
    model = onnx.load(case.path)
    assert model.ir_version == 6
    assert {each.domain: each.version for each in model.opset_import} == {"": 11, "ai.onnx.ml": 2}


def test_every_family_of_ours_is_here() -> None:
    """A new one takes its place in the list."""
    assert set(OWN) <= set(family_names())


@pytest.mark.parametrize("variable", LOADS)
def test_old_wheels_predict_the_same(case: Case, variable: str, tmp_path: Path) -> None:
    """The oldest onnxruntime that pip has for this Python, and onnx's own evaluator of 2023."""
    python = os.environ.get(variable)
    if python is None:
        pytest.skip(f"{variable} is not set")
    (tmp_path / "feeds.pkl").write_bytes(pickle.dumps(feeds_of(case)))
    code = RUN.format(load=LOADS[variable])
    command = [python, "-W", "ignore", "-c", code, str(case.path), str(tmp_path / "feeds.pkl")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    check(case, *json.loads(answer.stdout))


@pytest.mark.parametrize("opset", [13, 18, 21])
def test_the_version_converter_keeps_the_answers(case: Case, opset: int) -> None:
    """From opset 11 to those of later years."""
    model = version_converter.convert_version(onnx.load(case.path), opset)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    check(case, *session.run(["label", "probabilities"], feeds_of(case)))


def test_the_reference_evaluator_predicts_the_same(case: Case) -> None:
    """That of the installed onnx; an older one mistakes `base_values`, so that there are none."""
    with np.errstate(over="ignore"):
        evaluator = ReferenceEvaluator(str(case.path))
        check(case, *evaluator.run(["label", "probabilities"], feeds_of(case)))
    nodes = onnx.load(case.path).graph.node
    assert not any(each.name == "base_values" for node in nodes for each in node.attribute)


def test_an_input_of_numbers_is_read_without_identity(case: Case) -> None:
    """A node that does nothing stops the version converter of some years."""
    assert "Identity" not in {node.op_type for node in onnx.load(case.path).graph.node}
