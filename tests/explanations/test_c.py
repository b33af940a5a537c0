"""A student as C, compiled with every warning an error, and run against its ONNX."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from crembo_cli.explanations.c import c_of
from tests.explanations.edge_rows import Case

GCC = shutil.which("gcc") or ""
FLAGS = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]


@pytest.mark.skipif(not GCC, reason="there is no gcc")
def test_c_predicts_what_onnxruntime_predicts(case: Case, tmp_path: Path) -> None:
    """On every edge, classes are equal and probabilities to the last bits of float32."""
    source, library = tmp_path / "student.c", tmp_path / "student.so"
    source.write_text(c_of(case.explained), encoding="utf-8")
    subprocess.run([GCC, *FLAGS, "-o", str(library), str(source), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    features, classes = case.explained.features, case.explained.classes
    row_type = type(
        "Row",
        (ctypes.Structure,),
        {
            "_fields_": [
                (f"f{j}", ctypes.c_char_p if each.categories else ctypes.c_double)
                for j, each in enumerate(features)
            ]
        },
    )
    names = (ctypes.c_char_p * len(classes)).in_dll(loaded, "crembo_classes")
    assert [name.decode() for name in names] == [str(each) for each in classes]
    for row, label, expected in zip(case.rows, case.labels, case.probabilities, strict=True):
        cells = [
            (None if row[each.name] is None else row[each.name].encode())
            if each.categories
            else (float("nan") if row[each.name] is None else row[each.name])
            for each in features
        ]
        given = row_type(*cells)
        assert classes[loaded.crembo_predict(ctypes.byref(given))] == label
        found = (ctypes.c_float * len(classes))()
        loaded.crembo_probabilities(ctypes.byref(given), found)
        assert np.allclose(found, expected, atol=1e-6)
