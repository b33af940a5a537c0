"""The columns of the training rows as one matrix, and L-BFGS on the weights of its columns."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.contract import Floats
from crembo_cli.students.scored.columns import Columns, Doubles, blocks
from crembo_cli.students.scored.softmax import Loss

STEPS = 200  # L-BFGS steps at most
NO_SPREAD = 1e-30  # a column of less deviation is constant; weights on it might overflow
WIDEST = 3000
LEAST_RIDGE = 1e-4  # below it, a float32 Gram matrix may have no Cholesky factor


class Design:
    """The columns of n rows, standardised: float32 (n, D), means 0, deviations 1 or 0."""

    def __init__(self, columns: Columns, rows: Floats) -> None:
        total, squares = np.zeros(columns.width()), np.zeros(columns.width())
        for block in blocks(rows):
            part = columns.of(block)
            total += part.sum(axis=0)
            squares += (part * part).sum(axis=0)
        self.mean: Doubles = total / len(rows)
        deviation = np.sqrt(np.maximum(squares / len(rows) - self.mean**2, 0.0))
        self.spread: Floats = np.where(deviation > NO_SPREAD, deviation, 1.0).astype(np.float32)
        self.columns = columns
        self.matrix: Floats = self.of(rows)

    def of(self, rows: Floats) -> Floats:
        """Return the standardised columns of `rows` (n, p), float32 (n, D)."""
        return np.concatenate(
            [
                ((self.columns.of(block) - self.mean) / self.spread).astype(np.float32)
                for block in blocks(rows)
            ]
        )

    def divide(self, by: Floats) -> None:
        """Divide the standardised columns by `by` (D,), all > 0."""
        self.spread *= by
        self.matrix /= by

    def from_plain(self, weights: Floats, bias: Floats) -> tuple[Doubles, Doubles]:
        """Convert weights (D, c) and bias (c,) on the columns to the standardised columns."""
        plain = weights.astype(np.float64)
        return plain * self.spread[:, None], bias + self.mean @ plain

    def to_plain(self, weights: Floats | Doubles, bias: Floats | Doubles) -> tuple[Floats, Floats]:
        """Convert them back, to float32; the bias compensates for the rounding of the weights."""
        plain = (weights / self.spread[:, None]).astype(np.float32)
        return plain, (bias - self.mean @ plain.astype(np.float64)).astype(np.float32)


class WeightSearch:
    """L-BFGS for weights and a bias on a design, with a ridge penalty on the weights.

    It works in coordinates in which the columns are uncorrelated (by the Cholesky factor of
    their Gram matrix). There the losses are about equally curved in all directions: some 20
    steps instead of 30 to 100. With more than WIDEST columns it uses the columns themselves,
    because the factor takes D^2 numbers and D^3 steps.
    """

    def __init__(self, design: Design, ridge: float) -> None:
        from scipy.linalg import cholesky

        self.matrix, self.ridge = design.matrix, ridge
        width = self.matrix.shape[1]
        self.factor: Doubles | None = None
        if width <= WIDEST:
            gram = (self.matrix.T @ self.matrix).astype(np.float64) / len(self.matrix)
            gram.flat[:: width + 1] += max(ridge, LEAST_RIDGE)
            self.factor = cholesky(gram, lower=True, overwrite_a=True)

    def run(
        self, weights: Doubles, bias: Doubles, loss: Loss, goals: Floats
    ) -> tuple[Doubles, Doubles]:
        """Minimise `loss` against `goals` (n, c) from the given weights (D, c) and bias (c,)."""
        from scipy.optimize import minimize

        n, c = goals.shape

        def add_penalty(flat: Doubles) -> tuple[float, Doubles]:
            at, shift = self._weights(flat.reshape(-1, c))
            scores = self.matrix @ at.astype(np.float32) + shift.astype(np.float32)
            value, slope = loss(scores, goals)
            slope /= np.float32(n)
            upward = (self.matrix.T @ slope).astype(np.float64) + self.ridge * at
            gradient = np.vstack([self._apart(upward), slope.sum(axis=0, dtype=np.float64)])
            return value + 0.5 * self.ridge * float((at * at).sum()), gradient.ravel()

        begin = np.vstack([weights if self.factor is None else self.factor.T @ weights, bias])
        options = {"maxiter": STEPS, "gtol": 1e-5, "ftol": 1e-9}
        found = minimize(add_penalty, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
        return self._weights(found.x.reshape(-1, c))

    def _weights(self, place: Doubles) -> tuple[Doubles, Doubles]:
        """Weights and bias at a place (D + 1, c) in the coordinates."""
        from scipy.linalg import solve_triangular

        if self.factor is None:
            return place[:-1], place[-1]
        return solve_triangular(self.factor, place[:-1], lower=True, trans="T"), place[-1]

    def _apart(self, gradient: Doubles) -> Doubles:
        """A gradient in the weights (D, c) as one in the coordinates."""
        from scipy.linalg import solve_triangular

        if self.factor is None:
            return gradient
        apart: Doubles = solve_triangular(self.factor, gradient, lower=True)
        return apart
