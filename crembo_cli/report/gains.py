"""The student's paired differences from the other classifiers, and which of them are sure."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.report.faults import ERRORS
from crembo_cli.report.metrics import Keys, find_metric, look_up
from crembo_cli.report.model import Report

BETTER, WORSE = "better", "worse"
SIGNS = {
    BETTER: "\N{BLACK UP-POINTING TRIANGLE}",
    WORSE: "\N{BLACK DOWN-POINTING TRIANGLE}",
    "": "",
}


@dataclass(frozen=True, kw_only=True)
class Gain:
    """The student's metric less another classifier's on the same rows."""

    value: float
    mark: str  # BETTER or WORSE: the student is, by more than ERRORS standard errors; else ""


def gain_over(report: Report, classifier: str, keys: Keys) -> Gain | None:
    """The student's gain over a classifier in a metric; None where it is not known or says nothing.

    A teacher is its own measure in fidelity and KL divergence.
    """
    if classifier == "teacher" and keys[-1] in ("fidelity", "kl"):
        return None
    found = look_up(report.differences.get(classifier), keys)
    if found is None:
        return None
    metric = find_metric(("metrics", classifier, *keys))
    sign = -1 if metric is not None and metric.better == "lower" else 1
    sure = abs(found.value) > ERRORS * found.error
    mark = "" if not sure else BETTER if sign * found.value > 0 else WORSE
    return Gain(value=found.value, mark=mark)
