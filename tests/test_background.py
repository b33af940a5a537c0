"""Work in a second process of a run."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crembo_cli.background import Background, start_early

PATIENCE = 60.0


@pytest.fixture
def background() -> Iterator[Background]:
    """One with a process, which has imported a module that prints."""
    found = Background(2, ["this"])
    yield found
    found.close()


def is_alive(number: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(number: int) -> None:
    """Wait until a process is gone."""
    end = time.monotonic() + PATIENCE
    while is_alive(number):
        assert time.monotonic() < end, "it lives on"
        time.sleep(0.05)


def test_another_process_calls_and_results_may_be_wanted_in_any_order(
    background: Background,
) -> None:
    """Each result is that of its call."""
    waiting = [background.begin(pow, base, 2) for base in (3, 4, 5)]
    other = background.begin(os.getpid)
    assert other() != os.getpid()
    assert [waiting[k]() for k in (2, 0, 1)] == [25, 9, 16]


def test_with_one_thread_this_process_calls() -> None:
    """When the result is wanted, and without a process."""
    background = Background(1)
    assert background.begin(os.getpid)() == os.getpid()
    background.close()


def test_threads_call_what_is_imported_already() -> None:
    """There is no process; the caller goes on, and an error is that of the call."""
    background = Background(2, ["math", "threading"])
    ran = threading.Event()
    begun = background.begin(ran.set), background.begin(os.getpid)
    assert ran.wait(PATIENCE)
    assert begun[1]() == os.getpid()
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        background.begin(math.sqrt, -1.0)()
    background.close()


def test_an_error_is_raised_where_the_result_is_wanted(background: Background) -> None:
    """The call is done again in this process, and later ones are answered."""
    failing = background.begin(math.sqrt, -1.0)
    later = background.begin(math.sqrt, 4.0)
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        failing()
    assert later() == 2.0


def test_calls_of_a_killed_process_are_done_here(background: Background) -> None:
    """Those begun before it was killed, and those after."""
    number = background.begin(os.getpid)()
    begun = background.begin(time.sleep, 60.0), background.begin(os.getpid)
    os.kill(number, signal.SIGKILL)
    assert begun[1]() == os.getpid()
    assert background.begin(os.getpid)() == os.getpid()


def test_closing_does_not_wait_for_a_call(background: Background) -> None:
    """The process is gone at once; closing twice is allowed."""
    number = background.begin(os.getpid)()
    background.begin(time.sleep, 600.0)
    start = time.monotonic()
    background.close()
    background.close()
    assert time.monotonic() - start < PATIENCE
    assert not is_alive(number)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_process_ends_with_a_parent_that_is_killed() -> None:
    """Even amid a call."""
    code = (
        "import os, time; from crembo_cli.background import Background; b = Background(2);"
        "number = b.begin(os.getpid)(); b.begin(time.sleep, 600.0);"
        "print(number, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    wait_for_end(int(ended.stdout))


def test_a_process_started_early_is_the_next_ones_with_its_imports() -> None:
    """And it is not started twice."""
    start_early(["this"])
    other, background = Background(2), Background(2, ["this"])
    number = background.begin(os.getpid)()
    modules = background.begin(eval, "'this' in __import__('sys').modules")()
    later = Background(2, ["this"])
    assert modules
    assert len({number, other.begin(os.getpid)(), later.begin(os.getpid)(), os.getpid()}) == 4
    for each in (other, background, later):
        each.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_process_started_early_for_nothing_is_ended() -> None:
    """By a background that needs none; else it ends with its parent."""
    code = (
        "import os; from crembo_cli.background import Background, start_early;"
        "started = lambda: open(f'/proc/self/task/{os.getpid()}/children').read().split();"
        "start_early(['this']); first = started(); Background(1, ['this']); gone = started();"
        "start_early(['this']); print(first[0], gone, started()[0], sep=';')"
    )
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    first, gone, second = ended.stdout.decode().strip().split(";")
    assert gone == "[]"
    assert not is_alive(int(first))
    wait_for_end(int(second))
