"""Students with weights of 8 bits: measured, replayed and read back as any student."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from crembo_cli.core.choice import StepScores
from crembo_cli.core.image_shape import ImageShape
from crembo_cli.errors import StudentError
from crembo_cli.runs.quantize import Quantization, quantize_found
from crembo_cli.search.student import Compression, Search
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.student_file.read import read_student
from crembo_cli.students.contract import Task
from crembo_cli.students.nets.images import ImageStudent, Pixels
from crembo_cli.students.nets.layers import Conv, Dense
from crembo_cli.students.quantized import QuantizedStudent, quantize
from crembo_cli.students.scored.mlp import MlpFamily, MlpStudent
from tests.families import NEEDS_TORCH
from tests.in_process import Ran, crembo
from tests.runs.test_image_shape import table, teacher

SAMPLES = Path(__file__).parents[2] / "sample_models"
WINE = (SAMPLES / "wine_mlp.onnx", SAMPLES / "wine.csv")
FAST = ("--set", "steps=60", "--synthetic", "400", "--quick-report", "--json")


def compress(folder: Path, *more: str) -> Ran:
    """An mlp student of the wine sample."""
    return crembo(folder, "compress", *WINE, "-s", "mlp", *FAST, *more)


def test_a_quantised_mlp_is_a_student_as_any_other(tmp_path: Path) -> None:
    """Smaller, nearly the same, the same bytes again; evaluate, compare and explain read it."""
    plain = compress(tmp_path, "-o", "plain.onnx")
    ran = compress(tmp_path, "--quantize", "int8", "-o", "small.onnx")
    assert (plain.code, ran.code) == (0, 0), ran.err
    before, after = (json.loads(each.out)["metrics"]["student"] for each in (plain, ran))
    assert after["mean_belief"] > before["mean_belief"] - 0.02
    sizes = [(tmp_path / name).stat().st_size for name in ("plain.onnx", "small.onnx")]
    assert sizes[1] < 0.75 * sizes[0]
    first = (tmp_path / "small.onnx").read_bytes()
    assert compress(tmp_path, "--quantize", "int8", "-o", "small.onnx").code == 0
    assert (tmp_path / "small.onnx").read_bytes() == first
    evaluated = crembo(tmp_path, "evaluate", "small.onnx", WINE[1], "--json")
    assert json.loads(evaluated.out)["metrics"]["student"]["accuracy"] > 0.9
    assert json.loads(evaluated.out)["student"]["size"]["parameters"] > 0
    assert crembo(tmp_path, "compare", "plain.onnx", "small.onnx", WINE[1]).code == 0
    assert "weights of 8 bits: 2 layers" in crembo(tmp_path, "explain", "small.onnx").out
    code = crembo(tmp_path, "explain", "small.onnx", "-f", "python")
    assert (code.code, len(code.err.splitlines())) == (2, 1)


def test_its_operators_are_those_of_onnx_in_2020(tmp_path: Path) -> None:
    """Opset 11, no operator of onnxruntime alone; without fused nodes the answers are near."""
    assert compress(tmp_path, "--quantize", "int8", "-o", "small.onnx").code == 0
    model = onnx.load(tmp_path / "small.onnx")
    assert {each.domain: each.version for each in model.opset_import} == {"": 11, "ai.onnx.ml": 2}
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx.ml"}
    operators = {node.op_type for node in model.graph.node}
    assert {"QuantizeLinear", "QLinearMatMul", "MatMulInteger"} <= operators
    rows = pd.read_csv(WINE[1]).drop(columns="target").to_numpy(np.float32)
    fed = {model.graph.input[0].name: rows}
    answers = onnxruntime.InferenceSession(tmp_path / "small.onnx").run(["probabilities"], fed)[0]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    plain = onnxruntime.InferenceSession(tmp_path / "small.onnx", options)
    assert plain.run(["probabilities"], fed)[0] == pytest.approx(answers, abs=0.05)
    student = read_student(tmp_path / "small.onnx").student
    assert isinstance(student, QuantizedStudent)
    assert student.predict_proba(rows) == pytest.approx(answers, abs=1e-5)


@NEEDS_TORCH
def test_a_quantised_cnn_takes_the_place_of_its_teacher(tmp_path: Path) -> None:
    """Convolutions of whole numbers, behind the teacher's own input of bytes."""
    path = teacher(tmp_path / "teacher.onnx", ("n", 4, 5, 2), last=True, type_="UINT8")
    found, bright = table(tmp_path / "data.parquet", last=True)
    arguments = ("-s", "cnn", "--set", "width=8", *FAST, "--quantize", "int8")
    ran = crembo(tmp_path, "compress", path, "data.parquet", *arguments)
    assert ran.code == 0, ran.err
    fed = found.transpose(0, 2, 3, 1).astype(np.uint8)
    session = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    labels = session.run(["label"], {"pixels": fed})[0]
    assert np.mean(labels == bright) > 0.9
    student = read_student(tmp_path / "teacher.student.onnx").student
    rows = fed.reshape(len(fed), -1).astype(np.float32)
    assert np.array_equal(student.predict(rows), labels)
    evaluated = crembo(tmp_path, "evaluate", "teacher.student.onnx", "data.parquet", "--json")
    assert evaluated.code == 0


