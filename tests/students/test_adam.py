"""The trainer descends, repeats itself, and sees every row as often as any other."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.students.scored.adam import BATCH, Net, _batches, _gradient, draw_net, train
from crembo_cli.students.scored.softmax import Loss, as_targets, cross_entropy, lost_reward

RNG = np.random.default_rng(0)
CELLS = RNG.normal(size=(400, 2)).astype(np.float32)
INSIDE = (CELLS**2).sum(axis=1) < 1.4
GOALS = np.where(INSIDE[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)


def trained(net: Net, steps: int, seed: int = 0) -> Net:
    """The net after some steps on the rows above."""
    rng = np.random.default_rng(seed)
    return train(net, CELLS, GOALS, cross_entropy, steps=steps, rate=0.01, rng=rng)


def predicted(net: Net) -> np.ndarray:
    """The label of each of the rows above."""
    hidden = np.maximum(CELLS @ net.inner + net.inner_bias, 0)
    return (hidden @ net.outer + net.outer_bias).argmax(axis=1)


@pytest.mark.parametrize("loss", [cross_entropy, lost_reward])
def test_the_gradient_is_that_of_the_loss(loss: Loss) -> None:
    """The flat gradient equals central differences in every weight and bias."""
    rng = np.random.default_rng(3)
    shapes = ((2, 3), (3,), (3, 2), (2,))
    parts = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    cells, goals = CELLS[:5], as_targets(rng.random((5, 2)).astype(np.float32))

    def value(parts: list[np.ndarray]) -> float:
        hidden = np.maximum(cells @ parts[0] + parts[1], 0)
        return loss(hidden @ parts[2] + parts[3], goals)[0]

    slope = _gradient(parts, cells, goals, loss)
    at = 0
    for k, part in enumerate(parts):
        for cell in np.ndindex(part.shape):
            sides = []
            for sign in (1, -1):
                moved = [other.astype(np.float64) for other in parts]
                moved[k][cell] += sign * 1e-4
                sides.append(value(moved))
            assert slope[at] == pytest.approx((sides[0] - sides[1]) / 2e-4, abs=1e-4)
            at += 1
    assert at == len(slope)


def test_training_learns_what_no_weighted_sum_can() -> None:
    """A few hundred steps tell the inside of a circle from the outside."""
    net = trained(draw_net(2, 16, 2, np.random.default_rng(0)), 400)
    assert (predicted(net) == INSIDE).mean() > 0.95


def test_the_same_seed_gives_the_same_net() -> None:
    """Training repeats itself to the bit, another seed does not, and the start stays as it was."""
    start = draw_net(2, 4, 2, np.random.default_rng(0))
    before = [part.copy() for part in start.parts()]
    one, two, three = (trained(start, 20, seed) for seed in (0, 0, 1))
    for a, b in zip(one.parts(), two.parts(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.inner, three.inner)
    for part, was in zip(start.parts(), before, strict=True):
        np.testing.assert_array_equal(part, was)


@pytest.mark.parametrize("n", [3, BATCH, BATCH + 1, 3 * BATCH])
def test_batches_hold_each_row_once_a_round(n: int) -> None:
    """Batches are of one size, and in a round no row comes twice."""
    batches = _batches(n, np.random.default_rng(0))
    size, rounds = min(n, BATCH), max(n // BATCH, 1)
    for _ in range(2):
        seen = np.concatenate([next(batches) for _ in range(rounds)])
        assert len(seen) == size * rounds
        assert len(set(seen)) == len(seen)
        assert seen.max() < n
