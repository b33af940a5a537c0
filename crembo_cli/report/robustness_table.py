"""The table of robustness figures that every renderer shows, and the sentence on unseen rows."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.report.words import listed
from crembo_cli.robustness.model import Bounds, Robustness, WithBaselines

LEVEL, SHARE, RADIUS, BELOW = "0.05", "0.1", "0.1", "0.5"  # of several, the ones that are shown
COLUMNS = ("student", "teacher", "CART on labels", "CART on teacher")
Row = tuple[str, float | None, float | None, float | None, float | None]


def robustness_rows(found: Robustness) -> Iterator[Row]:
    """A name and a figure for each of COLUMNS; None where there is none."""
    if found.agreement is not None:
        yield _beside("agreement", found.agreement)
    if found.contamination is not None:
        yield _beside(f"with {float(SHARE):.0%} wrong beliefs", found.contamination[SHARE])
    flips = found.noise[LEVEL]
    yield f"flips at {float(LEVEL):.0%} noise", flips.student, flips.teacher, None, None
    if found.margin is not None:
        yield "margin, median (sd)", found.margin.median, None, None, None
        right, faithful = found.margin.certified_accuracy, found.margin.certified_fidelity
        if right is not None:
            yield f"right within {RADIUS} sd", right[RADIUS], None, None, None
        elif faithful is not None:
            yield f"as teacher within {RADIUS} sd", faithful[RADIUS], None, None, None
    elif found.margin_upper_bound is not None:
        yield "margin at most (sd)", found.margin_upper_bound.median, None, None, None


def _beside(name: str, found: WithBaselines) -> Row:
    return name, found.student, None, found.baseline_labels, found.baseline_teacher


def for_rows_not_seen(bounds: Bounds) -> str:
    """The bounds as one sentence, or why there are none; "" where nobody asked for any."""
    if bounds.fitted_on:
        return (
            "The student was fitted on rows of this table: the figures flatter it, and say nothing "
            "of rows not seen."
        )
    parts = []
    if bounds.accuracy is not None:
        parts.append(f"accuracy is at least {bounds.accuracy:.3f}")
    if bounds.fidelity is not None:
        parts.append(f"fidelity is at least {bounds.fidelity:.3f}")
    if bounds.below is not None:
        parts.append(f"at most {bounds.below[BELOW]:.1%} of them have a belief below {BELOW}")
    if not parts:
        return ""
    return f"On rows like these, each with {bounds.confidence:.0%} confidence: {listed(parts)}."
