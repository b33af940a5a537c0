"""A student's file, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from crembo_cli.errors import StudentError
from crembo_cli.student_file.read import read_student
from tests.explanations.edge_rows import CLASSES, NAMES, Case, make_case


def test_names_classes_and_texts_come_back(case: Case) -> None:
    """With every character that they had."""
    explained = case.explained
    assert [each.name for each in explained.features] == list(NAMES.values())
    assert set(explained.features[2].categories) == {"red", "o'green", 'b"lue', "white"}
    assert explained.features[0].missing
    assert {"", "NA"} <= set(explained.missing_texts)
    assert explained.classes in {CLASSES, (0, 1)}
    assert explained.name == case.path.name


def test_the_student_that_is_read_answers_as_the_file(case: Case) -> None:
    """In memory as in onnxruntime, on rows with missing and unseen cells."""
    explained = case.explained
    codes = [{text: k for k, text in enumerate(each.categories)} for each in explained.features]
    rows = np.array(
        [
            [
                (code.get(cell, np.nan if cell in (None, *explained.missing_texts) else -1))
                if code
                else (np.nan if cell is None else cell)
                for code, cell in zip(codes, row.values(), strict=True)
            ]
            for row in case.rows
        ]
    )
    finite = ~(np.abs(rows) > np.finfo(np.float32).max).any(axis=1)  # in memory all values are
    cells = rows[finite].astype(np.float32)
    labels = [label for label, ok in zip(case.labels, finite, strict=True) if ok]
    assert [explained.classes[k] for k in explained.student.predict(cells)] == labels
    shares = case.probabilities[finite]
    assert np.allclose(explained.student.predict_proba(cells), shares, atol=1e-6)


@pytest.fixture(scope="module")
def stump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small student's file."""
    return make_case(tmp_path_factory.mktemp("stump"), "tree", depth=1).path


def changed(stump: Path, folder: Path, family: str | None, drop_node: bool = False) -> Path:
    """The same file, with another family in its metadata, or a node less."""
    model = onnx.load(stump)
    kept = {each.key: each.value for each in model.metadata_props if each.key != "crembo.family"}
    onnx.helper.set_model_props(model, kept | ({"crembo.family": family} if family else {}))
    if drop_node:
        del model.graph.node[-3:]
    path = folder / "changed.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("family", "drop_node", "message"),
    [
        (None, False, "is a teacher"),
        ("gone", False, "family is not installed"),
        ("additive", False, "invalid student of family 'additive'"),
        ("linear", False, "invalid student of family 'linear'"),
        ("tree", True, "invalid student of family 'tree'"),
    ],
)
def test_other_files_are_refused_in_one_line(
    stump: Path, tmp_path: Path, family: str | None, drop_node: bool, message: str
) -> None:
    """A foreign model, another family, and a file that is not what its metadata say."""
    path = changed(stump, tmp_path, family, drop_node)
    with pytest.raises(StudentError, match=message) as raised:
        read_student(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"hello", "not an ONNX model"), (b"", "not an ONNX model")],
)
def test_a_file_that_is_not_a_model_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """No file, text, and nothing."""
    path = tmp_path / "student.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudentError, match=message):
        read_student(path)
