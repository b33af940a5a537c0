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


def smallest_within_error(
    sizes: Sequence[int], means: Sequence[float], errors: Sequence[float]
) -> int:
    """The number of the smallest student whose mean is within one standard error of the best.

    `means` and their standard `errors`, k of each, are over the same rows (Breiman et al.'s
    rule, CART 1984, section 3.4.3). Of equal sizes the larger mean, then the first.
    """
    best = int(np.argmax(means))
    enough = means[best] - errors[best]
    able = [k for k, mean in enumerate(means) if mean >= enough]
    return min(able, key=lambda k: (sizes[k], -means[k]))
