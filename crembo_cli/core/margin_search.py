"""Margins of any classifier, from above: a search finds a change, never that there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Floats, Indices

Predict = Callable[[Floats], Indices]
Settle = Callable[[Floats], Floats]  # rows -> the nearest rows that the classifier accepts

LARGEST = 16.0  # units: changes beyond it are not looked for
DOUBLINGS = 11  # sizes tried first: LARGEST, its half, and so on
HALVINGS = 12  # of the interval that is left then
CORNERS = 16  # random corners of the ball
TARGETS = 4  # rows of another label to go towards


def unchanged(rows: Floats) -> Floats:
    """The rows themselves: the classifier accepts any numbers."""
    return rows


def margin_upper_bound(
    predict: Predict,
    rows: Floats,
    units: Doubles,
    rng: np.random.Generator,
    settle: Settle = unchanged,
) -> Doubles:
    """A size of change, in `units`, that does change the prediction for each row.

    Float64 (n,), inf where none was found up to 16 units; `rows` is float32 (n, p), `units`
    (p,) as in `core.margins`. Along each direction the size is bisected: random corners of the
    L-infinity ball, and towards rows with another label. What is returned was
    tried on the float32 row itself, so the margin is at most that; it may be less. Where not
    every row is accepted (only whole numbers, for example), `settle` gives the nearest that is.
    """
    predicted = predict(rows)
    directions = [
        *(rng.choice(np.array([-1.0, 1.0]), rows.shape) for _ in range(CORNERS)),
        *(_towards(rows, predicted, units, rng) for _ in range(TARGETS)),
    ]
    # All directions at once, so that a classifier in another process gets few queries.
    each = len(directions)
    found = _along(
        predict,
        settle,
        np.tile(rows, (each, 1)),
        np.tile(predicted, each),
        units,
        np.vstack(directions),
    )
    return np.asarray(found.reshape(each, -1).min(axis=0))


def _towards(rows: Floats, predicted: Indices, units: Doubles, rng: np.random.Generator) -> Doubles:
    """For each row the direction, largest step 1, to a random row with another label."""
    n = len(rows)
    other = rng.permutation(n)
    for _ in range(8):  # a few draws until most rows have one of another label
        same = predicted[other] == predicted
        other[same] = rng.integers(0, n, int(same.sum()))
    away = rows[other].astype(np.float64) - rows
    steps = np.where((units > 0) & np.isfinite(away), away / np.where(units > 0, units, 1.0), 0.0)
    largest = np.abs(steps).max(axis=1, keepdims=True)
    return np.asarray(steps / np.where(largest > 0, largest, 1.0))


def _along(
    predict: Predict,
    settle: Settle,
    rows: Floats,
    predicted: Indices,
    units: Doubles,
    direction: Doubles,
) -> Doubles:
    """The least size found at which the label changes along `direction` (n, p)."""
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    moved = direction * units

    def changes(sizes: Doubles) -> Bools:
        return np.asarray(predict(settle(_at(rows, moved, sizes))) != predicted)

    for size in LARGEST * 0.5 ** np.arange(DOUBLINGS)[::-1]:
        changed, sought = changes(np.full(len(rows), size)), high == np.inf
        high[sought & changed] = size
        low[sought & ~changed] = size
    found = np.isfinite(high)
    for _ in range(HALVINGS if found.any() else 0):
        middle = np.where(found, (low + high) / 2, 0.0)
        changed = changes(middle)
        high, low = np.where(changed, middle, high), np.where(changed, low, middle)
    return np.where(found, _size(rows, settle(_at(rows, moved, high)), units), np.inf)


def _at(rows: Floats, moved: Doubles, sizes: Doubles) -> Floats:
    """The rows moved by so much, as float32."""
    step = np.where(np.isfinite(sizes), sizes, 0.0)[:, None]
    return np.asarray((rows + step * moved).astype(np.float32))


def _size(rows: Floats, there: Floats, units: Doubles) -> Doubles:
    """How far `there` lies from `rows`, in units: rounding may have moved it on."""
    gap = np.abs(there.astype(np.float64) - rows)
    gap = np.where(np.isnan(gap) | (units == 0), 0.0, gap / np.where(units > 0, units, 1.0))
    return np.asarray(gap.max(axis=1))
