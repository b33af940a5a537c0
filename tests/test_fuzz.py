"""Damaged files of every kind: the command line ends with 0 or 2 and at most one line of error."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.command_line import Crembo

MUTATIONS = 120
MODELS = ("onnx", "pickle", "joblib", "skops", "beliefs")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one of: flipped bits, a cut, a part twice, a part of zeros, a part gone."""
    changed = bytearray(data)
    start, length = int(rng.integers(len(data))), int(rng.integers(1, 64))
    match int(rng.integers(5)):
        case 0:
            for place in rng.integers(len(data), size=int(rng.integers(1, 9))):
                changed[place] ^= 1 << int(rng.integers(8))
        case 1:
            del changed[start:]
        case 2:
            changed[start:start] = changed[start : start + length]
        case 3:
            changed[start : start + length] = bytes(len(changed[start : start + length]))
        case _:
            del changed[start : start + length]
    return bytes(changed)


@pytest.fixture
def originals(
    crembo: Crembo, teacher: Path, data: Path, beliefs: Path, tmp_path: Path
) -> dict[str, Path]:
    """An honest file of each kind, by the name of the kind."""
    skops = pytest.importorskip("skops.io")
    table = pd.read_csv(data)
    rows, labels = table.drop(columns="target").to_numpy(), table["target"]
    quick = ["--synthetic", "0", "--thresholds", "2", "--quick-report", "--quiet"]
    assert crembo("compress", teacher, data, "-o", "student.onnx", *quick).code == 0
    files = {
        kind: tmp_path / f"honest{suffix}"
        for kind, suffix in {
            "onnx": ".onnx", "pickle": ".pkl", "joblib": ".joblib", "skops": ".skops",
            "csv": ".csv", "csv.gz": ".csv.gz", "tsv": ".tsv", "parquet": ".parquet",
        }.items()
    }  # fmt: skip
    shutil.copy(teacher, files["onnx"])
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(rows, labels)
    files["pickle"].write_bytes(pickle.dumps(forest))
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
    joblib.dump(scaled, files["joblib"])
    skops.dump(scaled, files["skops"])
    table.to_csv(files["csv"], index=False)
    table.to_csv(files["csv.gz"], index=False)
    table.to_csv(files["tsv"], sep="\t", index=False)
    table.to_parquet(files["parquet"])
    return {**files, "beliefs": beliefs, "student": tmp_path / "student.onnx"}


def command(kind: str, path: Path, files: dict[str, Path]) -> list[str]:
    """The command that reads a damaged file of a kind."""
    if kind == "student":
        return ["explain", str(path)]
    if kind in MODELS:
        return ["score", str(path), str(files["csv"])]
    return ["score", str(files["beliefs"]), str(path)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks, so that they are fast")
def test_damaged_files_end_in_0_or_2_and_one_line(
    originals: dict[str, Path], tmp_path: Path
) -> None:
    """Seeded mutations, twelve of each, over all kinds of teachers, tables and students."""
    rng = np.random.default_rng(20261127)
    runs = []
    for number in range(MUTATIONS):
        kind = list(originals)[number % len(originals)]
        path = tmp_path / f"{number}.{originals[kind].name.partition('.')[2]}"
        path.write_bytes(mutate(originals[kind].read_bytes(), rng))
        runs.append(command(kind, path, originals))
    (tmp_path / "runs.json").write_text(json.dumps(runs))
    root = Path(__file__).parent.parent
    program = [sys.executable, "-m", "tests.fuzzing", tmp_path]
    subprocess.run(program, cwd=root, check=True, stdout=subprocess.DEVNULL)
    results = json.loads((tmp_path / "results.json").read_text())
    assert len(results) == MUTATIONS
    wrong = [
        (arguments, result)
        for arguments, result in zip(runs, results, strict=True)
        if result["code"] not in (0, 2)
        or (result["code"] == 2 and result["err"].count("\n") != 1)
        or "Traceback" in result["err"]
    ]
    assert wrong == []
    assert {result["code"] for result in results} == {0, 2}  # some damage is harmless
