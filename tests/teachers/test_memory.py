"""The memory that a model may take."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from crembo_cli.teachers.process.limits import default_limit


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="Windows does not say what it has")
def test_the_limit_leaves_something_to_others() -> None:
    """By default a model gets a part of the memory there is."""
    limit = default_limit()
    assert limit is not None
    assert 0 < limit < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts mapped data")
def test_more_than_the_limit_is_a_memory_error() -> None:
    """A process that limited itself cannot allocate beyond, and knows why."""
    program = (
        "from crembo_cli.teachers.process.limits import limit_this_process\n"
        "limit_this_process(300 * 2**20)\n"
        "try:\n    bytearray(10**9)\n"
        "except MemoryError:\n    print('refused')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "refused\n"
