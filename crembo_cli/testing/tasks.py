"""Small seeded tasks with the cells that a family must handle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crembo_cli.students.contract import Feature, Floats, ImageShape, Task

FEATURES = (
    Feature(name="first"),
    Feature(name="second"),
    Feature(name="often missing"),
    Feature(name="always 3"),
    Feature(name="colour", categories=("red", "green", "blue", "none of these")),
    Feature(name="never there"),
    Feature(name="year"),
)
LARGEST = np.finfo(np.float32).max


@dataclass(frozen=True, kw_only=True)
class SmallTask:
    """A task, and what its checks need."""

    name: str  # for messages
    task: Task
    probes: Floats  # (q, p): rows to compare predictions on, with cells unlike the training cells
    easy: bool  # whether any family must beat the best constant prediction
    features: tuple[Feature, ...] = FEATURES

    def masks(self) -> Iterator[tuple[str, Floats]]:
        """Rewards as on a path: allowed labels, with rows where none or all are allowed."""
        for threshold in (0.3, 0.6):
            allowed = (self.task.beliefs >= threshold).astype(np.float32)
            allowed[::9], allowed[4::9] = 0.0, 1.0
            yield f"the labels allowed at {threshold}", allowed
        yield "rewards that are all 0", np.zeros_like(self.task.beliefs)


def small_tasks() -> Iterator[SmallTask]:
    """Two classes, four classes, and five rows with one class of probability 0."""
    yield _task("two classes", rows=160, classes=2, validation=40, seed=1)
    yield _task("four classes", rows=240, classes=4, validation=60, seed=2)
    yield _task(
        "five rows, three classes, none to validate", rows=5, classes=3, validation=0, seed=3
    )


def small_image_tasks() -> Iterator[SmallTask]:
    """The same for images, in either order of their columns, some pixels missing."""
    yield _image_task("images of two classes", ImageShape(1, 6, 7), rows=160, classes=2, seed=1)
    shape = ImageShape(2, 5, 4, channels_last=True)
    yield _image_task("images of four classes, channels last", shape, rows=240, classes=4, seed=2)
    shape = ImageShape(1, 1, 9)
    yield _image_task("five signals, three classes", shape, rows=5, classes=3, seed=3)


def _image_task(name: str, shape: ImageShape, *, rows: int, classes: int, seed: int) -> SmallTask:
    """Noise, and a stripe that is bright at the place of the class."""
    rng = np.random.default_rng(seed)
    n = rows + rows // 4
    label = rng.integers(0, classes, n)
    images = rng.normal(size=(n, *shape.sizes)).astype(np.float32)
    for image, k in zip(images, label, strict=True):
        image[:, :, k :: max(classes, 2)] += 3
    images[rng.random(images.shape) < 0.03] = np.nan
    beliefs = np.full((n, classes), 0.1 / classes, np.float32)
    beliefs[np.arange(n), label] += np.float32(0.9)
    table = shape.to_rows(images)
    task = Task(
        rows=table[:rows],
        beliefs=beliefs[:rows],
        validation_rows=table[rows:],
        validation_beliefs=beliefs[rows:],
        seed=seed,
        categories=(0,) * shape.pixels,
        shape=shape,
    )
    features = tuple(Feature(name=f"pixel {j}") for j in range(shape.pixels))
    probes = _probes(table, rng)
    return SmallTask(name=name, task=task, probes=probes, easy=rows >= 10, features=features)


def _task(name: str, *, rows: int, classes: int, validation: int, seed: int) -> SmallTask:
    """Rows of seven columns; the class depends on the first two and the colour."""
    rng = np.random.default_rng(seed)
    n = rows + validation
    cells = rng.normal(size=(n, len(FEATURES)))
    cells[rng.random(n) < 0.2, 2] = np.nan
    cells[:, 3] = 3.0
    cells[:, 4] = rng.integers(-1, 4, n)
    cells[:, 5] = np.nan
    cells[:, 6] = 2000 + rng.integers(0, 25, n)
    turns = 2 * np.pi * np.arange(classes) / classes
    towards = np.stack([np.cos(turns), np.sin(turns)])
    scores = 4 * cells[:, :2] @ towards + 0.2 * cells[:, 4:5] * np.arange(classes)
    beliefs = np.exp(scores - scores.max(axis=1, keepdims=True))
    if rows < 10:
        beliefs[:, -1] = 0.0
    beliefs = (beliefs / beliefs.sum(axis=1, keepdims=True)).astype(np.float32)
    table = cells.astype(np.float32)
    task = Task(
        rows=table[:rows],
        beliefs=beliefs[:rows],
        validation_rows=table[rows:],
        validation_beliefs=beliefs[rows:],
        seed=seed,
        categories=tuple(len(feature.categories) for feature in FEATURES),
    )
    return SmallTask(name=name, task=task, probes=_probes(table, rng), easy=rows >= 10)


def _probes(table: Floats, rng: np.random.Generator) -> Floats:
    """The rows unchanged, with missing cells, one ulp away, unseen, and with extreme cells."""
    holes = np.where(rng.random(table.shape) < 0.3, np.float32(np.nan), table)
    beside = np.nextafter(table, np.float32(np.inf))
    unseen = table.copy()
    unseen[:, 4] = np.where(np.arange(len(table)) % 2, -1.0, 99.0)
    corners: list[Floats] = [
        np.full((1, table.shape[1]), cell, np.float32)
        for cell in (np.nan, 0.0, -1.0, LARGEST, -LARGEST)
    ]
    return np.concatenate([table, holes, beside, unseen, *corners])
