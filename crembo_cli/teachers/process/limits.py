"""The limits of a child process: memory, sizes of files, and CPU time while it loads."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARE = 0.8  # of the machine's, or of its container's: the rest is for crembo and the system
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# CPU seconds that loading may take. Imports take 3 to 6. Honest files are slow where they hold many
# small objects (forests of stumps take 1.8 a megabyte, vocabularies 2.9 a compressed megabyte), and
# such files are small; what is large is arrays. A pickle of opcodes alone takes 0.4 to 1.4.
LOADING_SECONDS = 30.0
PER_MEGABYTE, FIRST_MEGABYTES = 3.0, 10.0
PER_FURTHER_MEGABYTE = 0.1


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


def limit_this_process(memory: int | None) -> None:
    """Let this process hold at most `memory` bytes of data and write no file; not on Windows.

    The limit is on data (RLIMIT_DATA), not on addresses (RLIMIT_AS): onnxruntime, numpy and
    glibc's per-thread arenas reserve addresses by the gigabyte which they never touch.
    """
    try:
        import resource
    except ImportError:
        return
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    if memory is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def loading_seconds(size: int) -> float:
    """The CPU seconds that loading a file of `size` bytes may take."""
    first = min(size / 1e6, FIRST_MEGABYTES)
    further = size / 1e6 - first
    return LOADING_SECONDS + PER_MEGABYTE * first + PER_FURTHER_MEGABYTE * further


@contextmanager
def limited_cpu(path: Path) -> Iterator[None]:
    """End this process, by SIGXCPU, once it used more CPU time than the file at `path` may."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(time.process_time() + loading_seconds(path.stat().st_size)) + 1
    for limit in (soft, hard):
        until = until if limit == resource.RLIM_INFINITY else min(until, limit)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
