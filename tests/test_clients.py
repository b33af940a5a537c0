"""Students in every client that is here: benchmarks/clients.py runs, and no client differs.

Each client has a test of its own with every family: tests/explanations runs what is generated,
tests/student_file the files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_no_client_differs() -> None:
    """A tree and a sum, on every edge; a client that is not here is left out with a line."""
    done = subprocess.run(
        [sys.executable, "benchmarks/clients.py", "--no-servers", "--families", "tree", "linear"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    table = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert any(line.startswith("| SQLite") and line.count("equal") == 2 for line in table)
    assert any(line.startswith("| Python") and line.count("equal") == 2 for line in table)
    assert "differs" not in done.stdout
