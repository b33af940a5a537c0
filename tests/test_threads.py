"""Work shared between threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from crembo_cli.threads import WORTH_THREADS, in_threads, map_in_threads, one_blas_thread


@pytest.mark.parametrize(("count", "threads"), [(1, 4), (7, 2), (7, 3), (2, 8), (0, 2)])
def test_every_number_is_worked_on_once(count: int, threads: int) -> None:
    """The parts cover the range, without holes and overlaps, on as many threads as it has."""
    done = np.zeros(count, int)
    parts = []

    def run(begin: int, end: int) -> None:
        done[begin:end] += 1
        parts.append(threading.get_ident())

    in_threads(run, count, threads, work=WORTH_THREADS + 1)
    assert (done == 1).all()
    assert len(parts) == max(1, min(count, threads))


def test_little_work_stays_in_the_callers_thread() -> None:
    """No thread is started for what is done in a blink."""
    seen = []
    in_threads(lambda *_: seen.append(threading.get_ident()), 8, 4, work=100)
    assert seen == [threading.get_ident()]


def test_an_error_in_a_part_is_raised() -> None:
    """What goes wrong in a thread goes wrong here."""

    def run(begin: int, end: int) -> None:
        if begin:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_threads(run, 4, 2, work=WORTH_THREADS + 1)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    """Whichever thread is done first."""

    def slowest_first(item: int) -> int:
        time.sleep(0.02 * (3 - item))
        return 10 * item

    with map_in_threads(slowest_first, [0, 1, 2], threads) as found:
        assert list(found) == [0, 10, 20]


def test_threads_start_before_their_results_are_requested() -> None:
    """The caller works meanwhile; without threads, nothing is done before it asks."""
    begun = threading.Event()
    with map_in_threads(lambda _: begun.set(), [0], 1):
        assert begun.wait(5)
    begun.clear()
    with map_in_threads(lambda _: begun.set(), [0], 0):
        assert not begun.is_set()


def test_nothing_is_begun_after_an_error() -> None:
    """Neither after one of an item nor after one of the caller's, such as Ctrl-C."""
    begun: list[int] = []

    def fail(item: int) -> None:
        begun.append(item)
        time.sleep(0.02)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), map_in_threads(fail, range(100), 1) as found:
        list(found)
    assert len(begun) < 5
    begun.clear()
    with pytest.raises(KeyboardInterrupt), map_in_threads(fail, range(100), 1):
        raise KeyboardInterrupt
    assert len(begun) < 5


def counts() -> set[int]:
    """How many threads each BLAS uses."""
    import scipy.linalg  # noqa: F401 - its BLAS counts too

    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def limited() -> set[int]:
    """The same, under the limit."""
    with one_blas_thread():
        return counts()


def test_any_thread_limits_blas() -> None:
    """One after the other, in whatever thread."""
    before = counts()
    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            assert limited() == {1}
            assert counts() == before
            assert pool.submit(limited).result() == {1}
            assert counts() == before


def test_the_limit_on_blas_ends_with_the_last_thread() -> None:
    """One that ends first does not lift it for the others."""
    before = counts()
    with ThreadPoolExecutor(1) as pool:
        with one_blas_thread():
            assert counts() == {1}
            assert pool.submit(limited).result() == {1}
            assert counts() == {1}
        assert counts() == before
