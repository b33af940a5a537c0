"""The rows that students are fitted on or selected by: real rows and synthetic ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.core.images import image_rows
from crembo_cli.core.synthetic import synthetic_rows
from crembo_cli.search.defaults import MAX_TRAINING_ROWS, SYNTHETIC_PER_ROW, VALIDATION_DIVISOR
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable

Query = Callable[[Floats], Floats]  # encoded rows (n, p) -> the teacher's probabilities (n, c)


@dataclass(frozen=True, kw_only=True)
class TrainingRows:
    """Encoded rows with the teacher's probabilities, the real ones first."""

    rows: Floats  # (n, p)
    beliefs: Floats  # (n, c) the teacher's probabilities
    y_true: Indices | None  # (real,) true class indices; None without labels
    real: int  # number of real rows; the others are synthetic, labelled by the teacher
    categories: tuple[int, ...] = ()  # as in `students.contract.Task`
    coded: tuple[int, ...] = ()  # as in `Encoding`
    shape: ImageShape | None = None  # as in `students.contract.Task`


def real_rows(table: LabelledTable) -> TrainingRows:
    """The rows of `table`, without synthetic ones."""
    return TrainingRows(
        rows=table.rows,
        beliefs=table.beliefs,
        y_true=table.y_true,
        real=len(table.rows),
        categories=tuple(len(each.categories) for each in table.encoding.features),
        coded=table.encoding.coded,
        shape=table.shape,
    )


def add_synthetic(
    parts: Sequence[TrainingRows], query: Query, count: int | None, seed: int
) -> list[TrainingRows]:
    """Add synthetic rows to each of `parts`, labelled by the teacher.

    The first part holds the training rows and gets `count` synthetic ones; None: 60 per real
    row, 32,000 rows at most in total. Each other part gets a quarter as many.
    """
    rng = np.random.default_rng([seed, 1])
    fewer = None if count is None else count // VALIDATION_DIVISOR
    return [
        _with_synthetic(part, query, count, MAX_TRAINING_ROWS, rng)
        if number == 0
        else _with_synthetic(part, query, fewer, MAX_TRAINING_ROWS // VALIDATION_DIVISOR, rng)
        for number, part in enumerate(parts)
    ]


def _with_synthetic(
    part: TrainingRows, query: Query, count: int | None, total: int, rng: np.random.Generator
) -> TrainingRows:
    """Add `count` synthetic rows; None: SYNTHETIC_PER_ROW per real row, up to `total` rows."""
    n = len(part.rows)
    if count is None:
        count = max(0, min(SYNTHETIC_PER_ROW * n, total - n))
    if count == 0:
        return replace(part, real=n)
    new = _new_rows(part, count, rng)
    return replace(
        part,
        rows=np.vstack([part.rows, new]),
        beliefs=np.vstack([part.beliefs, query(new)]),
        real=n,
    )


def _new_rows(part: TrainingRows, count: int, rng: np.random.Generator) -> Floats:
    """`count` rows like those of `part`: images where these are images."""
    if part.shape is None:
        return synthetic_rows(part.rows, count, rng, part.coded)
    sizes = part.shape.sizes
    planar = part.shape.to_images(part.rows).reshape(len(part.rows), -1)
    return part.shape.to_rows(image_rows(planar, count, sizes, rng).reshape(count, *sizes))


def draw_subset(numbers: Indices, most: int, rng: np.random.Generator) -> Indices:
    """Draw `most` of `numbers`, in their order; all of them if there are no more."""
    if len(numbers) <= most:
        return numbers
    return np.sort(rng.choice(numbers, most, replace=False))


def limit_total(parts: Sequence[TrainingRows], most: int, seed: int) -> list[TrainingRows]:
    """`parts` with at most `most` rows in all, drawn from each in proportion."""
    total = sum(len(each.rows) for each in parts)
    if total <= most:
        return list(parts)
    rng = np.random.default_rng([seed, 9])
    found = []
    for part in parts:
        drawn = draw_subset(np.arange(len(part.rows)), most * len(part.rows) // total, rng)
        found.append(select_rows(part, drawn[drawn < part.real], drawn[drawn >= part.real]))
    return found


def select_rows(part: TrainingRows, real: Indices, synthetic: Indices) -> TrainingRows:
    """The rows of `part` with these numbers, `real` and `synthetic`."""
    both = np.concatenate([real, synthetic])
    return replace(
        part,
        rows=part.rows[both],
        beliefs=part.beliefs[both],
        y_true=None if part.y_true is None else part.y_true[real],
        real=len(real),
    )
