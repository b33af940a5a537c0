"""Utilities of decisions: what predicting class y is worth where class k is true.

A utility matrix U is float64 (c, c) in [0, 1], rows for the true class k, columns for the
predicted class y. With U, a classifier decides for the class with the largest expected utility
(P U)_y, and the depth of a student at a row is that of what it predicts. The identity stands for
plain labels, and is None throughout: nothing changes then, to the byte.
"""

from __future__ import annotations

import numpy as np

from crembo_cli.arrays import Doubles, Indices, Reals


def utilities_from_costs(costs: Doubles) -> Doubles | None:
    """Utilities of `costs`, float64 (c, c), 0 on the diagonal and above 0 elsewhere.

    U = 1 - costs / largest cost; None for equal costs of two classes or more, the identity.
    """
    return _unless_identity(1.0 - costs / costs.max())


def utilities_from_weights(weights: Doubles) -> Doubles | None:
    """Utilities with which a wrong prediction costs the weight of the true class.

    `weights` (c,) are above 0. A right prediction is worth 1, a wrong one of the class of the
    largest weight 0.
    """
    losses = np.repeat((weights / weights.max())[:, None], len(weights), axis=1)
    np.fill_diagonal(losses, 0.0)
    return _unless_identity(1.0 - losses)


def weights_of(utilities: Doubles) -> Doubles | None:
    """The class weights w, (c,), with which the decision is the largest of w * probabilities.

    None if the wrong predictions of one true class differ in utility: then there are none. Two
    classes always have weights.
    """
    c = len(utilities)
    losses = np.diag(utilities)[:, None] - utilities
    wrong = losses[~np.eye(c, dtype=np.bool_)].reshape(c, c - 1)
    return np.asarray(wrong[:, 0]) if (wrong == wrong[:, :1]).all() else None


def utilities_from_threshold(threshold: float, positive: int) -> Doubles | None:
    """Utilities of two classes: `positive` is predicted if its probability is above `threshold`.

    `threshold` lies in (0, 1). At exactly that probability both classes have equal utilities,
    and the first is predicted.
    """
    worth = np.array([threshold, threshold])
    worth[positive] = 1.0 - threshold
    return utilities_from_weights(worth)


def _unless_identity(utilities: Doubles) -> Doubles | None:
    if np.array_equal(utilities, np.eye(len(utilities))):
        return None
    return utilities


def expected_utilities(P: Reals, utilities: Doubles | None) -> Reals:
    """The expected utility of each prediction, P U, (n, c) in [0, 1]; P itself without utilities.

    The dtype is that of P, so that a threshold is compared as with P.
    """
    if utilities is None:
        return P
    return np.clip(P.astype(np.float64) @ utilities, 0.0, 1.0).astype(P.dtype)


def decisions(P: Reals, utilities: Doubles | None) -> Indices:
    """The class with the largest expected utility, int64 (n,); the first of equals."""
    if utilities is None:
        return np.asarray(P.argmax(axis=1), np.int64)
    return np.asarray((P.astype(np.float64) @ utilities).argmax(axis=1), np.int64)
