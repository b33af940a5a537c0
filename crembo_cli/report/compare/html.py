"""Render a comparison as one HTML page: no script, no request, light and dark."""

from __future__ import annotations

from pathlib import Path

from crembo_cli.errors import escape_controls
from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.compare.tables import (
    agreement_sentence,
    delta_table,
    fitted_sentences,
    headline_of,
    where_of,
    who_of,
)
from crembo_cli.report.drawings import name_classifier
from crembo_cli.report.tables import format_cell

TEMPLATE = "compare.html.jinja"


def render_html(report: CompareReport) -> str:
    """Render the page, one newline at the end. Everything that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )
    page = environment.get_template(TEMPLATE).render(
        report=report,
        families={key: name_classifier(each.family) for key, each in report.students.items()},
        headline=headline_of(report),
        fitted=list(fitted_sentences(report)),
        differences=delta_table(report),
        agreement=agreement_sentence(report),
        groups=[(where_of(each), who_of(each)) for each in report.disagreements],
        format_cell=format_cell,
    )
    return escape_controls(page)
