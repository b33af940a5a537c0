"""The command line, run in this process."""

from __future__ import annotations

import io
import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from crembo_cli.commands.app import run

SAMPLES = Path(__file__).parent.parent / "sample_models"


@dataclass(frozen=True)
class Ran:
    """What a run of the command line came to."""

    code: int
    out: str
    err: str


def crembo(folder: Path, *arguments: str | Path) -> Ran:
    """Run the command line in `folder`."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", os.environ.get("COLUMNS", "100"))
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            code = run([str(each) for each in arguments])
    return Ran(code, out.getvalue(), err.getvalue())
