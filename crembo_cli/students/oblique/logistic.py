"""Find the weights of an oblique split: a weighted logistic regression on few columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.scored.columns import Doubles

RIDGE = 1e-4  # the L2 penalty on standardised columns, per unit of the rows' summed weight
STEPS = (
    6  # Newton steps at most; the threshold is found exactly afterwards, so a rough fit is enough
)
FEW = 3  # features kept after the first elimination, as a multiple of the wanted ones


@dataclass(frozen=True, kw_only=True, eq=False)
class Sides:
    """Rows with the side of the split that is better for them, and by how much."""

    matrix: Floats  # (r, D) standardised columns
    left: NDArray[np.bool_]  # (r,) which side
    weight: Floats  # (r,) >= 0, summing to 1


def slant(sides: Sides, most: int, flag_of: Indices) -> Doubles:
    """Find weights (D,), of at most `most` features, whose sum is larger on the right.

    Column p + m is the missing flag of feature `flag_of[m]`, and counts as that feature.
    Features are eliminated backwards: of a quadratic model of the loss, the one whose removal
    costs least goes first (Hassibi & Stork, "Second order derivatives for network pruning",
    NIPS 1992). The model is around 0 until few are left, then around their fit.
    """
    width = sides.matrix.shape[1]
    kept = np.arange(width - len(flag_of))
    for wanted, steps in ((FEW * most, 1), (most, STEPS)):
        if len(kept) > wanted:
            kept = kept[_eliminate(*_newton(sides, kept, steps), wanted)]
    flags = width - len(flag_of) + np.flatnonzero(np.isin(flag_of, kept))
    kept = np.concatenate([kept, flags])
    weights = np.zeros(width)
    weights[kept] = _newton(sides, kept, STEPS)[0][:-1]
    return weights


def _newton(sides: Sides, columns: Indices, steps: int) -> tuple[Doubles, Doubles]:
    """Weights of `columns` and a bias (d + 1,) after `steps` from 0, and the last Hessian."""
    ones = np.ones((len(sides.matrix), 1), np.float32)
    matrix = np.concatenate([sides.matrix[:, columns], ones], axis=1)
    wanted = np.where(sides.left, np.float32(0), np.float32(1))
    penalty = np.full(matrix.shape[1], RIDGE)
    penalty[-1] = 1e-9
    weights = np.zeros(matrix.shape[1])
    loss = np.inf
    hessian = np.diag(penalty)
    step = np.zeros_like(weights)
    for _ in range(steps):
        scores = matrix @ (weights - step).astype(np.float32)
        now = _loss(scores, sides, wanted) + 0.5 * float(penalty @ (weights - step) ** 2)
        if now > loss:
            step /= 2
            continue
        weights, loss = weights - step, now
        share = np.exp(-np.logaddexp(np.float32(0), -scores))
        slope = matrix.T @ (sides.weight * (share - wanted)) + penalty * weights
        curved = matrix * (sides.weight * np.maximum(share * (1 - share), 1e-4))[:, None]
        hessian = (matrix.T @ curved).astype(np.float64) + np.diag(penalty)
        step = np.linalg.solve(hessian, slope)
    return weights - step, hessian


def _loss(scores: Floats, sides: Sides, wanted: Floats) -> float:
    each = np.logaddexp(np.float32(0), scores) - wanted * scores
    return float(sides.weight @ each)


def _eliminate(weights: Doubles, hessian: Doubles, wanted: int) -> Indices:
    """The `wanted` columns that stay, ascending; the bias, which is last, always stays."""
    inverse, weights = np.linalg.inv(hessian), weights.copy()
    kept = np.arange(len(weights) - 1)
    while len(kept) > wanted:
        cost = weights[kept] ** 2 / np.diag(inverse)[kept]
        j = kept[np.argmin(cost)]
        weights -= inverse[:, j] * (weights[j] / inverse[j, j])
        inverse -= np.outer(inverse[:, j], inverse[j]) / inverse[j, j]
        kept = kept[kept != j]
    return kept
