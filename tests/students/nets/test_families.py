"""The families `cnn` and `net`, from the command line to the file and back; and without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.student_file.read import read_student
from crembo_cli.students.contract import Task
from crembo_cli.students.registry import family_class
from tests.families import BY_TORCH, NEEDS_TORCH
from tests.in_process import crembo
from tests.runs.test_image_shape import table, teacher

FAST = ("--set", "steps=120", "--synthetic", "400", "--quick-report", "--json")
HARDLY = ("--set", "steps=40", "--synthetic", "200", "--quick-report", "--json")  # trained


def digits(n: int = 1200) -> Task:
    """Images of 8 x 8 and one-hot labels softened to .91."""
    rows, labels = load_digits(return_X_y=True)
    beliefs = np.full((n, 10), 0.01, np.float32)
    beliefs[np.arange(n), labels[:n]] = 0.91
    shape = ImageShape(1, 8, 8)
    rows = rows.astype(np.float32)
    return Task(
        rows=rows[:n],
        beliefs=beliefs,
        validation_rows=rows[n : n + 100],
        validation_beliefs=np.eye(10, dtype=np.float32)[labels[n : n + 100]],
        shape=shape,
    )


@NEEDS_TORCH
def test_a_cnn_is_what_torch_trained() -> None:
    """The student in numpy predicts what the module does, batch norms and scales folded in."""
    import torch

    from crembo_cli.students.nets.cnn import CnnFamily

    task = digits(300)
    learner = CnnFamily(steps=60, width=8).learner(task)
    kept = []
    train = learner._train
    learner._train = lambda module, *rest, **more: (
        kept.append(module)
        or train(  # type: ignore[method-assign]
            module, *rest, **more
        )
    )
    student = learner.fit(task.beliefs)
    images = torch.from_numpy(learner.pixels.of(task.rows))
    with torch.no_grad():
        wanted = kept[0](images).numpy()
    assert student.scores(task.rows) == pytest.approx(wanted, abs=1e-4)


@NEEDS_TORCH
@pytest.mark.parametrize("name", BY_TORCH)
def test_a_fit_begins_with_its_start(name: str) -> None:
    """A fit from a start for one step stays near it, and never earns less."""
    task = digits(600)
    learner = family_class(name)(steps=400).learner(task)  # type: ignore[call-arg]
    first = learner.fit(task.beliefs)
    alone = family_class(name)(steps=1).learner(task)  # type: ignore[call-arg]
    allowed = (task.beliefs >= 0.5).astype(np.float32)
    earned = [
        allowed[np.arange(600), each.predict(task.rows)].sum()
        for each in (first, learner.fit(allowed, first), alone.fit(allowed, first))
    ]
    assert earned[0] > 540
    assert min(earned) == earned[0]


@NEEDS_TORCH
@pytest.mark.parametrize(
    ("declared", "last"),
    [(("n", 2, 4, 5), False), (("n", 4, 5, 2), True), ((7, 2, 4, 5), False)],
    ids=["NCHW", "NHWC", "fixed batch"],
)
def test_a_cnn_takes_the_place_of_a_teacher_of_images(
    declared: tuple[object, ...], last: bool, tmp_path: Path
) -> None:
    """It takes the teacher's tensor, is read back, evaluated and explained, and has own nodes."""
    path = teacher(tmp_path / "teacher.onnx", declared, last=last, type_="UINT8")
    found, bright = table(tmp_path / "data.parquet", last=last)
    run = ("compress", path, "data.parquet", "-s", "cnn", "--set", "width=8", *FAST)
    ran = crembo(tmp_path, *run)
    assert ran.code == 0, ran.err
    first = (tmp_path / "teacher.student.onnx").read_bytes()
    assert crembo(tmp_path, *run, "--jobs", "1").code == 0
    assert (tmp_path / "teacher.student.onnx").read_bytes() == first
    model = onnx.load_from_string(first)
    assert model.graph.input == onnx.load(path).graph.input
    operators = {node.op_type for node in model.graph.node if node.name.startswith("student_")}
    assert {"Conv", "Relu", "GlobalAveragePool", "Gemm", "Softmax"} <= operators
    assert ("Transpose" in operators) == last
    batch = declared[0] if isinstance(declared[0], int) else len(found)
    fed = (found.transpose(0, 2, 3, 1) if last else found)[:batch].astype(np.uint8)
    labels = onnxruntime.InferenceSession(first).run(["label"], {"pixels": fed})[0]
    assert np.mean(labels == bright[:batch]) > 0.9
    rows = fed.reshape(batch, -1).astype(np.float32)
    read = read_student(tmp_path / "teacher.student.onnx").student
    assert np.array_equal(read.predict(rows), labels)
    evaluated = crembo(tmp_path, "evaluate", "teacher.student.onnx", "data.parquet", "--json")
    assert json.loads(evaluated.out)["metrics"]["student"]["accuracy"] > 0.9
    assert evaluated.code == 0
    text = crembo(tmp_path, "explain", "teacher.student.onnx").out
    assert "images of 2 x 4 x 5" in text
    assert "1. convolution" in text


