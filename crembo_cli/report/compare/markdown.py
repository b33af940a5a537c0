"""Render a comparison as Markdown: short, for a job's summary and for pull requests."""

from __future__ import annotations

from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.compare.tables import (
    agreement_sentence,
    delta_table,
    fitted_sentences,
    headline_of,
    where_of,
    who_of,
)
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.markdown import MET, SIGNS, draw_table, escape_text, format_code


def render_markdown(report: CompareReport) -> str:
    """Render the comparison; one newline at the end."""
    a, b = (format_code(each.path) for each in report.students.values())
    met = all(each.met for each in report.requirements)
    sign = MET[met] if report.requirements else SIGNS[None]
    of = "" if report.teacher is None else f", teacher {format_code(report.teacher.path)}"
    blocks = [
        f"### {sign} {b} (B) beside {a} (A)",
        escape_text(headline_of(report)),
        *map(escape_text, fitted_sentences(report)),
        f"{report.data.measured()} of {format_code(report.data.path)}{of}.",
        draw_table(delta_table(report)),
    ]
    if report.requirements:
        blocks.append(
            "\n".join(
                f"- {MET[each.met]} {format_code(format_requirement(each))}"
                for each in report.requirements
            )
        )
    blocks.append(escape_text(agreement_sentence(report)))
    blocks.append(
        "\n".join(
            f"- {format_code(where_of(each))}: {escape_text(who_of(each))}"
            for each in report.disagreements
        )
    )
    return "\n\n".join(filter(None, blocks)) + "\n"
