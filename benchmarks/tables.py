"""The real tables that the benchmarks run on, as arrays: rows, float32, and class indices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets

Table = tuple[NDArray[np.float32], NDArray[np.int64]]

FILES = {"heart": "heart_cleveland.csv", "dermatology": "dermatology.csv"}


def paper_tables(folder: Path | None) -> Iterator[tuple[str, Table]]:
    """The paper's five tables: iris and breast cancer, and three from `folder` where it is."""
    yield "iris", _shipped(datasets.load_iris)
    yield "breast_cancer", _shipped(datasets.load_breast_cancer)
    if folder is None or not folder.is_dir():
        print(f"left out: heart, dermatology, arrhythmia (no folder {folder}; see --data-dir)")
        return
    for name, file in FILES.items():
        yield name, _from_frame(pd.read_csv(folder / file, na_values="?"))
    yield (
        "arrhythmia",
        _from_frame(pd.read_csv(folder / "arrhythmia.csv", na_values="?", header=None)),
    )


def _shipped(load: object) -> Table:
    rows, labels = load(return_X_y=True)  # type: ignore[operator]  # one of scikit-learn's loaders
    return rows.astype(np.float32), labels.astype(np.int64)


def _from_frame(frame: pd.DataFrame) -> Table:
    """The last column is the label; a missing cell takes its column's median."""
    rows = frame.iloc[:, :-1].to_numpy(np.float32)
    medians = np.nan_to_num(np.nanmedian(rows, axis=0))
    labels = np.unique(frame.iloc[:, -1], return_inverse=True)[1]
    return np.where(np.isnan(rows), medians, rows).astype(np.float32), labels.astype(np.int64)
