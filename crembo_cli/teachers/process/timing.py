"""How long a call takes, on a machine that does other things as well."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

SPENT = 0.05  # seconds that are spent on calls, at the least
CALLS, MOST = 3, 1.0  # and calls, unless they have taken so many seconds
TIMED_SECONDS = 0.2  # a call is of at most as many rows as are predicted in so long


def best_seconds(call: Callable[[], object]) -> float:
    """The seconds of the quickest call: others may wait for a processor that somebody else has.

    The first call allocates and spins threads up: it does not count where it is a short one.
    """
    first = _seconds(call)
    times = [] if first < SPENT else [first]
    while sum(times) < SPENT or (len(times) < CALLS and sum(times) < MOST):
        times.append(_seconds(call))
    return min(times)


def count_timed_rows(pace: float, most: int) -> int:
    """Return the number of rows to measure the speed of a teacher on, at most `most`.

    `pace` is its approximate speed in rows per second, so that a slow teacher is measured on few
    rows.
    """
    return max(1, int(min(most, TIMED_SECONDS * pace)))


def _seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start
