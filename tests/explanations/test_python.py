"""A student as Python, run against its ONNX."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from crembo_cli.explanations.python import python_of
from tests.explanations.edge_rows import Case


def test_python_predicts_what_onnxruntime_predicts(case: Case) -> None:
    """On every edge, labels are equal and probabilities to the last bits of float32."""
    module: dict[str, Any] = {}
    exec(python_of(case.explained), module)
    assert [module["predict"](row) for row in case.rows] == case.labels
    found = np.array([module["predict_proba"](row) for row in case.rows])
    assert np.allclose(found, case.probabilities, atol=1e-6)


def test_it_imports_nothing_that_must_be_installed(case: Case, tmp_path: Path) -> None:
    """An isolated interpreter without site packages runs it, warnings being errors."""
    path = tmp_path / "student.py"
    row = {name: cell for name, cell in case.rows[0].items() if cell is not None}
    row |= {name: None for name in case.rows[0] if name not in row}
    asked = python_of(case.explained) + f"\nprint(ascii(predict({row!a})))\n"
    path.write_text(asked, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == ascii(case.labels[0])
