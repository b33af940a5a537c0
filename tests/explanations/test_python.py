"""A student as Python, run against its ONNX."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mypy import api

from crembo_cli.explanations.python import python_of
from tests.explanations.edge_rows import Case

CACHE = Path(tempfile.gettempdir()) / "crembo-tests-mypy"


def test_python_predicts_what_onnxruntime_predicts(case: Case) -> None:
    """On every edge, labels are equal and probabilities to the last bits of float32."""
    module: dict[str, Any] = {}
    exec(python_of(case.explained), module)
    assert [module["predict"](row) for row in case.rows] == case.labels
    found = np.array([module["predict_proba"](row) for row in case.rows])
    assert np.allclose(found, case.probabilities, atol=1e-6)


def test_every_kind_of_missing_cell_is_missing(case: Case) -> None:
    """None, NaN, pandas.NA, the empty text of csv.DictReader, and the texts of `missing`."""
    module: dict[str, Any] = {}
    exec(python_of(case.explained), module)
    empty = dict.fromkeys(case.rows[0])
    expected = module["predict_proba"](empty)
    for missing in (float("nan"), np.float32("nan"), pd.NA, pd.NaT, "", "N/A", "n/a", "nan"):
        assert module["predict_proba"](dict.fromkeys(empty, missing)) == expected
    texts = {name: None if cell is None else str(cell) for name, cell in case.rows[0].items()}
    assert module["predict"](texts) == case.labels[0]


def test_frames_of_pandas_are_predicted_row_by_row(case: Case) -> None:
    """A gap in a text column, which pandas may hold as NaN, is a missing value."""
    module: dict[str, Any] = {}
    exec(python_of(case.explained), module)
    frame = pd.DataFrame(case.rows).astype(dict.fromkeys(list(case.rows[0])[2:], "str"))
    assert [module["predict"](row) for row in frame.to_dict("records")] == case.labels


def test_it_passes_mypy_strict(case: Case, tmp_path: Path) -> None:
    """As a module of its own, and in a function that uses it."""
    (tmp_path / "student.py").write_text(python_of(case.explained), encoding="ascii")
    type_ = type(case.explained.classes[0]).__name__
    (tmp_path / "use.py").write_text(
        "from student import predict, predict_proba\n\n"
        f"label: {type_} = predict({{'a': 1.0}})\n"
        "shares: list[float] = predict_proba({'a': 1.0, 'b': None})\n"
    )
    out, err, code = api.run(
        ["--strict", "--config-file=", "--cache-dir", str(CACHE), str(tmp_path)]
    )
    assert (err, code) == ("", 0), out


@pytest.mark.skipif(not shutil.which("micropython"), reason="there is no MicroPython")
def test_it_runs_under_micropython(case: Case, tmp_path: Path) -> None:
    """Labels are equal on rows of every edge, infinities included."""
    (tmp_path / "student.py").write_text(python_of(case.explained), encoding="ascii")
    (tmp_path / "use.py").write_text(
        "from student import predict\ninf, nan = float('inf'), float('nan')\n"
        f"print([predict(row) for row in {case.rows!a}])\n"
    )
    answer = subprocess.run(
        ["micropython", "use.py"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert ast.literal_eval(answer.stdout) == case.labels


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
