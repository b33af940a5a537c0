"""The report as one HTML page: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.explain.figure import OF_THE_PAGE, class_colour, svg_of, themed
from crembo_cli.report.meanings import MEANINGS
from crembo_cli.report.model import Report
from crembo_cli.report.trust import COLUMNS, trust_rows
from crembo_cli.report.verdict import verdict_of
from crembo_cli.report.words import NAMES, a_student, ratio, short
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.weights import WeightsStudent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "page.html.jinja"
MOST_LEAVES = 128  # a larger tree is told in words alone
PIXELS = 96  # of a page, an inch
READABLE = 0.65  # how far a drawn tree may shrink to fit its page; beyond that one scrolls
MOST_CLASSES = 40  # a larger confusion matrix says nothing
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


def html(report: Report) -> str:
    """The page, one newline at the end. All that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )
    family = report.student.family
    tree, curves = _tree(report), _curves(report)
    return environment.get_template(TEMPLATE).render(
        report=report,
        kind="a classifier" if family is None else a_student(family),
        verdict=verdict_of(report),
        names=NAMES,
        columns=FIGURES,
        figures=list(_figures(report)),
        costs=list(_costs(report)),
        tree=None if tree is None else Markup(tree),
        curves=None if curves is None else Markup(curves),
        classes=list(_classes(report)),
        trust=list(trust_rows(report.robustness)),
        trust_columns=COLUMNS,
        plots=[(caption, Markup(plot)) for caption, plot in _plots(report)],
        most_classes=MOST_CLASSES,
        meanings=MEANINGS,
    )


def _figures(report: Report) -> Iterator[tuple[str, list[float | None]]]:
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


def _costs(report: Report) -> Iterator[tuple[str, str, str]]:
    size, speed, teacher = report.student.size, report.timing, report.teacher
    for name, value in size.items():
        if name != "bytes":
            yield name.replace("_", " "), f"{value:,}", ""
    told = ""
    if teacher is not None:
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


def _tree(report: Report) -> str | None:
    """The drawn tree, where it is one of a size that can be read."""
    from crembo_cli.explain.drawing import draw_tree

    insides = report.insides
    if insides is None or not isinstance(insides.student, Tree):
        return None
    if insides.student.size()["leaves"] > MOST_LEAVES:
        return None
    return _sized(draw_tree(insides, insides.student, OF_THE_PAGE), "tree")


def _curves(report: Report) -> str | None:
    """The drawn curves of an additive student."""
    from crembo_cli.explain.curves import draw_curves

    insides = report.insides
    if insides is None or not isinstance(insides.student, WeightsStudent):
        return None
    figure = draw_curves(insides, insides.student, OF_THE_PAGE)
    return None if figure is None else _sized(figure, "curves")


def _sized(figure: Figure, name: str) -> str:
    """The figure, which shrinks and grows no further than it can be read."""
    wide = PIXELS * figure.get_size_inches()[0]
    size = f"min-width: {READABLE * wide:.0f}px; max-width: {wide:.0f}px"
    return f'<div style="{size}">{themed(svg_of(figure, name))}</div>'


def _classes(report: Report) -> Iterator[tuple[str, str]]:
    if report.insides is not None:
        for k, name in enumerate(report.insides.class_names()):
            yield name, class_colour(k)


def _plots(report: Report) -> Iterator[tuple[str, str]]:
    from crembo_cli.report import plots

    found, search = report.robustness, report.search
    if search is not None and len(search.steps) > 1:
        yield "Each step on rows that it was not fitted on.", plots.path_plot(search)
    if found.depth is not None:
        yield (
            "Lower is deeper. The shade ends where, for rows not seen, each point of the student's "
            "line ends with 95 % confidence.",
            plots.depth_curve(found.depth.curve),
        )
    if found.agreement is not None:
        yield "Students fitted on ten resamples, in pairs.", plots.agreement_plot(found.agreement)
    if found.contamination is not None:
        yield (
            "Refitted with beliefs and labels of a wrong class on so many rows.",
            plots.contamination_plot(found.contamination),
        )
    yield "Gaussian noise in every number, categories redrawn.", plots.noise_plot(found.noise)
