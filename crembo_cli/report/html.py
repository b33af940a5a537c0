"""Render the report as one HTML page: no request, light and dark; scripts only add comfort."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from pathlib import Path

from crembo_cli.errors import escape_controls
from crembo_cli.report.big_numbers import big_numbers
from crembo_cli.report.drawings import explain_comparison, name_classifier
from crembo_cli.report.drift import drift_sentences, drift_table, figures_table
from crembo_cli.report.faults import ERRORS
from crembo_cli.report.gains import SIGNS
from crembo_cli.report.glossary import NOTE, explain
from crembo_cli.report.metrics import METRICS
from crembo_cli.report.model import Report
from crembo_cli.report.repeats import repeats_sentence, repeats_table
from crembo_cli.report.tables import (
    Table,
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
from crembo_cli.robustness.model import Margins

HERE = Path(__file__).parent
TEMPLATE = "page.html.jinja"
MOST_CLASSES = 40  # a larger confusion matrix is unreadable
BADGES = {"good": "good", "usable": "fair", "weak": "bad", "failed": "bad", None: ""}


def render_html(report: Report) -> str:
    """Render the page, one newline at the end. Everything that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    from crembo_cli.explanations.web import HERE as SHARED
    from crembo_cli.explanations.web import parts_of, policy, style

    environment = Environment(
        loader=FileSystemLoader([HERE, SHARED]), autoescape=True, keep_trailing_newline=True
    )
    parts = None if report.internals is None else parts_of(report.internals)
    own = (HERE / "page.js").read_text(encoding="utf-8")
    script = own if parts is None else f"{parts.script}\n{own}"
    verdict = report.verdict
    page = environment.get_template(TEMPLATE).render(
        report=report,
        policy=policy([script]),
        style=Markup(style() + (HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        classifier=name_classifier(report.student.family),
        verdict=verdict,
        badge=BADGES[verdict.status],
        numbers=big_numbers(report),
        parts=parts,
        tree=Markup("" if parts is None else parts.tree),
        drawing=Markup("" if parts is None else parts.drawing),
        metrics=label_table(report),
        scores=score_table(report),
        costs=cost_table(report),
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
        gain_columns=_gain_columns,
        signs=SIGNS,
        errors=ERRORS,
        glossary=[(metric.name, explain(metric)) for metric in METRICS],
        note=NOTE,
    )
    return escape_controls(page)


def _gain_columns(table: Table) -> list[bool]:
    """Whether any cell of each column has a gain beside it: then all get the room for one."""
    rows = [row.gains for row in table.rows if row.gains]
    return [any(gains[k] is not None for gains in rows) for k in range(len(table.headings))]


def _comparison_sentence(report: Report) -> str:
    if report.search is None or report.search.comparison is None:
        return ""
    return explain_comparison(
        report.search.comparison, report.search.objective, report.depth_unit()
    )


def _comparison_plot(report: Report) -> str:
    from crembo_cli.report.plots import pareto_plot

    if report.search is None or report.search.comparison is None:
        return ""
    return pareto_plot(report.search.comparison, report.search.delta)


def _plots(report: Report) -> Iterator[tuple[str, str]]:
    from crembo_cli.report import plots

    found, search = report.robustness, report.search
    if search is not None and len(search.steps) > 1:
        yield (
            "Each step of the path on the validation rows.",
            plots.path_plot(search, report.depth_unit()),
        )
    if found.depth is not None:
        curve = found.depth.curve
        shade = (
            " The shaded area ends at the upper bound for new rows; each point holds with 95 % "
            "confidence."
        )
        caption = f"Lower is better.{'' if curve.at_most is None else shade}"
        yield caption, plots.depth_curve(curve, report.depth_unit())
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
