"""The path in characters."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.report.drawings import pareto_plot, path_plot
from crembo_cli.report.model import SearchInfo, StepInfo
from tests.report.example_reports import comparison


def step(threshold: float | None, depth: float, belief: float) -> StepInfo:
    """A step with an insensitive depth and a mean belief."""
    return StepInfo(
        threshold=threshold, depth=0.0, insensitive_depth=depth, mean_belief=belief, accuracy=None
    )


def search(found: list[StepInfo], chosen: int = 0) -> SearchInfo:
    """A search with these steps."""
    return SearchInfo(
        algorithm="crembo",
        select="depth",
        threshold=found[chosen].threshold,
        delta=0.05,
        seed=0,
        path_rows=1,
        chosen=chosen,
        steps=found,
    )


def test_a_small_path() -> None:
    """Each step in its column, the higher value above, the selected one marked."""
    found = [step(None, 0.0, 1.0), step(0.25, 0.5, 0.5), step(0.5, 0.25, 0.75), step(0.75, 1, 1)]
    assert path_plot(search(found, chosen=2), width=30, height=5) == [
        "1.00 |  o                8",
        "     |               o",
        "0.50 |           8",
        "     |               *",
        "0.00 |  *",
        "     +------------------------",
        "                     ^",
        "       soft  0      0.5      1",
    ]


def test_a_small_pareto_front() -> None:
    """Fidelity and depth over the bytes; what is over the budget is left out."""
    assert pareto_plot(comparison(), width=36, height=5) == [
        "1.00 |     o                   o",
        "     |",
        "0.50 |",
        "     |     *                   *",
        "0.00 |",
        "     +------------------------------",
        "           ^",
        "         4,245  bytes (log)  5,000",
    ]


def test_a_single_candidate() -> None:
    """A single student stands at the left, with its bytes below it."""
    alone = replace(comparison(), students=comparison().students[:1])
    lines = pareto_plot(alone, width=36, height=3)
    assert lines[0] == "1.00 |     o"
    assert lines[-2:] == ["           ^", "         4,245  bytes (log)"]


thresholds = st.none() | st.floats(0, 1)
values = st.floats(0, 1)


@given(
    st.lists(st.builds(step, thresholds, values, values), min_size=1, max_size=80),
    st.integers(40, 100),
)
def test_a_plot_fits(found: list[StepInfo], width: int) -> None:
    """No line is wider than requested, and exactly one step is marked as chosen."""
    lines = path_plot(search(found, chosen=len(found) - 1), width)
    assert max(len(line) for line in lines) <= width
    assert lines[-2].strip() == "^"
    assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_even_thresholds_have_even_distances(width: int) -> None:
    """The 32 thresholds of a path are set apart evenly where the width allows."""
    found = [step(None, 0.2, 0.9), *(step((k + 1) / 33, 0.2, 0.9) for k in range(32))]
    line = next(line for line in path_plot(search(found), width) if "o" in line)
    columns = [column for column, sign in enumerate(line) if sign == "o"][1:]
    assert len(columns) == 32
    assert len({after - before for before, after in itertools.pairwise(columns)}) == 1
