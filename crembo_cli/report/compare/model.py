"""The report of two students on the same rows, frozen; the renderers draw it and compute nothing.

The first student is A, the one in use; the second is B, the one that may replace it. Differences
are B less A.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, ClassVar

from crembo_cli.evaluation.disagreements import Disagreement
from crembo_cli.evaluation.metrics import Metrics
from crembo_cli.evaluation.paired import Delta
from crembo_cli.report.formats import COMPARE_RENDERERS, render
from crembo_cli.report.model import Requirement, TeacherInfo

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class ComparedData:
    """The table that both students are measured on."""

    path: str  # as the user gave it; "-" for standard input
    sha256: str
    rows: int
    queried_rows: int  # of these, the rows that both are measured on
    grouped_rows: int  # of those, the rows that `disagreements` groups
    label: str | None  # the column with the true labels

    def measured(self) -> str:
        """Say how many rows both are measured on: "100 rows", "100 of 400 rows"."""
        of = "" if self.queried_rows == self.rows else f" of {self.rows:,}"
        return f"{self.queried_rows:,}{of} rows"


@dataclass(frozen=True, kw_only=True)
class ComparedStudent:
    """One of the two students."""

    path: str  # as the user gave it
    sha256: str
    family: str | None  # None: crembo did not write it
    size: dict[str, int]  # tree_depth, leaves, nodes, parameters (those that apply), bytes
    fitted_on: bool  # whether it was fitted on this table, so that its metrics are optimistic


@dataclass(frozen=True, kw_only=True)
class ComparedTiming:
    """What differs from run to run."""

    seconds: float  # the whole run
    rows_per_second: dict[str, float | None]  # by student, in onnxruntime


@dataclass(frozen=True, kw_only=True)
class CompareReport:
    """Everything that a comparison found; the keys of its JSON are the names of the fields.

    `students`, `metrics` and `rows_per_second` have the keys "a" and "b", `metrics` also
    "teacher" where there is one.
    """

    renderers: ClassVar[Mapping[str, str]] = COMPARE_RENDERERS

    crembo: str  # the version
    teacher: TeacherInfo | None
    data: ComparedData
    students: dict[str, ComparedStudent]
    metrics: dict[str, Metrics]
    delta: dict[str, Delta | None]  # B less A, by metric: see `evaluation.paired.COMPARED`
    agreement: float  # share of rows where both predict the same class
    disagreements: list[Disagreement]  # the group with the most differing rows first
    requirements: list[Requirement]
    timing: ComparedTiming
    command: str = field(default="")  # as the user typed it

    def to_dict(self) -> dict[str, Any]:
        """Convert to the keys of the JSON report; equal runs differ in `timing` alone."""
        found = asdict(self)
        del found["command"]
        return {"schema": SCHEMA, **found}

    def to_json(self) -> str:
        """Render as indented JSON in ASCII, one newline at the end."""
        return render(self, ".json")

    def to_html(self) -> str:
        """Render as one HTML page without scripts and without requests."""
        return render(self, ".html")

    def to_markdown(self) -> str:
        """Render as Markdown."""
        return render(self, ".md")

    def to_text(self, width: int = 100) -> str:
        """Render as plain text with lines of at most `width` and at most 100 columns."""
        return render(self, ".txt", width=width)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """Render for a notebook: the page in a frame, so that no style leaks out or in."""
        page = escape(self.to_html(), quote=True)
        frame = 'sandbox title="crembo comparison" style="width: 100%; height: 40rem; border: 0"'
        return f'<iframe {frame} srcdoc="{page}"></iframe>'


def render_json(report: CompareReport) -> str:
    """Render as indented JSON, one newline at the end."""
    return json.dumps(report.to_dict(), indent=2, allow_nan=False) + "\n"
