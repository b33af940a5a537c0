"""Report's own methods: each format, notebooks and print."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from crembo_cli.report.formats import RENDERERS, file_suffixes, find_renderer
from tests.report.drawn_once import plots_drawn_once
from tests.report.example_reports import report

METHODS = {".json": "to_json", ".html": "to_html", ".md": "to_markdown", ".txt": "to_text"}


def test_every_format_has_a_method() -> None:
    """And the method gives what the renderer of the format gives."""
    assert METHODS.keys() == RENDERERS.keys()
    for suffix, method in METHODS.items():
        with plots_drawn_once():
            text = getattr(report(), method)()
            assert text == find_renderer(suffix)(report())
        assert text.endswith("\n")


def test_an_unknown_format_has_no_renderer() -> None:
    """Files are checked against `file_suffixes` before."""
    assert set(file_suffixes()) <= set(RENDERERS)
    with pytest.raises(KeyError):
        find_renderer(".pdf")


def test_printing_a_report_shows_the_drawing_as_plain_text() -> None:
    """In at most 100 columns, or fewer on request."""
    assert str(report()) == report().to_text(100)
    assert "\x1b" not in str(report())
    assert max(map(len, report().to_text(width=60).splitlines())) <= 60
    assert max(map(len, report().to_text(width=500).splitlines())) <= 100


def test_a_notebook_shows_the_page_in_a_frame() -> None:
    """The frame is one element, so that no style leaks; its content is the whole page."""
    hostile = replace(report(), command='"></iframe><script>alert(1)</script>')
    with plots_drawn_once():
        page, fragment = hostile.to_html(), hostile._repr_html_()  # for which notebooks look
    match = re.fullmatch(
        r'<iframe sandbox="allow-scripts" [^<>]* srcdoc="([^"<>]*)"></iframe>', fragment
    )
    assert match is not None
    assert unescape(match[1]) == page
