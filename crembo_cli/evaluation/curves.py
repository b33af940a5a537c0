"""Curves of class probabilities against the labels: calibration, precision-recall, gain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.evaluation.counts import Counts, pool
from crembo_cli.evaluation.scores import calibration_bins
from crembo_cli.evaluation.totals import Totals

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


def curves_of(totals: Mapping[str, Totals]) -> dict[str, ScoreCurves]:
    """Compute the curves of each classifier that has probabilities, by its totals.

    {} without labels, and if all rows have one class.
    """
    return {name: _curves(pool(each.likely)) for name, each in totals.items() if each.likely}


def _curves(likely: Counts) -> ScoreCurves:
    mean, share, _ = calibration_bins(likely)
    rows, hits = _count_from_the_top(likely)
    precision, recall = hits / rows, hits / hits[-1]
    return ScoreCurves(
        calibration=(mean.tolist(), share.tolist()),
        precision_recall=(recall.tolist(), precision.tolist()),
        gain=([0.0, *(rows / rows[-1]).tolist()], [0.0, *recall.tolist()]),
    )


def _count_from_the_top(likely: Counts) -> tuple[Doubles, Doubles]:
    """Count the rows, and the hits among them, down to each of at most POINTS probabilities.

    Rows of equal probability come together: no threshold parts them.
    """
    at = np.arange(len(likely.values))
    if len(at) > POINTS:
        at = np.unique(np.linspace(0, len(at) - 1, POINTS).round().astype(np.int64))
    rows, hits = (each[::-1].cumsum()[at] for each in (likely.rows, likely.hits))
    return rows.astype(np.float64), hits.astype(np.float64)
