"""The Pareto front of several students, and the selection of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crembo_cli.arrays import Bools, Reals


def pareto_front(sizes: Sequence[int], values: Reals) -> Bools:
    """Which students no other one beats: bool (k,).

    `sizes`, k of them, are better when smaller, `values` (k, m) when larger. A student is beaten
    by one that is no worse in size and in every value, and better in one of them or, where they
    are equal in all, stands before it.
    """
    goods = np.column_stack([-np.asarray(sizes, np.float64), values])
    no_worse = (goods[:, None] >= goods[None]).all(axis=2)
    better = (goods[:, None] > goods[None]).any(axis=2)
    before = np.triu(np.ones(len(goods), np.bool_), 1)
    return np.asarray(~(no_worse & (better | before)).any(axis=0), np.bool_)


def smallest_within_errors(
    sizes: Sequence[int], criteria: Sequence[tuple[Sequence[float], Sequence[float]]]
) -> int:
    """The number of the smallest student that one criterion after the other leaves.

    A criterion is k means and their standard errors, over the same rows; larger is better. It
    leaves those of the students so far whose mean is within one standard error of their best
    (Breiman et al.'s rule, CART 1984, section 3.4.3). Of equal sizes the larger first mean, then
    the first.
    """
    able = list(range(len(sizes)))
    for means, errors in criteria:
        best = max(able, key=lambda k: means[k])
        able = [k for k in able if means[k] >= means[best] - errors[best]]
    first = criteria[0][0]
    return min(able, key=lambda k: (sizes[k], -first[k]))
