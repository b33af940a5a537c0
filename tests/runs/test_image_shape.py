"""Tables whose rows are images: their shape, and what is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

from crembo_cli.core.image_shape import ImageShape
from tests.in_process import crembo

QUICK = ("--quick-report", "--json", "--synthetic", "200", "--thresholds", "2")
SHAPE = (2, 4, 5)  # channels, height, width


def images(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Whole pixels from 0 to 255, float32 (n, 2, 4, 5), and which half of channel 1 is bright."""
    rng = np.random.default_rng(5)
    found = rng.integers(0, 100, (n, *SHAPE)).astype(np.float32)
    bright = rng.integers(0, 2, n)
    for image, left in zip(found, bright, strict=True):
        image[1, :, 3 * left : 3 * left + 2] += 150
    return found, bright


def teacher(path: Path, declared: tuple[Any, ...], *, last: bool, type_: str = "FLOAT") -> Path:
    """A net that compares the halves of channel 1; `declared` is its input's shape."""
    perm = [0, 3, 1, 2] if last else [0, 1, 2, 3]
    kernel = np.zeros((2, 2, 4, 5), np.float32)
    kernel[0, 1, :, :2] = kernel[1, 1, :, 3:] = 1 / 100
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planar"], perm=perm),
        helper.make_node("Conv", ["planar", "kernel"], ["map"]),
        helper.make_node("Flatten", ["map"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    kind = TensorProto.DataType.Value(type_)
    graph = helper.make_graph(
        nodes,
        "halves",
        [helper.make_tensor_value_info("pixels", kind, declared)],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [declared[0], 2])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def table(path: Path, *, last: bool) -> tuple[np.ndarray, np.ndarray]:
    """Write the images as a table in the teacher's order of columns; return them and the labels."""
    found, bright = images()
    flat = (found.transpose(0, 2, 3, 1) if last else found).reshape(len(found), -1)
    frame = pd.DataFrame(flat, columns=[f"p{k}" for k in range(flat.shape[1])])
    frame.assign(target=bright).to_parquet(path, index=False)
    return found, bright


@pytest.mark.parametrize("last", [False, True])
def test_rows_become_images_and_rows_again(last: bool) -> None:
    """Columns in the order of either layout become channel, row, column, and come back."""
    shape = ImageShape(*SHAPE, channels_last=last)
    found, _ = images(3)
    rows = (found.transpose(0, 2, 3, 1) if last else found).reshape(3, -1)
    assert np.array_equal(shape.to_images(rows), found)
    assert np.array_equal(shape.to_rows(found), rows)


@pytest.mark.parametrize(
    ("declared", "last", "type_"),
    [
        (("n", 2, 4, 5), False, "FLOAT"),
        (("n", 4, 5, 2), True, "FLOAT"),
        ((7, 2, 4, 5), False, "FLOAT"),
        (("n", 4, 5, 2), True, "UINT8"),
        ((None, 2, 4, "width"), False, "UINT8"),
    ],
    ids=["NCHW", "NHWC", "fixed batch", "NHWC, uint8", "dynamic width"],
)
def test_a_teacher_of_images_is_queried_with_images(
    declared: tuple[Any, ...], last: bool, type_: str, tmp_path: Path
) -> None:
    """In both layouts, fixed batches and bytes: real and synthetic rows are its own images.

    The student takes the very tensor that the teacher takes.
    """
    path = teacher(tmp_path / "teacher.onnx", declared, last=last, type_=type_)
    found, bright = table(tmp_path / "data.parquet", last=last)
    ran = crembo(tmp_path, "compress", path, "data.parquet", "-s", "linear", *QUICK)
    assert ran.code == 0, ran.err
    assert f"images of 2 x 4 x 5{', channels last' if last else ''}" in ran.err
    assert json.loads(ran.out)["metrics"]["teacher"]["accuracy"] == 1.0
    student = onnxruntime.InferenceSession(tmp_path / "teacher.student.onnx")
    theirs, ours = onnx.load(path), onnx.load(tmp_path / "teacher.student.onnx")
    assert ours.graph.input == theirs.graph.input
    batch = declared[0] if isinstance(declared[0], int) else len(found)
    fed = (found.transpose(0, 2, 3, 1) if last else found)[:batch]
    labels = student.run(["label"], {"pixels": fed.astype(type_.lower().replace("float", "f4"))})
    assert np.mean(labels[0] == bright[:batch]) > 0.95


def test_pixels_that_are_not_bytes_are_refused(tmp_path: Path) -> None:
    """A teacher of bytes and a cell of 300: one line with row and column."""
    path = teacher(tmp_path / "teacher.onnx", ("n", 2, 4, 5), last=False, type_="UINT8")
    table(tmp_path / "data.parquet", last=False)
    frame = pd.read_parquet(tmp_path / "data.parquet")
    frame.loc[3, "p7"] = 300
    frame.to_parquet(tmp_path / "data.parquet", index=False)
    ran = crembo(tmp_path, "compress", path, "data.parquet", *QUICK)
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == (
        "crembo: teacher.onnx: row 4, column 'p7': a cell does not match the type of the "
        "teacher's input; found 300.0; wanted a whole uint8"
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "2,4,4",
            "data.parquet: the number of columns does not match the image shape; found 40 "
            "feature columns; wanted 32, for images of 2 x 4 x 4; correct --image-shape, or choose "
            "columns with --features or --drop",
        ),
        (
            "2x4x5",
            "--image-shape: invalid image shape; found '2x4x5'; wanted channels, height and width, "
            "such as 1,28,28",
        ),
        (
            "0,4,5",
            "--image-shape: invalid image shape; found '0,4,5'; wanted channels, height and width, "
            "such as 1,28,28",
        ),
    ],
)
def test_a_wrong_shape_is_refused(option: str, said: str, tmp_path: Path) -> None:
    """A shape that does not fit the columns, or that is none: one line, and exit code 2."""
    found, bright = table(tmp_path / "data.parquet", last=False)
    flat = LogisticRegression(max_iter=2000).fit(found.reshape(len(found), -1), bright)
    (tmp_path / "flat.pkl").write_bytes(pickle.dumps(flat))
    arguments = ("compress", "flat.pkl", "data.parquet", "--image-shape", option, *QUICK)
    ran = crembo(tmp_path, *arguments)
    assert (ran.code, ran.err.splitlines()[-1]) == (2, f"crembo: {said}")
    assert not (tmp_path / "flat.student.onnx").exists()


