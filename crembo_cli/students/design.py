"""The columns of the fitted rows as one matrix, and L-BFGS on the weights of its columns."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np

from crembo_cli.students.columns import Columns, Doubles, blocks
from crembo_cli.students.contract import Floats
from crembo_cli.students.softmax import Loss

STEPS = 200  # L-BFGS steps at most
NO_SPREAD = 1e-30  # a column of less deviation is constant; weights on it might overflow
LEAST_RIDGE = 1e-4  # below it, a float32 Gram matrix may have no Cholesky factor


class Design:
    """The columns of n rows, standardised: float32 (n, D), means 0, deviations 1 or 0."""

    def __init__(self, columns: Columns, rows: Floats) -> None:
        width = len(columns.centre) + len(columns.missing)
        total, squares = np.zeros(width), np.zeros(width)
        for block in blocks(rows):
            part = columns.of(block)
            total += part.sum(axis=0)
            squares += (part * part).sum(axis=0)
        self.mean: Doubles = total / len(rows)
        deviation = np.sqrt(np.maximum(squares / len(rows) - self.mean**2, 0.0))
        self.spread: Floats = np.where(deviation > NO_SPREAD, deviation, 1.0).astype(np.float32)
        self.matrix: Floats = np.concatenate(
            [
                ((columns.of(block) - self.mean) / self.spread).astype(np.float32)
                for block in blocks(rows)
            ]
        )

    def from_plain(self, weights: Floats, bias: Floats) -> tuple[Doubles, Doubles]:
        """Weights (D, c) and bias (c,) on the columns, as on the standardised columns."""
        plain = weights.astype(np.float64)
        return plain * self.spread[:, None], bias + self.mean @ plain

    def to_plain(self, weights: Floats | Doubles, bias: Floats | Doubles) -> tuple[Floats, Floats]:
        """The reverse, in float32; the bias makes up for what rounding did to the weights."""
        plain = (weights / self.spread[:, None]).astype(np.float32)
        return plain, (bias - self.mean @ plain.astype(np.float64)).astype(np.float32)


class WeightSearch:
    """L-BFGS for weights and a bias on a design, with a ridge penalty on the weights.

    It works in the coordinates in which the columns are uncorrelated (by the Cholesky factor of
    their Gram matrix), where the losses are about equally curved in all directions: some 20
    steps, where the columns themselves took 30 to 100.
    """

    def __init__(self, design: Design, ridge: float) -> None:
        from scipy.linalg import cholesky

        self.matrix, self.ridge = design.matrix, ridge
        with one_thread():
            gram = (self.matrix.T @ self.matrix).astype(np.float64) / len(self.matrix)
            gram += max(ridge, LEAST_RIDGE) * np.eye(len(gram))
            self.factor: Doubles = cholesky(gram, lower=True)

    def run(
        self, weights: Doubles, bias: Doubles, loss: Loss, goals: Floats
    ) -> tuple[Doubles, Doubles]:
        """Weights (D, c) and bias (c,) of less `loss` against `goals` (n, c), from those given."""
        from scipy.linalg import solve_triangular
        from scipy.optimize import minimize

        n, c = goals.shape

        def plain(flat: Doubles) -> tuple[Doubles, Doubles]:
            both = flat.reshape(-1, c)
            return solve_triangular(self.factor, both[:-1], lower=True, trans="T"), both[-1]

        def penalised(flat: Doubles) -> tuple[float, Doubles]:
            at, shift = plain(flat)
            scores = self.matrix @ at.astype(np.float32) + shift.astype(np.float32)
            value, slope = loss(scores, goals)
            slope /= np.float32(n)
            upward = (self.matrix.T @ slope).astype(np.float64) + self.ridge * at
            gradient = np.vstack(
                [
                    solve_triangular(self.factor, upward, lower=True),
                    slope.sum(axis=0, dtype=np.float64),
                ]
            )
            return value + 0.5 * self.ridge * float((at * at).sum()), gradient.ravel()

        begin = np.vstack([self.factor.T @ weights, bias])
        options = {"maxiter": STEPS, "gtol": 1e-5, "ftol": 1e-9}
        with one_thread():
            found = minimize(penalised, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
        return plain(found.x)


def one_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: its sums then come out the same whatever the machine's load."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # ships no types

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits
