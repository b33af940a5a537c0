"""The verdict of a report, as every renderer and the JSON report have it."""

from __future__ import annotations

from dataclasses import dataclass

# From the best down; `report.status` has the rules.
STATUSES = ("good", "usable", "weak", "failed")


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What the student loses to its teacher on the test rows, with its 95 % interval."""

    measure: str  # "accuracy", or without labels "fidelity": then the loss is 1 - fidelity
    value: float  # a share: 0.01 is one point
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the student is worth, whether to ship it, and what to try next.

    A text has no full stop at its end, except in `sentences`.
    """

    status: str | None  # one of STATUSES; None: without a teacher the loss is not known
    headline: str  # the status and the loss
    worth: str  # accuracy and its loss, fidelity, AUC where it decides
    decision: str  # why it has this status
    advice: str  # what to try next; "" if nothing is known that could help
    command: str  # the command for that; "" if there is none
    loss: Loss | None  # None without a teacher
    sentences: list[str]  # comparisons with the baselines, bounds for new rows, other remarks
