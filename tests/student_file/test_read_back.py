"""Every family's student, read back from its file, answers as the one that was fitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from crembo_cli.dataset.encode import Encoding
from crembo_cli.errors import StudentError
from crembo_cli.student_file.build import build_model, model_bytes
from crembo_cli.student_file.metadata import FAMILY, FEATURES
from crembo_cli.student_file.read import read_student
from crembo_cli.student_file.signature import signature_of
from crembo_cli.students.contract import Student
from crembo_cli.students.registry import family_class
from crembo_cli.testing.tasks import FEATURES as NAMED
from crembo_cli.testing.tasks import SmallTask, small_tasks
from tests.families import FOR_TABLES

QUICK: Mapping[str, dict[str, Any]] = {
    "additive": {"knots": 4, "pairs": 3},
    "boosted": {"trees": 4},
    "mlp": {"hidden": 5, "steps": 40},
    "net": {"width": 5, "steps": 40},
    "rules": {"max_rules": 4},
}
ENCODING = Encoding(
    features=NAMED,
    dtypes=tuple(np.dtype(object if each.categories else float) for each in NAMED),
    missing_texts=("", "NA"),
    absent=(None,) * len(NAMED),
)


def fit(family: str, each: SmallTask) -> Student:
    """The student of a task with missing cells and categories."""
    learner = family_class(family)(**QUICK.get(family, {})).learner(each.task)
    return learner.finish(learner.fit(each.task.beliefs))


def write(student: Student, family: str, classes: int, folder: Path) -> Path:
    """The student's file."""
    metadata = {FAMILY: family, FEATURES: json.dumps([asdict(each) for each in NAMED])}
    signature = signature_of((), ENCODING)
    model = build_model(student, signature, tuple(range(classes)), metadata, "test")
    path = folder / "student.onnx"
    path.write_bytes(model_bytes(model))
    return path


@pytest.mark.parametrize("family", FOR_TABLES)
@pytest.mark.parametrize("each", list(small_tasks()), ids=lambda each: each.name)
def test_a_student_read_from_its_file_predicts_the_same(
    family: str, each: SmallTask, tmp_path: Path
) -> None:
    """On rows with missing, unseen, huge and neighbouring cells: equal labels, equal sizes."""
    fitted = fit(family, each)
    path = write(fitted, family, each.task.beliefs.shape[1], tmp_path)
    readable = read_student(path)
    np.testing.assert_array_equal(
        readable.student.predict(each.probes), fitted.predict(each.probes)
    )
    np.testing.assert_allclose(
        readable.student.predict_proba(each.probes), fitted.predict_proba(each.probes), atol=1e-6
    )
    assert readable.student.size() == fitted.size()
    before = path.read_bytes()
    write(readable.student, family, each.task.beliefs.shape[1], tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("family", FOR_TABLES)
def test_a_file_with_a_node_less_ends_in_a_student_error(family: str, tmp_path: Path) -> None:
    """Whichever node of the student is gone, no other error is raised; some of them must be."""
    each = next(small_tasks())
    path = write(fit(family, each), family, each.task.beliefs.shape[1], tmp_path)
    whole = onnx.load(path)
    refused = 0
    for k, node in enumerate(whole.graph.node):
        if not node.name.startswith("student_"):
            continue
        model = onnx.ModelProto()
        model.CopyFrom(whole)
        del model.graph.node[k]
        onnx.save(model, path)
        try:
            read_student(path)
        except StudentError:
            refused += 1
    assert refused
