"""Depth figures, the curve, and what holds for rows not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.evaluation.counts import Counts
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.robustness.measure import bounds_on, curve_on, depths_on, share_at_most
from tests.robustness.small_runs import evidence_of

BELIEFS = np.array([[0.9, 0.1], [0.4, 0.6], [0.75, 0.25], [0.5, 0.5]], np.float32)
SAID = np.array([0, 0, 0, 1])


def test_depths_written_out() -> None:
    """The beliefs in the predicted classes are .9, .4, .75 and .5."""
    depths = depth_by_row(BELIEFS, SAID)
    found = depths_on(Counts.of(depths), float(depths.sum()))
    assert (found.rows, found.depth) == (4, pytest.approx(0.4))
    assert found.mean_belief == pytest.approx(0.6375)
    assert set(found.insensitive_depth) == {"0.01", "0.05", "0.1"}


def test_the_curve_counts_rows_below() -> None:
    """A row at d is not below d; nobody is below 0, and the ends are there."""
    labels = {"student": SAID, "teacher": BELIEFS.argmax(axis=1)}
    depths = {name: Counts.of(depth_by_row(BELIEFS, each)) for name, each in labels.items()}
    curve = curve_on(depths, fitted_on=False)
    at = dict(zip(curve.d, curve.student, strict=True))
    assert (at[0.0], at[0.4], at[0.41], at[0.5], at[0.51], at[1.0]) == (0, 0, 0.25, 0.25, 0.5, 1)
    assert curve.teacher[51] == 0.25
    assert curve.baseline_labels is None
    assert curve.at_most[41] == pytest.approx(float(share_at_most(1, 4, 0.95)))
    assert len(curve.d) == len(curve.at_most) == 101


def test_rows_below_counts_as_a_loop_does() -> None:
    """Sorted search equals counting."""
    rng = np.random.default_rng(0)
    depths, d = rng.integers(0, 10, 50) / 10, np.arange(11) / 10
    assert Counts.of(depths).below(d).tolist() == [int((depths < each).sum()) for each in d]


def test_bounds_on_rows() -> None:
    """Each number is the bound of its own count; without labels or teacher it is null."""
    frame = pd.DataFrame({"x": np.arange(4.0)})
    known = evidence_of(frame, BELIEFS, np.array([0, 1, 0, 1]))
    said = {"student": Prediction(labels=SAID, probabilities=None)}
    totals = measure_rows(known, said).totals.each["student"]
    found = bounds_on(totals, fitted_on=False)
    assert found.accuracy == pytest.approx(1 - float(share_at_most(1, 4, 0.95)))
    assert found.fidelity == pytest.approx(1 - float(share_at_most(2, 4, 0.95)))
    assert found.below is not None
    assert found.below["0.5"] == pytest.approx(float(share_at_most(1, 4, 0.95)))
    unknown = measure_rows(evidence_of(frame, BELIEFS), said, teacher=False)
    nothing = bounds_on(unknown.totals.each["student"], fitted_on=False)
    assert (nothing.accuracy, nothing.fidelity, nothing.below) == (None, None, None)


def test_depth_bounds_hold_for_rows_not_seen() -> None:
    """With beliefs drawn from a known law, the bound is broken on one table in twenty at most."""
    rng = np.random.default_rng(0)
    tables, rows = 2000, 80
    y_true = 0.3**2  # sqrt(u) lies below 0.3 where a uniform u lies below 0.09
    depths = np.sqrt(rng.random((tables, rows)))
    counts = np.array([Counts.of(each).below(np.array([0.3]))[0] for each in depths])
    broken = np.mean(share_at_most(counts, rows, 0.95) < y_true)
    assert broken <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tables)
