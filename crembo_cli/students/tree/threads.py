"""One call over a range, shared between threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WORTH_THREADS = 2_000_000  # steps of about a nanosecond; for less, starting threads costs more


def in_threads(run: Callable[[int, int], None], count: int, threads: int, *, work: int) -> None:
    """Call `run(begin, end)` on parts of range(count), at most `threads` of them at once.

    `work` is how many steps all parts have together; little work is done in one part. `run`
    must write only what belongs to its part; then the result does not depend on `threads`. The
    first error raised in a part is raised here.
    """
    parts = min(threads, count) if work > WORTH_THREADS else 1
    if parts <= 1:
        run(0, count)
        return
    bounds = [count * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(run, bounds[:-1], bounds[1:]))
