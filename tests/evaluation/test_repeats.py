"""Means and standard errors over runs with other seeds."""

from __future__ import annotations

import pytest

from crembo_cli.evaluation.repeats import summarise_repeats


def test_mean_and_standard_error_by_hand() -> None:
    """Of .8, .9 and 1.0: the mean is .9, the deviation .1, the error .1 / sqrt(3)."""
    runs = [{"student": {"accuracy": value}} for value in (0.8, 0.9, 1.0)]
    found = summarise_repeats([3, 4, 5], runs)
    assert found.seeds == [3, 4, 5]
    accuracy = found.metrics["student"]["accuracy"]
    assert accuracy is not None
    assert accuracy.mean == pytest.approx(0.9)
    assert accuracy.error == pytest.approx(0.1 / 3**0.5)
    assert found.metrics["student"]["kl"] is None


def test_a_metric_that_one_run_lacks_has_no_mean() -> None:
    """As an AUC where all test rows have one class."""
    runs = [{"student": {"roc_auc": 0.8}}, {"student": {"roc_auc": None}}]
    assert summarise_repeats([0, 1], runs).metrics["student"]["roc_auc"] is None
