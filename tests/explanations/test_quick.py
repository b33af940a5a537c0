"""Large students are written as code in a moment, and the code compiles."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from crembo_cli.arrays import LEAF
from crembo_cli.explanations.c import c_of
from crembo_cli.explanations.formats import explain
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.boosted.model import Boosted
from crembo_cli.students.boosted.trees import Trees
from crembo_cli.students.contract import Feature, Student
from crembo_cli.students.tree.model import Tree
from tests.explanations.test_c import COMPILERS

FEATURES = tuple(Feature(name=f"column {j}") for j in range(8))
INNER = 31  # splits of a full tree of depth 5


def full_tree(rng: np.random.Generator) -> Mapping[str, np.ndarray]:
    """The arrays of a tree of 32 leaves, breadth first."""
    nodes = np.arange(2 * INNER + 1, dtype=np.int32)
    split = nodes < INNER
    return {
        "feature": np.where(split, rng.integers(0, 8, len(nodes)), LEAF).astype(np.int32),
        "threshold": np.where(split, rng.normal(size=len(nodes)), 0).astype(np.float32),
        "missing_left": split & (rng.random(len(nodes)) < 0.5),
        "left": np.where(split, 2 * nodes + 1, nodes).astype(np.int32),
        "right": np.where(split, 2 * nodes + 2, nodes).astype(np.int32),
    }


def readable(student: Student) -> ReadableStudent:
    """The student with names."""
    return ReadableStudent(
        name="s.onnx",
        student=student,
        features=FEATURES,
        classes=("no", "maybe", "yes"),
        missing_texts=(),
    )


@pytest.mark.parametrize("form", ["text", "json", "python", "js", "c", "h", "sql"])
def test_a_hundred_trees_take_less_than_a_second(form: str) -> None:
    """In every format of boosted students; 3,200 leaves for 3 classes."""
    rng = np.random.default_rng(0)
    trees = [full_tree(rng) for _ in range(100)]
    size = 2 * INNER + 1
    shift = np.repeat(np.arange(100) * size, size).astype(np.int32)
    arrays = {key: np.concatenate([each[key] for each in trees]) for key in trees[0]}
    own = {**arrays, "left": arrays["left"] + shift, "right": arrays["right"] + shift}
    student = Boosted(
        trees=Trees(root=np.arange(100) * size, **own),
        values=rng.normal(size=(3200, 3)).astype(np.float32),
        begin=np.zeros(3, np.float32),
    )
    begun = process_time()
    content = explain(readable(student), form)
    assert process_time() - begun < 1
    assert len(content) > (100_000 if form != "h" else 500)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_tree_of_32_leaves_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    """Under -Wall -Wextra -pedantic -Wconversion."""
    if not shutil.which(compiler):
        pytest.skip(f"there is no {compiler}")
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), 2 * INNER + 1).astype(np.float32)
    tree = Tree(**full_tree(rng), label=shares.argmax(axis=1), probabilities=shares)
    assert tree.size()["leaves"] == 32
    source = tmp_path / ("tree.cc" if compiler == "g++" else "tree.c")
    source.write_text(c_of(readable(tree)), encoding="utf-8")
    command = [*COMPILERS[compiler], "-c", "-o", str(tmp_path / "tree.o"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
