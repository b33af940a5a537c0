"""The glossary: every number of a report in one sentence, as text and as Markdown."""

from __future__ import annotations

from textwrap import TextWrapper

from crembo_cli.report.drawings import join_names
from crembo_cli.report.metrics import METRICS, Metric

NOTE = (
    "In the drawn tree, the number in parentheses is the mean teacher probability of the leaf's "
    "class over the training rows that reach the leaf."
)


def explain(metric: Metric) -> str:
    """Explain `metric` in one sentence, with what it needs and its names in the drawings."""
    parts = [metric.sentence]
    if metric.better is not None:
        parts.append(f"{metric.better} is better")
    if metric.needs:
        parts.append(f"needs {join_names(metric.needs)}")
    names = [f'"{text}"' for text in drawn_names(metric)]
    if names:
        parts.append(f"shown as {join_names(names)}")
    return "; ".join(parts)


def drawn_names(metric: Metric) -> list[str]:
    """List what the drawings call `metric`, where that is not its name."""
    texts = [heading.text.format(delta="5%") for heading in metric.headings]
    return [text for text in texts if text != metric.name.replace("_", " ")]


def render_glossary(width: int = 100) -> str:
    """Render the glossary as text with lines of at most `width`; one newline at the end."""
    wide = max(len(metric.name) for metric in METRICS if len(metric.name) <= 24) + 2
    wrapper = TextWrapper(width=width, subsequent_indent=" " * wide, break_on_hyphens=False)
    lines = [wrapper.fill(f"{metric.name:{wide - 2}}  {explain(metric)}") for metric in METRICS]
    return "\n".join([*lines, "", *TextWrapper(width=width).wrap(NOTE)]) + "\n"


def render_glossary_markdown() -> str:
    """Render the glossary as a Markdown table, for the documentation; one newline at the end."""
    lines = ["| metric | key in the JSON report | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{metric.name}` | `{metric.path}` | {explain(metric)} |" for metric in METRICS]
    return "\n".join([*lines, "", NOTE]) + "\n"
