"""Render the report as one HTML page: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, cast

from crembo_cli.errors import escape_controls
from crembo_cli.explanations.figure import OF_THE_PAGE, class_colour, svg_of, themed
from crembo_cli.report.drawings import explain_comparison, name_classifier
from crembo_cli.report.drift import drift_sentences, drift_table, figures_table
from crembo_cli.report.glossary import NOTE, explain
from crembo_cli.report.metrics import METRICS
from crembo_cli.report.model import Report
from crembo_cli.report.repeats import repeats_sentence, repeats_table
from crembo_cli.report.tables import (
    bounds_table,
    class_table,
    comparison_table,
    cost_table,
    depth_table,
    format_cell,
    label_table,
    robustness_table,
    score_table,
    weakest_table,
)
from crembo_cli.report.verdict import verdict_of
from crembo_cli.robustness.model import Margins
from crembo_cli.students.capabilities import kind_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree


TEMPLATE = "page.html.jinja"
MOST_LEAVES = 128  # a larger tree is shown as text alone
PIXELS = 96  # per inch
READABLE = 0.8  # a drawn tree shrinks to this scale at most; a wider one scrolls
COLUMN = 1000  # pixels of the page's text; a wider tree gets the whole window
MOST_CLASSES = 40  # a larger confusion matrix is unreadable


def render_html(report: Report) -> str:
    """Render the page, one newline at the end. Everything that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )
    (tree, wide), curves = _tree(report), _curves(report)
    page = environment.get_template(TEMPLATE).render(
        report=report,
        classifier=name_classifier(report.student.family),
        verdict=verdict_of(report),
        metrics=label_table(report),
        scores=score_table(report),
        costs=cost_table(report),
        tree=Markup(tree),
        wide=wide,
        curves=Markup(curves),
        classes=list(_classes(report)),
        robustness=robustness_table(report),
        depths=depth_table(report),
        repeats=repeats_table(report),
        repeats_sentence=repeats_sentence(report),
        drift=[] if report.drift is None else list(drift_sentences(report.drift)),
        drift_table=drift_table(report, brief=False),
        figures=figures_table(report, brief=False),
        bounds=bounds_table(report),
        weakest=weakest_table(report, brief=False),
        by_class=class_table(report),
        score_plots=[(caption, Markup(plot)) for caption, plot in _score_plots(report)],
        plots=[(caption, Markup(plot)) for caption, plot in _plots(report)],
        comparison=comparison_table(report),
        comparison_sentence=_comparison_sentence(report),
        comparison_plot=Markup(_comparison_plot(report)),
        most_classes=MOST_CLASSES,
        format_cell=format_cell,
        is_text=lambda cell: isinstance(cell, str),
        glossary=[(metric.name, explain(metric)) for metric in METRICS],
        note=NOTE,
    )
    return escape_controls(page)


def _comparison_sentence(report: Report) -> str:
    if report.search is None or report.search.comparison is None:
        return ""
    return explain_comparison(report.search.comparison)


def _comparison_plot(report: Report) -> str:
    from crembo_cli.report.plots import pareto_plot

    if report.search is None or report.search.comparison is None:
        return ""
    return pareto_plot(report.search.comparison, report.search.delta)


def _tree(report: Report) -> tuple[str, bool]:
    """Draw the tree, where it is small enough to read; also return whether it is wide."""
    from crembo_cli.explanations.drawing import draw_tree

    internals = report.internals
    if internals is None or kind_of(internals.student) != "tree":
        return "", False
    if internals.student.size()["leaves"] > MOST_LEAVES:
        return "", False
    return _sized(draw_tree(internals, cast("Tree", internals.student), OF_THE_PAGE), "tree")


def _curves(report: Report) -> str:
    """Draw the curves of an additive student."""
    from crembo_cli.explanations.curves import draw_curves

    internals = report.internals
    if internals is None or kind_of(internals.student) != "weights":
        return ""
    figure = draw_curves(internals, cast("WeightsStudent", internals.student), OF_THE_PAGE)
    return "" if figure is None else _sized(figure, "curves")[0]


def _sized(figure: Figure, name: str) -> tuple[str, bool]:
    """Size a figure so that it stays readable; also return whether it is wider than the text."""
    pixels = PIXELS * figure.get_size_inches()[0]
    size = f"min-width: {READABLE * pixels:.0f}px; max-width: {pixels:.0f}px"
    return f'<div style="{size}">{themed(svg_of(figure, name))}</div>', bool(pixels > COLUMN)


def _classes(report: Report) -> Iterator[tuple[str, str]]:
    if report.internals is not None:
        for k, name in enumerate(report.internals.class_names()):
            yield name, class_colour(k)


def _plots(report: Report) -> Iterator[tuple[str, str]]:
    from crembo_cli.report import plots

    found, search = report.robustness, report.search
    if search is not None and len(search.steps) > 1:
        yield "Each step of the path on the validation rows.", plots.path_plot(search)
    if found.depth is not None:
        curve = found.depth.curve
        shade = (
            " The shaded area ends at the upper bound for new rows; each point holds with 95 % "
            "confidence."
        )
        caption = f"Lower is better.{'' if curve.at_most is None else shade}"
        yield caption, plots.depth_curve(curve)
    if found.agreement is not None:
        yield (
            "Students fitted on ten resamples of the training rows, in pairs.",
            plots.agreement_plot(found.agreement),
        )
    if found.contamination is not None:
        yield (
            "Students fitted with label noise: labels and probabilities of a wrong class on this "
            "share of the rows.",
            plots.contamination_plot(found.contamination),
        )
    yield "Gaussian noise on every number, categories resampled.", plots.noise_plot(found.noise)
    if found.margin is not None and report.metrics["student"].accuracy is not None:
        yield _margins(found.margin), plots.certified_plot(found.margin, report.metrics["student"])


def _score_plots(report: Report) -> Iterator[tuple[str, str]]:
    from crembo_cli.report import plots

    if report.curves:
        tenth = (
            "Each dot is about a tenth of the rows; on the dotted line they are right on average."
        )
        yield tenth, plots.calibration_plot(report.curves)
        yield "Over all thresholds of the probability.", plots.precision_recall_plot(report.curves)
        yield "The dotted line is a random order.", plots.gain_plot(report.curves)


def _margins(found: Margins) -> str:
    """Describe the margins in a sentence."""
    if found.unchangeable == 1:
        return "No change of the numeric features changes a prediction."
    half = "infinite" if isinf(found.median) else f"{found.median:.3g}"
    return (
        "The margin is the smallest change of a numeric feature that changes the prediction: "
        f"median {half}, 5 % quantile {found.quantile_5:.3g}. Exact."
    )
