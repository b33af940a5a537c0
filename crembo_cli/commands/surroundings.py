"""The process around the command line: its environment, limits and streams.

What is wrong there is the user's to mend: one line and exit code 2, not a defect of crembo.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from pathlib import Path

from crembo_cli.errors import UsageError

LEAST_ADDRESS_SPACE = 2**30  # bytes; with less, libraries abort the process while they load
NUMBA_THREADS = "NUMBA_NUM_THREADS"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# How libraries, the loader and Python's threads word a failed allocation.
NO_MEMORY = (
    "bad allocation",
    "bad_alloc",
    "can't start new thread",
    "cannot allocate memory",
    "failed to allocate",
    "failed to map segment",
)


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
    limit = _address_space()
    if limit is not None and limit < LEAST_ADDRESS_SPACE:
        raise UsageError(
            "too little address space",
            where="ulimit -v",
            found=f"{limit // 2**20} MiB",
            wanted=f"{LEAST_ADDRESS_SPACE // 2**20} MiB or more",
        )


def _address_space() -> int | None:
    """The limit on this process's address space in bytes; None if there is none."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit in (-1, resource.RLIM_INFINITY) else limit


def describe_system_error(error: BaseException) -> str | None:
    """What the system lacks, and what to do, where that is why `error` was raised; else None."""
    if _is_out_of_memory(error):
        limit = _address_space()
        raised = "" if limit is None else f", or a limit above {limit // 2**20} MiB (ulimit -v)"
        return f"out of memory; try fewer rows or a larger machine{raised}"
    if not isinstance(error, OSError):
        return None
    import tempfile

    try:
        folder = tempfile.gettempdir()
    except OSError:
        return "no temporary folder can be written to; set TMPDIR to one that can"
    if error.errno in DISK_FULL:
        where = error.filename or folder
        hint = "free some space, or set TMPDIR to another folder"
        return f"{where}: no space left on the disk; {hint}"
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    text = str(error).lower()
    return any(sign in text for sign in NO_MEMORY)


def open_streams() -> None:
    """Open standard streams that the caller closed, so that no other file gets their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # it stays open
            setattr(sys, name, stream)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal's encoding lacks is no reason to lose the report.
        sys.stdout.reconfigure(errors="backslashreplace")


def silence_libraries() -> None:
    """Ignore Python warnings of libraries, here and in child processes, unless the user asks.

    They are about code that the user did not write. The user's own -W or PYTHONWARNINGS wins.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        os.environ["PYTHONWARNINGS"] = "ignore"