def test_a_teacher_of_images_and_too_few_columns(tmp_path: Path) -> None:
    """A table whose columns are not the product of the shape: one line, and exit code 2."""
    path = teacher(tmp_path / "teacher.onnx", ("n", 2, 4, 5), last=False)
    table(tmp_path / "data.parquet", last=False)
    ran = crembo(
        tmp_path, "compress", path, "data.parquet", "--drop", "p0", "--label", "target", *QUICK
    )
    assert ran.code == 2
    assert "the number of features does not match the teacher; found 39 columns" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_the_option_corrects_the_guessed_layout(tmp_path: Path) -> None:
    """Of (n, 4, 5, 2) the channels are last, unless --image-shape says 4,5,2; 9,9,9 is refused."""
    path = teacher(tmp_path / "teacher.onnx", ("n", 4, 5, 2), last=True)
    table(tmp_path / "data.parquet", last=True)
    arguments = ("compress", path, "data.parquet", "-s", "linear", *QUICK, "--image-shape")
    assert crembo(tmp_path, *arguments, "4,5,2").code == 0
    ran = crembo(tmp_path, *arguments, "9,9,9")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "crembo: --image-shape: the image shape does not fit the teacher's input; found "
        "9 x 9 x 9; wanted 2 x 4 x 5 or 4 x 5 x 2",
    )


def test_text_is_not_a_pixel(tmp_path: Path) -> None:
    """--image-shape on a table with a column of text is refused, by the column's name."""
    frame = pd.DataFrame({"a": range(40), "b": ["x", "y"] * 20, "c": range(40), "d": range(40)})
    frame.assign(target=frame["a"] > 20).to_csv(tmp_path / "data.csv", index=False)
    beliefs = pd.DataFrame({"False": frame["a"] <= 20, "True": frame["a"] > 20}).astype(float)
    beliefs.to_csv(tmp_path / "beliefs.csv", index=False)
    arguments = ("compress", "beliefs.csv", "data.csv", "--image-shape", "1,2,2", "--json")
    ran = crembo(tmp_path, *arguments)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "crembo: data.csv, column 'b': a pixel is not a number; found text; wanted numbers, "
        "for --image-shape",
    )
