"""Fitting side by side."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from crembo_cli.errors import StudentError
from crembo_cli.search.candidates import Candidate, candidate
from crembo_cli.search.parallel import fit_all
from crembo_cli.search.student import Compression, Search, silent
from tests.search.small_candidates import rows, trees


def test_processes_find_what_one_process_finds() -> None:
    """In the order of the contenders, whatever the number of processes; progress is reported."""
    train, validation = rows(200, 0), rows(50, 1)
    candidates = [*trees(3, 1, 2), candidate("linear", {})]
    reported: list[tuple[str, int] | int] = []

    def stages(name: str, steps: int) -> Any:
        reported.append((name, steps))
        return reported.append

    alone = fit_all(candidates, train, validation, Search(thresholds=3), silent)
    beside = fit_all(candidates, train, validation, Search(thresholds=3, threads=2), stages)
    assert reported == [("fitting 4 students", 4), 1, 2, 3, 4]
    found = []
    for one, other in zip(alone, beside, strict=True):
        assert isinstance(one, Compression)
        assert isinstance(other, Compression)
        assert one.student.size() == other.student.size()
        assert one.steps == other.steps
        assert other.train is train
        assert np.array_equal(
            one.student.predict_proba(validation.rows), other.student.predict_proba(validation.rows)
        )
        found.append(one.student.size().get("tree_depth"))
    assert found == [3, 1, 2, None]


@dataclass(frozen=True, kw_only=True)
class Dying:
    """A family whose process is ended, as by a system that runs out of memory."""

    name: ClassVar[str] = "dying"
    summary: ClassVar[str] = "ends its process"
    thresholds: ClassVar[int | None] = 0

    def learner(self, task: Any) -> Any:
        """Never comes back."""
        del task
        os._exit(9)


def test_a_process_that_is_killed_is_reported_of() -> None:
    """One line says so, and how to need less memory; nothing waits for ever."""
    candidates = [*trees(1), Candidate(settings={}, family=Dying())]
    with pytest.raises(StudentError, match=r"system killed a process.*found 2 processes.*--jobs 1"):
        fit_all(candidates, rows(50, 0), rows(20, 1), Search(thresholds=1, threads=2), silent)


class Faulty(Dying):
    """A family with a mistake in it."""

    name: ClassVar[str] = "faulty"

    def learner(self, task: Any) -> Any:
        """Raise."""
        raise ZeroDivisionError("a mistake")


class Ending(Dying):
    """A family that thinks the run is its own."""

    name: ClassVar[str] = "ending"

    def learner(self, task: Any) -> Any:
        """End it."""
        raise SystemExit(0)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_family_that_fails_stops_no_other(threads: int) -> None:
    """What it raised comes in its place, with its name; in this process or in another."""
    candidates = [
        Candidate(settings={}, family=Faulty()),
        *trees(1),
        Candidate(settings={}, family=Ending()),
    ]
    faulty, tree, ending = fit_all(
        candidates, rows(50, 0), rows(20, 1), Search(thresholds=1, threads=threads), silent
    )
    assert (
        "student family 'faulty' from package 'tests' failed; found ZeroDivisionError: a mistake"
        in str(faulty)
    )
    assert isinstance(tree, Compression)
    assert "student family 'ending' from package 'tests' failed; found SystemExit: 0" in str(ending)
