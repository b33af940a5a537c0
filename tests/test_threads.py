"""Work shared between threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from crembo_cli.threads import (
    WORTH_THREADS,
    call_behind,
    in_threads,
    make_ahead,
    one_blas_thread,
)

PATIENCE = 60.0


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


def test_an_item_is_made_while_another_is_used() -> None:
    """The next one, and no more than that."""
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for k in range(1, 5):
            made.append(k)
            if k == 2:
                second.set()
            yield k

    found = make_ahead(items())
    assert next(found) == 1
    assert second.wait(PATIENCE)
    assert made == [1, 2]
    assert list(found) == [2, 3, 4]


def test_an_item_is_made_while_a_thread_uses_the_one_before() -> None:
    """Each waits for the other: without a thread neither would end."""
    used, made = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert used.wait(PATIENCE)
        made.set()
        yield 2

    def use(k: int) -> int:
        used.set()
        assert made.wait(PATIENCE)
        return 10 * k

    assert list(call_behind(use, items())) == [10, 20]


@given(st.lists(st.integers(-2, 2), max_size=6))
def test_results_come_in_order_up_to_the_first_error(numbers: list[int]) -> None:
    """As from a plain loop, errors of either side included."""

    def items() -> Iterator[int]:
        for k in numbers:
            if k == -2:
                raise ValueError("an item")
            yield k

    def use(k: int) -> float:
        return 1 / k

    def outcome(found: Iterator[float]) -> list[object]:
        seen: list[object] = []
        try:
            for each in found:
                seen.append(each)
        except (ValueError, ZeroDivisionError) as error:
            seen.append(type(error))
        return seen

    assert outcome(call_behind(use, items())) == outcome(map(use, items()))