@NEEDS_TORCH
def test_the_sample_teacher_of_images_gets_a_cnn(tmp_path: Path) -> None:
    """A column of lists becomes the tensor 1 x 28 x 28; the file is smaller than 20 kB."""
    samples = Path(__file__).parents[3] / "sample_models"
    arguments = ("compress", samples / "mnist_cnn.onnx", samples / "mnist.parquet", "-s", "cnn")
    ran = crembo(tmp_path, *arguments, *FAST, "--set", "width=8", "--rows", "500")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert report["metrics"]["teacher"]["accuracy"] > 0.95
    assert report["metrics"]["student"]["fidelity"] > 0.5  # after so few steps
    content = (tmp_path / "mnist_cnn.student.onnx").read_bytes()
    assert len(content) < 20_000
    session = onnxruntime.InferenceSession(content)
    assert session.get_inputs()[0].shape == ["batch", 1, 28, 28]
    evaluated = crembo(
        tmp_path,
        *("evaluate", "mnist_cnn.student.onnx", samples / "mnist.parquet"),
        *("--rows", "100", "--json"),
    )
    assert json.loads(evaluated.out)["drift"] is None


@NEEDS_TORCH
def test_a_net_is_a_student_of_a_table(tmp_path: Path) -> None:
    """Three layers on text and numbers: the code of the student is written as any other's."""
    wine = Path(__file__).parents[3] / "sample_models"
    arguments = ("compress", wine / "wine_mlp.onnx", wine / "wine.csv", "-s", "net", *FAST)
    ran = crembo(tmp_path, *arguments, "--set", "depth=3", "--set", "width=16", "-o", "w.onnx")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["metrics"]["student"]["fidelity"] > 0.9
    assert "3 dense layers" in crembo(tmp_path, "explain", "w.onnx").out
    code = crembo(tmp_path, "explain", "w.onnx", "-f", "python")
    assert (code.code, "def " in code.out) == (0, True)


@NEEDS_TORCH
def test_thresholds_are_fitted_where_they_are_requested(tmp_path: Path) -> None:
    """By default the soft-label student alone; --thresholds and --select accuracy fit a path.

    Where most rows have one allowed label at every threshold, a note says so.
    """
    wine = Path(__file__).parents[3] / "sample_models"
    arguments = ("compress", wine / "wine_mlp.onnx", wine / "wine.csv", "-s", "net", *HARDLY)

    def steps(*more: str) -> tuple[int, str]:
        ran = crembo(tmp_path, *arguments, "--set", "width=4", "-o", "w.onnx", *more)
        return len(json.loads(ran.out)["search"]["steps"]), ran.err

    count, said = steps()
    assert (count, "thresholds have nothing to choose" in said) == (1, False)
    assert steps("--thresholds", "3")[0] == 4
    count, said = steps("--select", "accuracy", "--thresholds", "3")
    assert count > 1
    assert "of the training rows have one allowed label at all 3 thresholds" in said


@NEEDS_TORCH
def test_a_cnn_without_images_is_refused(tmp_path: Path) -> None:
    """A table of numbers and no --image-shape: one line that names it, before any work."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 4)), columns=list("abcd"))
    frame.assign(target=frame["a"] > 0).to_csv(tmp_path / "data.csv", index=False)
    beliefs = pd.DataFrame({"False": frame["a"] <= 0, "True": frame["a"] > 0}).astype(float)
    beliefs.to_csv(tmp_path / "beliefs.csv", index=False)
    ran = crembo(tmp_path, "compress", "beliefs.csv", "data.csv", "-s", "cnn")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "crembo: a cnn student is for images, and the teacher's input is not an image; state their "
        "channels, height and width: --image-shape 1,28,28",
    )


@NEEDS_TORCH
def test_cuda_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """--device cuda on a machine without it: one line, exit code 2; of no effect for a tree."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    wine = Path(__file__).parents[3] / "sample_models"
    arguments = ("compress", wine / "wine_mlp.onnx", wine / "wine.csv", "--device", "cuda")
    ran = crembo(tmp_path, *arguments, "-s", "net", *FAST)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "crembo: --device cuda: CUDA is not available to torch; use --device cpu",
    )
    ran = crembo(tmp_path, *arguments, "--quick-report", "--synthetic", "100")
    assert ran.code == 0
    assert "--device has no effect: a tree student is fitted on the CPU" in ran.err


WITHOUT_TORCH = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "torch" else find(name, *more)
from crembo_cli.__main__ import main
sys.argv = ["crembo", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("name", BY_TORCH)
def test_without_torch_the_extra_is_named(name: str, tmp_path: Path) -> None:
    """One line with what to install, exit code 2; and nothing is read or written before."""
    command = [sys.executable, "-c", WITHOUT_TORCH, "compress", "teacher.onnx", "data.csv"]
    ran = subprocess.run(
        [*command, "--student", name], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (ran.returncode, ran.stderr) == (
        2,
        f"crembo: family {name!r} needs torch, which is not installed; "
        "pip install 'crembo-cli[torch]'\n",
    )


def test_torch_is_imported_where_it_trains_alone() -> None:
    """Listing the families, and reading their files, does without."""
    code = "import sys; from crembo_cli.students.registry import family_class, family_names; "
    code += "[family_class(name) for name in family_names()]; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
