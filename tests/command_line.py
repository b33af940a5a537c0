"""The command line in this process, and a small teacher with its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    """What a run of the command line came to."""

    code: int
    out: str
    err: str


Crembo = Callable[..., Ran]


@pytest.fixture
def crembo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Crembo:
    """Runs the command line in the folder `tmp_path`."""
    from crembo_cli.commands.app import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def ran(*arguments: str | Path) -> Ran:
        code = run([str(each) for each in arguments])
        return Ran(code, *capsys.readouterr())

    return ran


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of the features a to d, with probabilities alone."""
    from tests import small_teachers

    return small_teachers.teacher(tmp_path_factory.mktemp("teacher") / "teacher.onnx")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its table, with the column `target`."""
    from tests import small_teachers

    path = tmp_path_factory.mktemp("data") / "data.csv"
    small_teachers.table().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def beliefs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the teacher answers to its table, as a table: a teacher that answers at once."""
    import numpy as np
    import pandas as pd

    from tests import small_teachers

    path = tmp_path_factory.mktemp("beliefs") / "beliefs.parquet"
    scores = np.exp(
        small_teachers.scores(small_teachers.table()[list("abcd")].to_numpy(np.float32))
    )
    shares = scores / scores.sum(axis=1, keepdims=True)
    pd.DataFrame(shares, columns=["0", "1", "2"]).to_parquet(path)
    return path
