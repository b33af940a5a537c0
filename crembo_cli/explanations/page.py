"""A student as one HTML page: its drawing, a form that runs it, and its text; no request."""

from __future__ import annotations

from pathlib import Path

from crembo_cli.errors import escape_controls
from crembo_cli.explanations.text import text_of
from crembo_cli.explanations.web import parts_of, policy, style
from crembo_cli.student_file.metadata import ReadableStudent

TEMPLATE = "student.html.jinja"


def page_of(explained: ReadableStudent, max_levels: int | None = None) -> str:
    """Render the page. Everything that came from a file is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, keep_trailing_newline=True
    )
    parts = parts_of(explained, max_levels)
    page = environment.get_template(TEMPLATE).render(
        name=explained.name,
        parts=parts,
        tree=Markup(parts.tree),
        drawing=Markup(parts.drawing),
        script=Markup(parts.script),
        policy=policy([parts.script]),
        style=Markup(style()),
        text=text_of(explained),
    )
    return escape_controls(page)
