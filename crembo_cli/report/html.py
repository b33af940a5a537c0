"""The report as one HTML page: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.explain.figure import OF_THE_PAGE, class_colour, svg_of, themed
from crembo_cli.report import pareto as comparison
from crembo_cli.report.glossary import GLOSSARY, sentence
from crembo_cli.report.model import Report
from crembo_cli.report.robustness_table import COLUMNS, robustness_rows
from crembo_cli.report.verdict import verdict_of
from crembo_cli.report.words import NAMES, kind, ratio, short
from crembo_cli.robustness.model import Margins, WeakGroup
from crembo_cli.students.scored.weights import WeightsStudent
from crembo_cli.students.tree.model import Tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure


TEMPLATE = "page.html.jinja"
MOST_LEAVES = 128  # a larger tree is told in words alone
PIXELS = 96  # of a page, an inch
READABLE = 0.8  # how far a drawn tree may shrink to fit its page; beyond that one scrolls
COLUMN = 1000  # pixels of the page's text; a wider tree gets all of the window
MOST_CLASSES = 40  # a larger confusion matrix says nothing


def html(report: Report) -> str:
    """The page, one newline at the end. All that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )
    (tree, wide), curves = _tree(report), _curves(report)
    return environment.get_template(TEMPLATE).render(
        report=report,
        kind=kind(report.student.family),
        verdict=verdict_of(report),
        names=NAMES,
        columns=FIGURES,
        figures=list(figures_of(report)),
        costs=list(costs_of(report)),
        tree=Markup(tree),
        wide=wide,
        curves=Markup(curves),
        classes=list(_classes(report)),
        trust=list(robustness_rows(report.robustness)),
        trust_columns=COLUMNS,
        depths=list(depths_of(report)),
        bounds=list(bounds_of(report)),
        beliefs_at=lambda spot: beliefs_at(report, spot),
        plots=[(caption, Markup(plot)) for caption, plot in _plots(report)],
        comparison=_comparison(report),
        most_classes=MOST_CLASSES,
        meanings=GLOSSARY,
        sentence=sentence,
    )


def _comparison(report: Report) -> dict[str, object] | None:
    """What was tried beside the student, where more than one was."""
    from markupsafe import Markup

    from crembo_cli.report.plots import pareto_plot

    if report.search is None or report.search.comparison is None:
        return None
    found, delta = report.search.comparison, report.search.delta
    return {
        "sentence": comparison.sentence(found),
        "columns": comparison.columns(delta),
        "rows": list(comparison.rows_of(found)),
        "plot": Markup(pareto_plot(found, delta)),  # our own SVG
    }


def _tree(report: Report) -> tuple[str, bool]:
    """The drawn tree, where it is one of a size that can be read, and whether it is wide."""
    from crembo_cli.explain.drawing import draw_tree

    internals = report.internals
    if internals is None or not isinstance(internals.student, Tree):
        return "", False
    if internals.student.size()["leaves"] > MOST_LEAVES:
        return "", False
    return _sized(draw_tree(internals, internals.student, OF_THE_PAGE), "tree")


def _curves(report: Report) -> str:
    """The drawn curves of an additive student."""
    from crembo_cli.explain.curves import draw_curves

    internals = report.internals
    if internals is None or not isinstance(internals.student, WeightsStudent):
        return ""
    figure = draw_curves(internals, internals.student, OF_THE_PAGE)
    return "" if figure is None else _sized(figure, "curves")[0]


