"""What was found about a student's depth and robustness: frozen, and null where nothing was.

The field names are the JSON report's keys. A margin is infinite where no change of any size
matters; `report.model.as_json` writes that as null.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from crembo_cli.evaluation.metrics import DELTAS

CONFIDENCE = 0.95
NOISE_LEVELS = (0.01, 0.05, 0.1)
RADII = (0.01, 0.05, 0.1)
CONTAMINATION = (0.05, 0.1, 0.2)
RIGHT = ("accuracy", "fidelity")  # correct by the true label, and by the teacher's label
BELOW = (0.05, 0.1, 0.25, 0.5)  # beliefs that a bound is given for; fixed before any row is seen


@dataclass(frozen=True, kw_only=True)
class WithBaselines:
    """One share of the student and of the trees of its size."""

    student: float
    baseline_labels: float | None  # None where there are no labels
    baseline_teacher: float


@dataclass(frozen=True, kw_only=True)
class Flips:
    """The share of answers that noise changes."""

    rows: int  # measured on so many of the test rows
    student: float
    teacher: float | None  # None where there is none, or it answers no new rows


@dataclass(frozen=True, kw_only=True)
class Margins:
    """The change, in standard deviations, that it takes to change the student's answer."""

    rows: int  # measured on so many of the test rows
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


def number_paths() -> tuple[str, ...]:
    """The paths of all numbers of a Robustness, lists aside, keys joined by dots."""
    beside = tuple(each.name for each in fields(WithBaselines))
    depths = (
        "rows",
        "depth",
        *(f"insensitive_depth.{delta:g}" for delta in DELTAS),
        "mean_belief",
    )
    return (
        *(f"agreement.{who}" for who in beside),
        *(f"noise.{level:g}.{each.name}" for level in NOISE_LEVELS for each in fields(Flips)),
        *(f"margin.{name}" for name in ("rows", "median", "quantile_5", "unchangeable")),
        *(f"margin.certified_{right}.{radius:g}" for right in RIGHT for radius in RADII),
        *(f"margin_upper_bound.{each.name}" for each in fields(MarginUpperBounds)),
        *(f"contamination.{share:g}.{who}" for share in CONTAMINATION for who in beside),
        *(f"depth.{part}.{name}" for part in ("training", "validation", "test") for name in depths),
        *(f"bounds.{name}" for name in ("confidence", *RIGHT)),
        *(f"bounds.below.{d:g}" for d in BELOW),
    )
