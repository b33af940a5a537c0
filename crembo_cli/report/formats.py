"""The formats of a report: to add one, write a renderer and name it in RENDERERS.

Renderers are named and not imported: each loads when it is first used, so that a JSON report
does not wait for matplotlib, and `model.Report` can offer every format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from crembo_cli.report.verdict_model import Verdict

# By the suffix of a file: the module and the function from a Report to text.
RENDERERS = {
    ".json": "crembo_cli.report.model:render_json",
    ".html": "crembo_cli.report.html:render_html",
    ".md": "crembo_cli.report.markdown:render_markdown",
    ".txt": "crembo_cli.report.console:render_text",
}
# The same of a comparison of two students.
COMPARE_RENDERERS = {
    ".json": "crembo_cli.report.compare.model:render_json",
    ".html": "crembo_cli.report.compare.html:render_html",
    ".md": "crembo_cli.report.compare.markdown:render_markdown",
    ".txt": "crembo_cli.report.compare.console:render_text",
}
# Further formats of a run that fits a student: the steps of its search.
STEP_RENDERERS = {
    ".csv": "crembo_cli.report.steps:render_csv",
    ".svg": "crembo_cli.report.steps:render_svg",
}


def file_suffixes(renderers: Mapping[str, str] = RENDERERS) -> tuple[str, ...]:
    """List the suffixes of files; text is for terminals and notebooks."""
    return tuple(suffix for suffix in renderers if suffix != ".txt")


def find_renderer(suffix: str, renderers: Mapping[str, str] = RENDERERS) -> Callable[..., str]:
    """Load the renderer of a suffix, such as ".html". Raises KeyError for an unknown one."""
    module, function = (STEP_RENDERERS | dict(renderers))[suffix].split(":")
    renderer: Callable[..., str] = getattr(import_module(module), function)
    return renderer


def render(report: Any, suffix: str, **options: Any) -> str:
    """Render a report in the format of `suffix`, with the options of that renderer."""
    return find_renderer(suffix, getattr(report, "renderers", RENDERERS))(report, **options)


def find_verdict(report: Any) -> Verdict:
    """Compute the verdict of a Report; named and not imported, like the renderers."""
    verdict: Verdict = import_module("crembo_cli.report.verdict").verdict_of(report)
    return verdict
