"""The compiled loops, where nothing can be kept on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import crembo_cli

FIT = """
import numpy as np
from numba import njit
from crembo_cli.students.contract import Task
from crembo_cli.students.tree import kernels
from crembo_cli.students.tree.family import TreeFamily

try:
    njit(kernels.descend.py_func, cache=True)
except RuntimeError as error:
    print("numba says:", error)

rows = np.arange(40, dtype=np.float32)[:, None]
beliefs = np.eye(2, dtype=np.float32)[(rows[:, 0] > 20).astype(int)]
task = Task(rows=rows, beliefs=beliefs, validation_rows=rows, validation_beliefs=beliefs)
learner = TreeFamily().learner(task)
print(kernels.__file__, learner.finish(learner.fit(beliefs)).threshold.tolist())
"""


def test_trees_are_fitted_where_no_machine_code_can_be_kept(tmp_path: Path) -> None:
    """A package and a home that nothing can be written to: numba refuses to cache, and we go on.

    Files stand where the folders of the cache would be made, which stops even root.
    """
    package = tmp_path / "crembo_cli"
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(crembo_cli.__file__).parent, package, ignore=skipped)
    (package / "students" / "tree" / "__pycache__").touch()
    (tmp_path / "home").touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NUMBA")},
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / "cache"),
        "LOCALAPPDATA": str(tmp_path / "home" / "cache"),
        "PYTHONPATH": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", FIT],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    refused, answer = done.stdout.splitlines()
    assert refused.startswith("numba says: cannot cache function")
    assert answer == f"{package / 'students' / 'tree' / 'kernels.py'} [20.5, 0.0, 0.0]"
    assert done.stderr == ""
