"""What each process does first, and the command line's last."""

from __future__ import annotations

import os
import subprocess
import sys

ENDING = """
import atexit, sys
from crembo_cli.start import end_process
atexit.register(print, "at the exit")
print("printed")
print("said", file=sys.stderr, end="")
end_process(7)
"""


def test_a_process_ends_with_all_that_it_printed() -> None:
    """With its exit code, and after what was to be done at the exit."""
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "printed\nat the exit\n", "said")


def test_a_process_ends_where_nobody_reads_what_it_printed() -> None:
    """With its exit code, and without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", ENDING],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": ""},  # what is printed waits for the end
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (7, b"said")
