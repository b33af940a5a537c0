"""How much memory a foreign model may take."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.8  # of the machine's, or of its container's: the rest is for crembo and the system
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def default_limit() -> int | None:
    """Bytes a foreign model may take; None where the system does not say what it has."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):  # Windows has no sysconf; others may lack the names
        return None
    for path in CONTAINER_LIMITS:
        try:
            total = min(total, int(path.read_text()))
        except (OSError, ValueError):  # no such container, or its limit is the word "max"
            continue
    return int(SHARE * total)


def limit_this_process(limit: int) -> None:
    """Lets this process hold at most `limit` bytes of data; does nothing on Windows.

    The limit is on data (RLIMIT_DATA), not on addresses (RLIMIT_AS): onnxruntime, numpy and
    glibc's per-thread arenas reserve addresses by the gigabyte which they never touch.
    """
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
