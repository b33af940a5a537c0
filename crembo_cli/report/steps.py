"""The steps of the search on their own: a table as CSV, and a plot as SVG."""

from __future__ import annotations

import csv
import io

from crembo_cli.errors import UsageError
from crembo_cli.explanations.figure import ON_WHITE, class_colour, svg_of
from crembo_cli.report.model import Report, SearchInfo, StepInfo

HEADER = ("threshold", "depth", "insensitive_depth", "mean_belief", "accuracy", "selected")
SERIES = ("mean_belief", "insensitive_depth", "depth", "accuracy")  # that are plotted
STYLES = ("-", "--", ":", "-.")


def render_csv(report: Report) -> str:
    """Render a row for each step, on the validation rows: numbers that read back the same.

    The soft-label student has no threshold, and without labels there is no accuracy: these
    cells are empty. `selected` is 1 for the step that was kept.
    """
    search = _search(report)
    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    table.writerow(HEADER)
    for number, step in enumerate(search.steps):
        cells = [getattr(step, name) for name in HEADER[:-1]]
        table.writerow([*cells, int(number == search.chosen)])
    return page.getvalue()


def render_svg(report: Report) -> str:
    """Draw mean belief, insensitive depth, depth and accuracy of each step by its threshold."""
    from matplotlib.figure import Figure

    search = _search(report)
    soft = [step for step in search.steps if step.threshold is None]
    others = [step for step in search.steps if step.threshold is not None]
    figure = Figure(figsize=(6.4, 4.0), facecolor=ON_WHITE.paper, layout="constrained")
    axes = figure.add_subplot()
    for k, (name, style) in enumerate(zip(SERIES, STYLES, strict=True)):
        _draw_series(axes, soft, others, name, color=class_colour(k), ls=style)
    kept = search.steps[search.chosen].threshold
    axes.axvline(-0.06 if kept is None else kept, color=ON_WHITE.muted, lw=1)
    axes.set_xlim(-0.1, 1.02)
    axes.set_ylim(0, 1.03)
    ticks = {-0.06: "soft", **{k / 5: f"{k / 5:g}" for k in range(1, 6)}}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xlabel("threshold (the line: the selected step)")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return svg_of(figure, "steps")


def _draw_series(
    axes: object, soft: list[StepInfo], others: list[StepInfo], name: str, **style: str
) -> None:
    values = [getattr(step, name) for step in (*soft, *others)]
    if None in values:
        return
    at = [step.threshold for step in others]
    label = name.replace("_", " ")
    axes.plot(at, values[len(soft) :], marker=".", label=label, **style)  # type: ignore[attr-defined]  # matplotlib has no types
    axes.plot([-0.06] * len(soft), values[: len(soft)], "o", color=style["color"])  # type: ignore[attr-defined]  # the same


def _search(report: Report) -> SearchInfo:
    if report.search is None:
        raise UsageError("the report of an evaluated student has no steps")
    return report.search
