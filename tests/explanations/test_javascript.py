"""A student as a JavaScript module, run by node against its ONNX."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crembo_cli.explanations.javascript import javascript_of
from tests.explanations.edge_rows import Case

NODE = shutil.which("node") or ""
ASK = """
import { readFileSync } from "node:fs";
import { CLASSES, predict, predictProba } from "./student.mjs";
const rows = JSON.parse(readFileSync("rows.json"), (_, value) =>
  value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);
console.log(JSON.stringify([rows.map(predict), rows.map(predictProba), CLASSES]));
"""


def run(case: Case, rows: list[dict[str, Any]], folder: Path) -> Any:
    """The labels, the probabilities and the classes that node gives."""
    (folder / "student.mjs").write_text(javascript_of(case.explained), encoding="ascii")
    (folder / "ask.mjs").write_text(ASK)
    written = [
        {
            name: str(cell) if isinstance(cell, float) and np.isinf(cell) else cell
            for name, cell in row.items()
        }
        for row in rows
    ]
    (folder / "rows.json").write_text(json.dumps(written))
    answer = subprocess.run(
        [NODE, "ask.mjs"], cwd=folder, check=True, capture_output=True, text=True
    )
    return json.loads(answer.stdout)


@pytest.mark.skipif(not NODE, reason="there is no node")
def test_javascript_predicts_what_onnxruntime_predicts(case: Case, tmp_path: Path) -> None:
    """On every edge, labels are equal and probabilities to the last bits of float32."""
    labels, probabilities, classes = run(case, case.rows, tmp_path)
    assert labels == case.labels
    assert np.allclose(probabilities, case.probabilities, atol=1e-6)
    assert classes == list(case.explained.classes)


@pytest.mark.skipif(not NODE, reason="there is no node")
def test_cells_of_a_csv_file_are_read(case: Case, tmp_path: Path) -> None:
    """Numbers as text, and all texts that mean a missing value."""
    rows = [
        {name: "NaN" if cell is None else str(cell) for name, cell in row.items()}
        for row in case.rows[:100]
        if not any(isinstance(cell, float) and np.isinf(cell) for cell in row.values())
    ]
    labels = [
        label
        for row, label in zip(case.rows[:100], case.labels, strict=False)
        if not any(isinstance(cell, float) and np.isinf(cell) for cell in row.values())
    ]
    assert run(case, rows, tmp_path)[0] == labels
