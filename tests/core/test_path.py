"""The path of students."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.core.path import crembo_path, threshold_grid

P = np.array([[0.1, 0.9], [0.35, 0.65], [0.5, 0.5]], np.float32)


def test_threshold_grid_lies_evenly_inside_the_open_interval() -> None:
    """Three thresholds part (0, 1) into four equal pieces."""
    assert threshold_grid(3).tolist() == [0.25, 0.5, 0.75]
    assert threshold_grid(0).tolist() == []


def record(calls: list[tuple[object, object]]):  # a fit for crembo_path
    """A fit that numbers its students and records what it was handed."""

    def fit(rewards: np.ndarray, start: int | None) -> int:
        calls.append((rewards.sum(), start))
        return len(calls) - 1

    return fit


def test_the_soft_label_student_comes_first_and_thresholds_ascend() -> None:
    """The steps are the belief student's, without a threshold, then one a threshold, rising."""
    steps = crembo_path(record([]), P, threshold_grid(4))
    assert [step.threshold for step in steps] == pytest.approx([None, 0.2, 0.4, 0.6, 0.8])


def test_each_fit_starts_from_its_neighbour_towards_the_middle() -> None:
    """From the belief student outwards: down 0.4, 0.2, then up 0.6, 0.8."""
    calls: list[tuple[object, object]] = []
    steps = crembo_path(record(calls), P, threshold_grid(4))
    by_student = {step.student: step.threshold for step in steps}
    starts = {by_student[number]: start for number, (_, start) in enumerate(calls)}
    assert starts[None] is None
    assert by_student[starts[0.4]] is None
    assert by_student[starts[0.2]] == 0.4
    assert by_student[starts[0.6]] is None
    assert by_student[starts[0.8]] == pytest.approx(0.6)


def test_nothing_is_fitted_twice_where_no_belief_lies_between() -> None:
    """Thresholds with the same allowed labels share one student."""
    calls: list[tuple[object, object]] = []
    hard = np.eye(2, dtype=np.float32)
    steps = crembo_path(record(calls), hard, threshold_grid(8))
    assert len(calls) == 3  # the beliefs, the masks downwards, the masks upwards
    assert len(steps) == 9


def test_progress_is_reported_for_every_step() -> None:
    """`progress` is called once a step, fitted anew or not."""
    ticks: list[int] = []
    steps = crembo_path(record([]), P, threshold_grid(6), lambda: ticks.append(1))
    assert len(ticks) == len(steps) == 7
