"""Run the command line on many damaged files: `python -m tests.fuzzing FOLDER`.

A process of its own for each file would import the libraries again. Here they are imported
once; each run, and each model's process in it, is a fork, which is limited, confined and queried
as the real one is. FOLDER holds `runs.json`, a list of lists of arguments, and gets
`results.json`, their exit codes and what they printed on standard error.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.fork_server import become

LIMIT = 30  # seconds that one run may take
PARTS = 4  # of the runs, at the same time
# What the runs need, imported once.
IMPORTED = (
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow.csv",
    "pyarrow.parquet",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "crembo_cli.dataset.csv.read",
    "crembo_cli.dataset.frames",
    "crembo_cli.dataset.parquet",
    "crembo_cli.dataset.read",
    "crembo_cli.runs.explain",
    "crembo_cli.runs.score",
    "crembo_cli.student_file.read",
    "crembo_cli.teachers.belief_table",
    "crembo_cli.teachers.load",
    "crembo_cli.teachers.onnx.model",
    "crembo_cli.teachers.pickles.estimator",
    "crembo_cli.teachers.pickles.skops_file",
    "crembo_cli.teachers.process.subprocess_teacher",
)


class Fork:
    """A stand-in for `subprocess.Popen`, which forks this process into the worker."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str], **__: Any) -> None:
        ends = [os.pipe() for _ in range(3)]
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            streams = [ends[0][0], ends[1][1], ends[2][1]]
            become(command[-1], [], streams=streams, folder=cwd, environment=env)
        for number, (reading, writing) in enumerate(ends):
            os.close(reading if number == 0 else writing)
        self.stdin = os.fdopen(ends[0][1], "wb")
        self.stdout, self.stderr = os.fdopen(ends[1][0], "rb"), os.fdopen(ends[2][0], "rb")

    def wait(self, timeout: float | None = None) -> int:
        """The code of its end, as `subprocess` gives it."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def run_once(arguments: list[str]) -> dict[str, Any]:
    """Run the command line in a fork; return its exit code and what it printed as errors."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            signal.alarm(LIMIT)
            from crembo_cli.commands.app import main

            code = 71
            try:
                code = main(arguments)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        err.seek(0)
        return {"code": code, "err": err.read().decode(errors="replace")}


def fork_part(runs: list[list[str]], part: int) -> int:
    """Start a fork that does one of each `PARTS` runs; return its number."""
    pid = os.fork()
    if pid == 0:
        results = [run_once(arguments) for arguments in runs[part::PARTS]]
        Path(sys.argv[1], f"part{part}.json").write_text(json.dumps(results))
        os._exit(0)
    return pid


def main() -> None:
    """Import what the runs need, then run them all."""
    for name in IMPORTED:
        import_module(name)
    from crembo_cli.commands import app
    from crembo_cli.teachers.process import child

    app.run(["students"])  # typer imports the rest at its first run
    child.Popen = Fork  # type: ignore[misc,assignment] # it is used in the same way
    runs = json.loads(Path(sys.argv[1], "runs.json").read_text())
    gc.freeze()  # the forks share the memory of what was imported
    results: list[Any] = [None] * len(runs)
    for part, pid in enumerate([fork_part(runs, part) for part in range(PARTS)]):
        os.waitpid(pid, 0)
        results[part::PARTS] = json.loads(Path(sys.argv[1], f"part{part}.json").read_text())
    Path(sys.argv[1], "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
