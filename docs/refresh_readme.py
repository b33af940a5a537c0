"""Put what the README's first command prints today into the README.

python docs/refresh_readme.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_LINES = 50  # the rest of the tree is like its beginning


def main() -> None:
    """Run the command in a copy of the samples, at 80 columns, and replace the README's block."""
    readme = (ROOT / "README.md").read_text()
    line = next(
        each for each in readme.splitlines() if "venv" in each and "crembo compress" in each
    )
    arguments = line[line.index("crembo compress") :].split()[1:]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "sample_models", Path(folder) / "sample_models")
        done = subprocess.run(
            [sys.executable, "-m", "crembo_cli", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    lines = done.stdout.splitlines()
    shown = [*lines[:MAX_LINES], "..."] if len(lines) > MAX_LINES else lines
    block = "\n".join(["```text", *shown, "```"])
    readme = re.sub(r"^```text\n.*?^```$", lambda _: block, readme, count=1, flags=re.M | re.S)
    (ROOT / "README.md").write_text(readme)


if __name__ == "__main__":
    main()
