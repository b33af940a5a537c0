"""JavaScript of a student, run by node.js on the rows of a table."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

NODE = shutil.which("node")
RUN = """
const answers = rows.map((row) => [predict(row), predictProba(row)]);
console.log(JSON.stringify(answers));
"""


def answers_of(
    script: str, rows: list[dict[str, Any]], folder: Path
) -> list[tuple[Any, list[float]]]:
    """Class and probabilities of each row, by `predict` and `predictProba` of `script`."""
    assert NODE is not None
    path = folder / "student.js"
    literal = f"\nconst rows = {json.dumps(rows)};"  # with Infinity, which JSON does not have
    path.write_text(script + literal + RUN, encoding="utf-8")
    done = subprocess.run([NODE, path], capture_output=True, text=True, check=True)
    found: list[tuple[Any, list[float]]] = json.loads(done.stdout)
    return found
