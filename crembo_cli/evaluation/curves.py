"""Curves of class probabilities against the labels: calibration, precision-recall, gain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Indices
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.evaluation.scores import calibration_bins, compared_classes

POINTS = 100  # of a curve at most: more do not show on a figure of 4 inches

Points = tuple[list[float], list[float]]  # x and y of each point, all in [0, 1]


@dataclass(frozen=True, kw_only=True)
class ScoreCurves:
    """The curves of one classifier, of the class that the report calls rare.

    With more than two classes, of all classes with rows: each row counts once for each of them.
    """

    calibration: Points  # predicted probability, observed share
    precision_recall: Points  # recall, precision
    gain: Points  # share of the rows, the most probable first; share of the class among them


def curves_of(predicted: Mapping[str, Prediction], y: Indices | None) -> dict[str, ScoreCurves]:
    """Compute the curves of each classifier that has probabilities, against the labels `y` (n,).

    {} without labels, and if all rows have one class.
    """
    found: dict[str, ScoreCurves] = {}
    for name, each in predicted.items():
        Q = each.probabilities
        classes = [] if y is None or Q is None else compared_classes(y, Q.shape[1])
        if y is not None and Q is not None and classes:
            hit = np.concatenate([y == k for k in classes])
            found[name] = _curves(hit, Q[:, classes].T.astype(np.float64).ravel())
    return found


def _curves(hit: Bools, likely: Doubles) -> ScoreCurves:
    mean, share, _ = calibration_bins(hit, likely)
    rows, hits = _count_from_the_top(hit, likely)
    precision, recall = hits / rows, hits / hits[-1]
    return ScoreCurves(
        calibration=(mean.tolist(), share.tolist()),
        precision_recall=(recall.tolist(), precision.tolist()),
        gain=([0.0, *(rows / len(hit)).tolist()], [0.0, *recall.tolist()]),
    )


def _count_from_the_top(hit: Bools, likely: Doubles) -> tuple[Doubles, Doubles]:
    """Count the rows, and the hits among them, down to each of at most POINTS probabilities.

    Rows of equal probability come together: no threshold parts them.
    """
    order = np.argsort(-likely, kind="stable")
    last = np.flatnonzero(np.append(np.diff(likely[order]) != 0, True))
    if len(last) > POINTS:
        last = last[np.unique(np.linspace(0, len(last) - 1, POINTS).round().astype(np.int64))]
    return (last + 1).astype(np.float64), np.cumsum(hit[order], dtype=np.float64)[last]
