"""What was found about a student's depth and robustness: frozen, and null where nothing was.

The field names are the JSON report's keys. A margin is infinite where no change of any size
matters; `report.model.as_json` writes that as null.
"""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.95
NOISE_LEVELS = (0.01, 0.05, 0.1)
RADII = (0.01, 0.05, 0.1)
CONTAMINATION = (0.05, 0.1, 0.2)
BELOW = (0.05, 0.1, 0.25, 0.5)  # beliefs that a bound is given for; fixed before any row is seen


@dataclass(frozen=True, kw_only=True)
class WithBaselines:
    """One share of the student and of the baselines."""

    student: float
    baseline_labels: float | None  # None where there are no labels
    baseline_teacher: float
    baseline_soft: float


@dataclass(frozen=True, kw_only=True)
class Flips:
    """The share of answers that noise changes."""

    rows: int  # measured on this many of the test rows
    student: float
    teacher: float | None  # None where there is none, or it answers no new rows


@dataclass(frozen=True, kw_only=True)
class Margins:
    """The change, in standard deviations, that it takes to change the student's answer."""

    rows: int  # measured on this many of the test rows
    median: float
    quantile_5: float  # 5 % of the rows have no larger one
    unchangeable: float  # the share of rows where no change of any size does
    certified_accuracy: dict[str, float] | None  # by radius: right, and no change so large matters
    certified_fidelity: dict[str, float] | None  # the same by the teacher's label


@dataclass(frozen=True, kw_only=True)
class MarginUpperBounds:
    """The least change that a search found to change the answer: margins may be smaller."""

    rows: int
    median: float
    quantile_5: float


@dataclass(frozen=True, kw_only=True)
class Depths:
    """Depth on one set of rows."""

    rows: int
    depth: float
    insensitive_depth: dict[str, float]  # by delta
    mean_belief: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The share of test rows where the belief in the predicted class lies below d."""

    d: list[float]
    student: list[float]
    at_most: list[float] | None  # the student's, for rows not seen: each with CONFIDENCE; None
    # where nothing is known of those
    teacher: list[float]
    baseline_labels: list[float] | None
    baseline_teacher: list[float] | None
    baseline_soft: list[float] | None


@dataclass(frozen=True, kw_only=True)
class DepthByRows:
    """Depth where the student was fitted, chosen and measured, and the whole curve."""

    training: Depths | None  # None where a student is evaluated that was fitted elsewhere
    validation: Depths | None
    test: Depths
    curve: Curve


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What holds for rows like the test rows, each number with the confidence."""

    fitted_on: bool  # the student was fitted on rows of this very table: nothing holds for others
    confidence: float
    accuracy: float | None  # at least
    fidelity: float | None  # at least
    below: dict[str, float] | None  # by d: at most this share has belief below d


@dataclass(frozen=True, kw_only=True)
class WeakGroup:
    """A leaf (a predicted class, for students without leaves), on its test rows."""

    rule: str
    predicted: str
    rows: int
    depth: float  # the least belief in its predicted class
    mean_belief: float
    beliefs: list[float]  # the teacher's mean belief in each class


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """All of it."""

    agreement: WithBaselines | None  # None with --quick-report, and where nothing can be refitted
    noise: dict[str, Flips]  # by level
    margin: Margins | None  # None where it is not known exactly
    margin_upper_bound: MarginUpperBounds | None  # None where `margin` is known
    contamination: dict[str, WithBaselines] | None  # by share; None as `agreement`
    depth: DepthByRows | None  # None without a teacher, as is `below`
    bounds: Bounds
    weakest_groups: list[WeakGroup] | None  # the ten with the least depth, the least first