def test_sums_of_bright_images_do_not_saturate() -> None:
    """Each layer is as exact as its steps, on a CPU with and without VNNI; no layer is in 32 bits.

    On AVX2 the sums of unsigned activations by signed weights are cut off at 16 bits.
    """
    rng = np.random.default_rng(0)
    shape = ImageShape(2, 6, 6)
    rows = rng.uniform(0.8, 1, (200, 72)).astype(np.float32) * rng.uniform(0.2, 1, (200, 1))
    ones = np.ones((8, 2, 3, 3), np.float32)
    wide = Conv(
        weight=ones / 18,
        bias=np.full(8, 0.1, np.float32),
        strides=(1, 1),
        pads=(0, 0),
        groups=1,
        relu=True,
    )
    apart = replace(wide, weight=ones[:, :1] / 9, bias=np.zeros(8, np.float32), groups=8)
    mixed = replace(wide, weight=np.full((8, 8, 1, 1), 1 / 8, np.float32))
    bright = np.stack([np.ones(8), -np.ones(8)], axis=1).astype(np.float32)
    student = ImageStudent(
        pixels=Pixels(
            shape=shape,
            mean=np.zeros(2, np.float32),
            low=np.zeros(2, np.float32),
            high=np.ones(2, np.float32),
        ),
        convolutions=(wide, apart, mixed),
        dense=Dense(weight=bright, bias=np.array([-6, 6], np.float32), relu=False),
    )
    quantized = quantize(student, rows.astype(np.float32))
    found, own = (each.predict_proba(rows.astype(np.float32)) for each in (quantized, student))
    assert np.ptp(own[:, 0]) > 0.8
    assert found == pytest.approx(own, abs=0.05)
    graph = onnx.load_from_string(quantized.content).graph
    operators = [node.op_type for node in graph.node]
    assert (operators.count("QLinearConv"), operators.count("Conv")) == (3, 0)
    values = [(each.data_type, *each.dims, each.raw_data) for each in graph.initializer]
    assert len(set(values)) == len(values)


def fitted() -> tuple[MlpStudent, np.ndarray, np.ndarray]:
    """An mlp of digits, its rows, and the probabilities that it was fitted to."""
    rows, labels = load_digits(return_X_y=True)
    rows = rows.astype(np.float32)
    beliefs = np.full((len(rows), 10), 0.01, np.float32)
    beliefs[np.arange(len(rows)), labels] = 0.91
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    learner = MlpFamily(hidden=4, knots=2, steps=60).learner(task)
    return learner.finish(learner.fit(beliefs)), rows, beliefs


def test_a_student_that_loses_too_much_is_refused() -> None:
    """On rows that rounding changes, with both figures; allowed where the loss is."""
    student, rows, beliefs = fitted()
    own = student.predict(rows)
    changed = own != quantize(student, rows).predict(rows)
    assert changed.any()
    judged = np.eye(10, dtype=np.float32)[own[changed]]
    train = TrainingRows(rows=rows, beliefs=beliefs, y_true=None, real=len(rows))
    validation = TrainingRows(rows=rows[changed], beliefs=judged, y_true=None, real=len(judged))
    scores = StepScores(
        depth=1,
        insensitive_depth=1,
        mean_belief=1,
        gain=0,
        gain_error=0,
        fidelity=1,
        accuracy=None,
    )
    found = Compression(
        student=student,
        threshold=None,
        chosen=0,
        steps=((None, scores),),
        path_rows=len(rows),
        train=train,
        validation=validation,
    )
    with pytest.raises(StudentError) as error:
        quantize_found(found, Search(), Quantization(most_lost=0.5))
    assert str(error.value) == (
        "the student with int8 weights loses too much mean teacher probability; found 0.0000 on "
        "the validation rows, 1.0000 with weights of 32 bits; wanted a loss of at most 0.5; allow "
        "more with --quantize-loss, or leave --quantize out"
    )
    kept = quantize_found(found, Search(), Quantization(most_lost=1))
    assert isinstance(kept.student, QuantizedStudent)
    assert quantize_found(found, Search(), None) is found
    search = replace(Search(), utilities=tuple(map(tuple, np.eye(10).tolist())))
    assert quantize_found(found, search, Quantization(most_lost=1)).student is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("-s", "tree", "--quantize", "int8"),
            "--quantize: int8 weights are not available for the family; found 'tree'; wanted cnn "
            "or mlp or net",
        ),
        (
            ("-s", "auto", "--quantize", "int8"),
            "--quantize int8: not available with --student auto; use one of the two options",
        ),
        (("-s", "mlp", "--quantize-loss", "0.1"), "--quantize-loss needs --quantize; found 0.1"),
        (
            ("-s", "mlp", "--quantize", "int4"),
            "--quantize: invalid choice; found 'int4'; did you mean 'int8'?",
        ),
        (
            ("-s", "mlp", "--quantize", "int8", "--quantize-loss", "2"),
            "--quantize-loss: out of range; found 2; wanted 0 to 1",
        ),
    ],
)
def test_families_that_cannot_be_quantised_are_refused(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Other families, several at once, and options out of range: one line, exit code 2."""
    ran = crembo(tmp_path, "compress", *WINE, *options)
    assert (ran.code, ran.err) == (2, f"crembo: {said}\n")