def _sized(figure: Figure, name: str) -> tuple[str, bool]:
    """The figure, no smaller than it can be read, and whether it is wider than the text."""
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
        yield "Each step on rows that it was not fitted on.", plots.path_plot(search)
    if found.depth is not None:
        shade = (
            " The shade ends where, for rows not seen, each point of the student's line ends with "
            "95 % confidence."
        )
        curve = found.depth.curve
        told = f"Lower is deeper.{'' if curve.at_most is None else shade}"
        yield told, plots.depth_curve(curve)
    if found.agreement is not None:
        yield "Students fitted on ten resamples, in pairs.", plots.agreement_plot(found.agreement)
    if found.contamination is not None:
        yield (
            "Refitted with beliefs and labels of a wrong class on so many rows.",
            plots.contamination_plot(found.contamination),
        )
    yield "Gaussian noise in every number, categories redrawn.", plots.noise_plot(found.noise)
    if found.margin is not None and report.metrics["student"].accuracy is not None:
        yield _margins(found.margin), plots.certified_plot(found.margin, report.metrics["student"])


def _margins(found: Margins) -> str:
    """The margins in a sentence."""
    if found.unchangeable == 1:
        return "No change of any size in the numbers changes an answer."
    half = "no change at all" if isinf(found.median) else f"{found.median:.3g}"
    return (
        f"How far numbers must move before an answer can change: {half} for half of the rows, "
        f"{found.quantile_5:.3g} or less for 5 % of them. Exact."
    )


MOST_BELIEFS = 3  # classes named where the teacher believes least in what is said
FIGURES = (
    "accuracy",
    "balanced",
    "fidelity",
    "depth",
    "depth 1%",
    "depth 5%",
    "depth 10%",
    "belief",
)


def figures_of(report: Report) -> Iterator[tuple[str, list[float | None]]]:
    """FIGURES of each classifier that was measured, by the report's names."""
    for name, each in report.metrics.items():
        yield (
            name,
            [
                each.accuracy,
                each.balanced_accuracy,
                each.fidelity,
                each.depth,
                *each.insensitive_depth.values(),
                each.mean_belief,
            ],
        )


def costs_of(report: Report) -> Iterator[tuple[str, str, str]]:
    """Sizes and speeds: a name, the student's, and the teacher's."""
    size, speed, teacher = report.student.size, report.timing, report.teacher
    for name, value in size.items():
        if name != "bytes":
            yield name.replace("_", " "), f"{value:,}", ""
    told = ""
    # A table of beliefs is no model that the student could be smaller than.
    if teacher is not None and speed.teacher_rows_per_second is not None:
        times = ratio(teacher.bytes / size["bytes"], "smaller", "larger")
        told = f"{teacher.bytes:,} (the student is {times})"
    yield "bytes", f"{size['bytes']:,}", told
    told = ""
    if speed.teacher_rows_per_second is not None:
        times = ratio(
            speed.student_rows_per_second / speed.teacher_rows_per_second, "faster", "slower"
        )
        told = f"{short(speed.teacher_rows_per_second)} (the student is {times})"
    yield "rows a second", short(speed.student_rows_per_second), told


def depths_of(report: Report) -> Iterator[tuple[str, int, list[float]]]:
    """Depth on the rows that the student was fitted on, chosen by and measured on."""
    found = report.robustness.depth
    if found is None or found.training is None:
        return  # of an evaluated student the test rows alone are known, and their figures above
    for name, each in (
        ("training", found.training),
        ("validation", found.validation),
        ("test", found.test),
    ):
        if each is not None:
            yield name, each.rows, [each.depth, *each.insensitive_depth.values(), each.mean_belief]


def bounds_of(report: Report) -> Iterator[tuple[str, str, float]]:
    """What holds for rows not seen: a name, "at least" or "at most", and the bound."""
    found = report.robustness.bounds
    for name, value in (("accuracy", found.accuracy), ("fidelity", found.fidelity)):
        if value is not None:
            yield name, "at least", value
    for d, value in (found.below or {}).items():
        yield f"belief below {d}", "at most", value


def beliefs_at(report: Report, spot: WeakGroup) -> str:
    """The classes that the teacher believes in most on the rows of a weak spot."""
    if report.teacher is None:
        return ""
    named = sorted(zip(spot.beliefs, map(str, report.teacher.classes), strict=True), reverse=True)
    return ", ".join(f"{name} {belief:.2f}" for belief, name in named[:MOST_BELIEFS])
