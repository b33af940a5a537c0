"""The plots of the HTML report: small figures by matplotlib, as SVG in the page's colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from crembo_cli.evaluation.curves import ScoreCurves
from crembo_cli.evaluation.metrics import Metrics
from crembo_cli.explanations.figure import OF_THE_PAGE, add_theme, svg_of
from crembo_cli.report.metrics import CLASSIFIERS
from crembo_cli.report.model import ComparisonInfo, SearchInfo
from crembo_cli.robustness.model import Curve, Flips, Margins, WithBaselines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Placeholders for the page's colours; `add_theme` replaces them.
SERIES = {
    "student": "#0a0b01",
    "teacher": "#0a0b02",
    "baseline_labels": "#0a0b03",
    "baseline_teacher": "#0a0b04",
    "baseline_soft": "#0a0b05",
}
Corner = Literal["best", "upper left", "lower right"]
SIZE = (4.4, 3.1)  # inches
SMALL: dict[str, Any] = {
    "ha": "center",
    "va": "bottom",
    "fontsize": 8,
    "color": OF_THE_PAGE.ink,
}


def path_plot(search: SearchInfo, unit: str) -> str:
    """Plot mean belief and depth of each step, in `unit`; the selected one is marked."""
    figure, axes = _figure("threshold", unit, "the path")
    steps = [step for step in search.steps if step.threshold is not None]
    at = [step.threshold or 0.0 for step in steps]
    delta = f"depth at {100 * search.delta:g} %"
    series = {
        "mean": ("student", "-", [step.mean_belief for step in steps]),
        delta: ("teacher", "--", [step.insensitive_depth for step in steps]),
    }
    first = search.steps[0] if search.steps[0].threshold is None else None
    for name, (colour, line, values) in series.items():
        axes.plot(at, values, line, color=SERIES[colour], marker=".", markersize=4, label=name)
        if first is not None:
            value = first.mean_belief if name == "mean" else first.insensitive_depth
            axes.plot([-0.06], [value], "o", color=SERIES[colour], markersize=4)
    selected = -0.06 if search.threshold is None else search.threshold
    axes.axvline(selected, ymax=0.93, color=OF_THE_PAGE.muted, lw=1, ls=":")
    axes.text(selected, 1.02, "selected", **{**SMALL, "ha": "left" if selected < 0 else "center"})
    axes.set_xlim(-0.1, 1.0)
    axes.set_xticks([-0.06, 0.2, 0.4, 0.6, 0.8, 1.0], ["soft", "0.2", "0.4", "0.6", "0.8", "1"])
    return _svg(figure, axes, "path")


def pareto_plot(comparison: ComparisonInfo, delta: float) -> str:
    """Plot fidelity and depth of each candidate by its bytes; the Pareto front is filled."""
    figure, axes = _figure("bytes of the file", "fidelity and depth", "candidates")
    shown = [each for each in comparison.students if each.within_budget]
    at = [each.size["bytes"] for each in shown]
    front = [each.on_front for each in shown]
    series = {
        "fidelity": ("student", "o", [each.fidelity for each in shown]),
        f"depth at {100 * delta:g} %": ("teacher", "s", [each.insensitive_depth for each in shown]),
    }
    for name, (colour, marker, values) in series.items():
        for on_front, fill in ((True, SERIES[colour]), (False, "none")):
            axes.scatter(
                [x for x, here in zip(at, front, strict=True) if here == on_front],
                [y for y, here in zip(values, front, strict=True) if here == on_front],
                s=22,
                marker=marker,
                facecolors=fill,
                edgecolors=SERIES[colour],
                label=name if on_front else None,
            )
    selected = comparison.students[comparison.chosen].size["bytes"]
    axes.axvline(selected, color=OF_THE_PAGE.muted, lw=1, ls=":")
    axes.text(selected, 1.1, "selected", **SMALL)
    axes.set_xscale("log")
    low, high = min(at) / 1.15, max(at) * 1.15
    axes.set_xlim(low, high)
    ticks = sorted({min(at), selected, max(at)})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 1.18)
    return _svg(figure, axes, "candidates")


def depth_curve(curve: Curve, unit: str) -> str:
    """Plot the share of rows with a depth below d, in `unit`."""
    figure, axes = _figure(f"{unit} d", "share of rows below d", "depth curve")
    lines: dict[str, Sequence[float] | None] = {
        "student": curve.student,
        "teacher": curve.teacher,
        "baseline_labels": curve.baseline_labels,
        "baseline_teacher": curve.baseline_teacher,
        "baseline_soft": curve.baseline_soft,
    }
    if curve.at_most is not None:
        axes.fill_between(
            curve.d, curve.student, curve.at_most, color=SERIES["student"], alpha=0.28, lw=0
        )
    for name, values in lines.items():
        if values is not None:
            axes.plot(curve.d, values, **_line(name))
    axes.set_xlim(0, 1)
    return _svg(figure, axes, "depth", legend="upper left")


def calibration_plot(curves: Mapping[str, ScoreCurves]) -> str:
    """Plot the observed share of the class by its predicted probability."""
    figure, axes = _figure("predicted probability", "observed share", "calibration")
    most = max(max(max(each.calibration, key=max)) for each in curves.values())
    limit = min(1.0, 1.1 * most)
    axes.plot([0, limit], [0, limit], color=OF_THE_PAGE.muted, lw=1, ls=":")
    for name, each in curves.items():
        axes.plot(*each.calibration, marker="o", markersize=3.5, **_line(name))
    axes.set_xlim(0, 1.02 * limit)
    axes.set_ylim(0, 1.08 * limit)
    return _svg(figure, axes, "calibration", legend="upper left")


def precision_recall_plot(curves: Mapping[str, ScoreCurves]) -> str:
    """Plot precision by recall over all thresholds."""
    figure, axes = _figure("recall", "precision", "precision and recall")
    for name, each in curves.items():
        recall, precision = each.precision_recall
        # Between two thresholds there is none: the curve has steps, and begins with the first.
        axes.plot([0.0, *recall], [precision[0], *precision], drawstyle="steps-pre", **_line(name))
    axes.set_xlim(0, 1)
    return _svg(figure, axes, "precision-recall")


def gain_plot(curves: Mapping[str, ScoreCurves]) -> str:
    """Plot the share of the class that is found among the most probable rows."""
    figure, axes = _figure("share of rows, most probable first", "share of the class", "gain")
    axes.plot([0, 1], [0, 1], color=OF_THE_PAGE.muted, lw=1, ls=":")
    for name, each in curves.items():
        axes.plot(*each.gain, **_line(name))
    axes.set_xlim(0, 1)
    return _svg(figure, axes, "gain", legend="lower right")


def contamination_plot(found: dict[str, WithBaselines]) -> str:
    """Plot agreement with the student fitted without label noise, by the share of noise."""
    figure, axes = _figure("share of label noise", "agreement", "label noise")
    at = [float(share) for share in found]
    for name in ("student", "baseline_labels", "baseline_teacher", "baseline_soft"):
        values = [getattr(each, name) for each in found.values()]
        if None not in values:
            axes.plot(
                at, values, color=SERIES[name], label=CLASSIFIERS[name], marker="o", markersize=4
            )
    axes.set_xticks(at, [f"{share:.0%}" for share in at])
    return _svg(figure, axes, "contamination")


def noise_plot(found: dict[str, Flips]) -> str:
    """Plot the share of predictions that noise changes, by its size."""
    figure, axes = _figure(
        "noise, in standard deviations", "share of predictions that change", "noise"
    )
    at = [float(level) for level in found]
    flips = [each.student for each in found.values()]
    axes.plot(at, flips, color=SERIES["student"], label="student", marker="o", markersize=4)
    others = [each.teacher for each in found.values()]
    known = [each for each in others if each is not None]
    if len(known) == len(at):
        axes.plot(
            at, known, "--", color=SERIES["teacher"], label="teacher", marker="o", markersize=4
        )
    axes.set_xticks(at, list(found))
    axes.set_ylim(0, max(0.05, 1.15 * max([*flips, *known])))
    return _svg(figure, axes, "noise")


def certified_plot(found: Margins, metrics: Metrics) -> str:
    """Plot the share of rows that stay correct, by how far the numeric features may move."""
    figure, axes = _figure("perturbation, in standard deviations", "stays correct", "margins")
    series = {
        "true label": ("student", metrics.accuracy, found.certified_accuracy),
        "teacher's label": ("teacher", metrics.fidelity, found.certified_fidelity),
    }
    for name, (colour, unmoved, by_radius) in series.items():
        if unmoved is not None and by_radius is not None:
            at = [0.0, *map(float, by_radius)]
            shares = [unmoved, *by_radius.values()]
            style = "-" if colour == "student" else "--"
            axes.plot(at, shares, style, color=SERIES[colour], label=name, marker="o", markersize=4)
            axes.set_xticks(at, ["0", *by_radius])
    return _svg(figure, axes, "margins")


def agreement_plot(found: WithBaselines) -> str:
    """Plot agreement between students of resampled rows, and of the baselines."""
    figure, axes = _figure("", "share of rows where two agree", "agreement over resamples")
    shares = {
        "student": found.student,
        "baseline_labels": found.baseline_labels,
        "baseline_teacher": found.baseline_teacher,
        "baseline_soft": found.baseline_soft,
    }
    known = {name: share for name, share in shares.items() if share is not None}
    bars = axes.bar(
        [CLASSIFIERS[name] for name in known],
        list(known.values()),
        color=[SERIES[name] for name in known],
        width=0.55,
    )
    for bar, share in zip(bars, known.values(), strict=True):
        middle = bar.get_x() + bar.get_width() / 2
        axes.text(middle, share + 0.03, f"{share:.3f}", **SMALL)
    axes.set_ylim(0, 1.12)
    return _svg(figure, axes, "agreement", legend=None)


def _figure(x: str, y: str, title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, facecolor="none", layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    axes.set_title(title, color=OF_THE_PAGE.ink, fontsize=10, loc="left")
    axes.set_xlabel(x, color=OF_THE_PAGE.ink, fontsize=9)
    axes.set_ylabel(y, color=OF_THE_PAGE.ink, fontsize=9)
    axes.set_ylim(0, 1.08)
    axes.tick_params(colors=OF_THE_PAGE.muted, labelsize=8, labelcolor=OF_THE_PAGE.ink)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_color(OF_THE_PAGE.muted)
    axes.grid(color=OF_THE_PAGE.muted, alpha=0.25, lw=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _line(classifier: str) -> dict[str, Any]:
    """The style of a classifier's line; styles differ without colour, too."""
    style = {"student": "-", "teacher": "--"}.get(classifier, ":")
    return {"ls": style, "color": SERIES[classifier], "label": CLASSIFIERS[classifier], "lw": 1.6}


def _svg(figure: Figure, axes: Axes, name: str, *, legend: Corner | None = "best") -> str:
    if legend is not None:
        axes.legend(frameon=False, fontsize=8, labelcolor=OF_THE_PAGE.ink, loc=legend)
    return add_theme(svg_of(figure, name), **SERIES)
