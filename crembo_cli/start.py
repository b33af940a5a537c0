"""What crembo's own processes do first, and its command line last.

The library does neither: its process is the caller's.
"""

import atexit
import contextlib
import gc
import os
import sys
from typing import NoReturn

OBJECTS = 100_000  # new ones before a search for garbage


def import_without_searching() -> None:
    """Search for garbage more rarely.

    Libraries create a million objects that stay: searching among them again and again takes a
    tenth of the time of their import.
    """
    gc.set_threshold(OBJECTS)


def end_process(code: int) -> NoReturn:
    """End this process with the exit code, without taking apart what libraries built.

    That would take half a second. Functions that are to be called at the exit are called, and
    what was printed is passed on.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it, or it is closed
            stream.flush()
    os._exit(code)
