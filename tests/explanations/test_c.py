"""A student as C, compiled with every warning an error, and run against its ONNX."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from crembo_cli.errors import UsageError
from crembo_cli.explanations.c import c_of, header_of
from tests.explanations.edge_rows import Case

FLAGS = ["-O2", "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Werror"]
COMPILERS = {
    "gcc": ["gcc", "-std=c99", *FLAGS],
    "clang": ["clang", "-std=c99", *FLAGS],
    "g++": ["g++", "-std=c++11", *FLAGS],
    "tcc": ["tcc"],
}
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_c_predicts_what_onnxruntime_predicts(case: Case, compiler: str, tmp_path: Path) -> None:
    """On every edge, classes are equal and probabilities to the last bits of float32."""
    if not shutil.which(compiler):
        pytest.skip(f"there is no {compiler}")
    source = tmp_path / ("student.cc" if compiler == "g++" else "student.c")
    library = tmp_path / "student.so"
    source.write_text(c_of(case.explained), encoding="utf-8")
    build = [*COMPILERS[compiler], "-shared", "-fPIC", "-o", str(library), str(source), "-lm"]
    subprocess.run(build, check=True)
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


@needs_gcc
def test_fast_math_is_refused(case: Case, tmp_path: Path) -> None:
    """Under -ffast-math a missing number would go the wrong way: it does not compile."""
    source = tmp_path / "student.c"
    source.write_text(c_of(case.explained), encoding="utf-8")
    for flag in ("-ffast-math", "-Ofast", "-ffinite-math-only"):
        ran = subprocess.run(
            ["gcc", flag, "-c", "-o", "/dev/null", str(source)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode != 0
        assert "missing numbers are NAN" in ran.stderr


MAIN = """
#include <stdio.h>
#include "first.h"
#include "second.h"

int main(void) {{
    struct first_row one = {{{cells}}};
    struct second_row two = {{{cells}}};
    printf("%d %d", first_predict(&one), second_predict(&two));
    return 0;
}}
"""


@needs_gcc
def test_two_students_link_into_one_program(case: Case, tmp_path: Path) -> None:
    """With a prefix each; both headers in one file, in C and in C++."""
    for prefix in ("first", "second"):
        (tmp_path / f"{prefix}.c").write_text(c_of(case.explained, prefix=prefix))
        (tmp_path / f"{prefix}.h").write_text(header_of(case.explained, prefix=prefix))
    cells = ", ".join("0" for _ in case.explained.features)
    for main, compiler in (("main.c", "gcc"), ("main.cc", "g++")):
        if not shutil.which(compiler):
            continue
        (tmp_path / main).write_text(MAIN.format(cells=cells))
        objects = []
        for each in ("first.c", "second.c"):
            subprocess.run(["gcc", "-c", each], cwd=tmp_path, check=True)
            objects.append(each.replace(".c", ".o"))
        subprocess.run([compiler, main, *objects, "-o", "run", "-lm"], cwd=tmp_path, check=True)
        answer = subprocess.run(
            [tmp_path / "run"], check=True, capture_output=True, text=True
        ).stdout.split()
        assert answer[0] == answer[1]


def test_a_prefix_is_a_name_of_c(case: Case) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError, match="invalid prefix"):
        c_of(case.explained, prefix="my-student")
