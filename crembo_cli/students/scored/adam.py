"""Train a net with one hidden layer: Adam on random batches, with a cosine schedule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.scored.softmax import Loss

BATCH = 256  # rows per step
DECAY = 0.1  # weight decay per step, times the learning rate
FADE, SPREAD_FADE, NEVER_ZERO = 0.9, 0.999, 1e-8  # Adam's usual constants


@dataclass(frozen=True, kw_only=True, eq=False)
class Net:
    """Weights and biases of a net: D inputs, h hidden units (ReLU), c scores."""

    inner: Floats  # (D, h)
    inner_bias: Floats  # (h,)
    outer: Floats  # (h, c)
    outer_bias: Floats  # (c,)

    def parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the arrays in order."""
        return self.inner, self.inner_bias, self.outer, self.outer_bias


def draw_net(inputs: int, hidden: int, classes: int, rng: np.random.Generator) -> Net:
    """Draw a net to start from: normal inner weights (He et al. 2015), outer weights 0."""
    inner = rng.normal(size=(inputs, hidden)) * np.sqrt(2.0 / max(inputs, 1))
    return Net(
        inner=inner.astype(np.float32),
        inner_bias=np.zeros(hidden, np.float32),
        outer=np.zeros((hidden, classes), np.float32),
        outer_bias=np.zeros(classes, np.float32),
    )


def train(
    net: Net,
    matrix: Floats,
    goals: Floats,
    loss: Loss,
    *,
    steps: int,
    rate: float,
    rng: np.random.Generator,
) -> Net:
    """Take `steps` of Adam on the `loss` of the scores of `matrix` (n, D) against `goals` (n, c).

    The learning rate falls from `rate` to 0 along half a cosine (Loshchilov & Hutter 2017).
    Weight decay is decoupled from the gradient (2019) and spares the biases. Each step uses
    BATCH rows; all rows are used once before any is used again.
    """
    flat = np.concatenate([part.ravel() for part in net.parts()])
    shrinks = np.concatenate([np.full(part.size, part.ndim == 2) for part in net.parts()])
    parts = _views(flat, net)
    slope, square = np.zeros_like(flat), np.zeros_like(flat)
    for step, batch in zip(range(1, steps + 1), _batches(len(matrix), rng), strict=False):
        now = rate * 0.5 * (1 + np.cos(np.pi * (step - 1) / steps))
        scale = now * np.sqrt(1 - SPREAD_FADE**step) / (1 - FADE**step)
        gradient = _gradient(parts, matrix[batch], goals[batch], loss)
        slope += (1 - FADE) * (gradient - slope)
        square += (1 - SPREAD_FADE) * (gradient * gradient - square)
        flat -= np.float32(now * DECAY) * shrinks * flat
        flat -= np.float32(scale) * slope / (np.sqrt(square) + NEVER_ZERO)
    inner, inner_bias, outer, outer_bias = parts
    return Net(inner=inner, inner_bias=inner_bias, outer=outer, outer_bias=outer_bias)


def _views(flat: Floats, net: Net) -> list[Floats]:
    """The parts of a net like `net` whose numbers lie in `flat`, in order."""
    ends = np.cumsum([part.size for part in net.parts()])
    split = np.split(flat, ends[:-1])
    return [view.reshape(part.shape) for view, part in zip(split, net.parts(), strict=True)]


def _gradient(parts: list[Floats], cells: Floats, goals: Floats, loss: Loss) -> Floats:
    """The gradient of the mean loss of a batch, flat, in the order of `parts`."""
    inner, inner_bias, outer, outer_bias = parts
    hidden = np.maximum(cells @ inner + inner_bias, 0)
    slope = loss(hidden @ outer + outer_bias, goals)[1] / np.float32(len(cells))
    back = (slope @ outer.T) * (hidden > 0)
    upward = cells.T @ back, back.sum(axis=0), hidden.T @ slope, slope.sum(axis=0)
    return np.concatenate([part.ravel() for part in upward])


def _batches(n: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Yield BATCH row numbers below n at a time, without end; all of them if n is smaller."""
    while True:
        order = rng.permutation(n)
        for first in range(0, max(n - BATCH, 0) + 1, BATCH):
            yield order[first : first + BATCH]
