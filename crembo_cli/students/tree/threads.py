"""One call over a range, shared between threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def in_threads(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call `work(begin, end)` on parts of range(count), at most `threads` of them at once.

    `work` must write only what belongs to its part; then the result does not depend on
    `threads`. The first error raised in a part is raised here.
    """
    parts = min(threads, count)
    if parts <= 1:
        work(0, count)
        return
    bounds = [count * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
