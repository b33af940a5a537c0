"""Check the surroundings of the process before libraries trip over them."""

from __future__ import annotations

import os
import sys

from crembo_cli.errors import UsageError

LEAST_ADDRESS_SPACE = 2**30  # bytes; with less, libraries abort the process while they load
NUMBA_THREADS = "NUMBA_NUM_THREADS"


def check_environment() -> None:
    """Raise UsageError for a variable or a limit that would end the process without a message."""
    threads = os.environ.get(NUMBA_THREADS)
    if threads is not None and not (threads.isascii() and threads.isdigit() and int(threads) > 0):
        raise UsageError(
            "invalid environment variable",
            where=NUMBA_THREADS,
            found=repr(threads),
            wanted="a whole number above 0",
            hint=f"unset {NUMBA_THREADS}",
        )
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit not in (-1, resource.RLIM_INFINITY) and limit < LEAST_ADDRESS_SPACE:
        raise UsageError(
            "too little address space",
            where="ulimit -v",
            found=f"{limit // 2**20} MiB",
            wanted=f"{LEAST_ADDRESS_SPACE // 2**20} MiB or more",
        )
