"""All leaves of all trees refitted together: L-BFGS on their values."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.columns import Doubles
from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.softmax import Loss

STEPS = 60  # of L-BFGS at most


def refit(
    leaf: Indices, values: Doubles, begin: Doubles, loss: Loss, goals: Floats, ridge: float
) -> Doubles:
    """Values (leaves, c) of less `loss` against `goals` (n, c), from those given.

    `leaf` (n, T) is the leaf of each row in each tree; a row's scores are `begin` (c,) and the
    values of its leaves, summed. `ridge` is the L2 penalty on the values.
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_array

    n, trees = leaf.shape
    ones = np.ones(n * trees, np.float32)
    bounds = np.arange(0, n * trees + 1, trees)
    leaves = csr_array((ones, leaf.ravel(), bounds), shape=(n, len(values)))
    turned = leaves.T.tocsr()
    first = begin.astype(np.float32)

    def penalised(flat: Doubles) -> tuple[float, Doubles]:
        at = flat.reshape(values.shape)
        value, slope = loss(leaves @ at.astype(np.float32) + first, goals)
        gradient = (turned @ slope).astype(np.float64) / n + ridge * at
        return value + 0.5 * ridge * float((at * at).sum()), gradient.ravel()

    options = {"maxiter": STEPS, "gtol": 1e-5, "ftol": 1e-9}
    found = minimize(penalised, values.ravel(), jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x).reshape(values.shape)
