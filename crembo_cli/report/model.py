"""A Report: everything that a run found, frozen; the renderers draw it and compute nothing."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

from crembo_cli.evaluation.baselines import TreeSize
from crembo_cli.evaluation.curves import ScoreCurves
from crembo_cli.evaluation.differences import Difference, Differences
from crembo_cli.evaluation.drift import Drift
from crembo_cli.evaluation.metrics import ClassMetrics, Metrics
from crembo_cli.evaluation.repeats import Repeats
from crembo_cli.report.formats import find_verdict, render
from crembo_cli.report.metrics import CLASSIFIERS
from crembo_cli.report.verdict_model import Verdict
from crembo_cli.robustness.model import Robustness

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import ReadableStudent

SCHEMA = 2
DRAWN_ONLY = (
    "description",
    "internals",
    "command",
    "curves",
)  # fields that are not in the JSON report


@dataclass(frozen=True, kw_only=True)
class TeacherInfo:
    """The model that was compressed."""

    path: str  # as the user gave it
    sha256: str | None  # None for a teacher in memory that cannot be pickled
    format: str  # onnx, pickle, skops or beliefs
    bytes: int | None  # None where `sha256` is None
    classes: list[int | str | bool | float]  # in the order of the teacher's outputs
    classes_source: str  # where the class labels come from
    output_format: str  # how its outputs were converted to probabilities
    temperature: float  # of its softened probabilities; 1: as they are
    certain: float  # share of the test rows where one class has a probability of .99 or more


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """The table and its split.

    None stands for a number that is not known: an evaluated student was fitted elsewhere.
    """

    path: str  # as the user gave it; "-" for standard input
    sha256: str
    rows: int
    features: list[str]  # their names, in the teacher's order
    label: str | None  # the column with the true labels
    queried_rows: int  # of these, the rows that the teacher was queried about
    training_rows: int | None  # real rows that the student was fitted on
    validation_rows: int | None  # real rows that the student was selected on
    test_rows: int  # rows for neither; the metrics are computed on them
    grouped_rows: int  # of those, the rows that `robustness.weakest_groups` groups
    test_path: str | None  # of --test-data; None: the test rows are a share of the table
    test_sha256: str  # of the table that holds the test rows
    rare_class: str | None  # of two classes, the one with fewer test rows; None without labels
    synthetic_rows: int | None  # training rows that the teacher labelled
    validation_synthetic_rows: int | None  # validation rows that the teacher labelled

    def drawn(self) -> str:
        """Say how many rows the teacher was queried about; "" for all of them."""
        if self.queried_rows == self.rows:
            return ""
        return f", {self.queried_rows:,} of its {self.rows:,} rows"


@dataclass(frozen=True, kw_only=True)
class StudentInfo:
    """The student and its file."""

    path: str
    sha256: str
    family: str | None  # None: crembo did not write it
    options: dict[str, Any] | None  # all options of the family
    size: dict[str, int]  # tree_depth, leaves, nodes, parameters (those that apply), bytes
    utilities: (
        list[list[float]] | None
    )  # of decisions, a row per true class; None: 1 for that class


@dataclass(frozen=True, kw_only=True)
class StepInfo:
    """One student of the path, with its metrics on the validation rows."""

    threshold: float | None  # None: the soft-label student
    depth: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class CandidateInfo:
    """One candidate of a comparison, on rows that none was fitted, pruned or selected on."""

    name: str  # as --student and --set request it: "tree max_depth=4"
    family: str
    settings: dict[str, str]  # the options in which it differs from others of its family
    threshold: float | None  # of its selected step
    size: dict[str, int]  # as StudentInfo.size
    fidelity: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    mean_belief_error: float  # the standard error of the mean over the rows
    kl: float  # mean, nats, from the teacher's probabilities
    within_budget: bool
    on_front: bool  # no other within the budget is better in bytes, fidelity and depth


@dataclass(frozen=True, kw_only=True)
class ComparisonInfo:
    """The candidates that were compared, where the user requested more than one."""

    budget: dict[str, int | None]  # the largest bytes, leaves, parameters and tree depth
    prefer: str | None
    comparison_rows: int  # real rows that the candidates were compared on
    comparison_synthetic_rows: int  # and rows that the teacher labelled
    chosen: int  # the index in students of the selected candidate
    students: list[CandidateInfo]  # the smallest file first


@dataclass(frozen=True, kw_only=True)
class SearchInfo:
    """How the student was found."""

    algorithm: str
    select: str
    threshold: float | None  # of the selected step
    delta: float
    seed: int
    path_rows: int  # rows that the path was fitted on; if fewer than all, the student was refitted
    chosen: int  # the index in steps of the selected step
    steps: list[StepInfo]
    comparison: ComparisonInfo | None = None  # None: the user requested one student
    objective: str = "labels"  # or "scores"


@dataclass(frozen=True, kw_only=True)
class ReferenceInfo:
    """A cheap student of another family, on test rows: what that family would reach."""

    rows: int  # that it was fitted on, real and synthetic
    test_rows: int  # that it was measured on
    accuracy: float | None  # None without labels
    fidelity: float
    roc_auc: float | None  # None without labels
    accuracy_gain: Difference | None  # its accuracy less that of the student
    fidelity_gain: Difference
    roc_auc_gain: Difference | None


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One evaluated --require."""

    expression: str
    value: float
    met: bool


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What differs from run to run."""

    seconds: float  # the whole run
    student_rows_per_second: float  # in onnxruntime
    teacher_rows_per_second: float | None  # None for a table of probabilities


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a run found.

    `to_dict` has the keys of the JSON schema; notebooks show `to_html`, `print` shows `to_text`.
    """

    crembo: str  # the version
    teacher: TeacherInfo | None  # None for a student that is evaluated without one
    data: DataInfo
    student: StudentInfo
    search: SearchInfo | None  # None for an evaluated student
    baselines: TreeSize | None  # the largest size of the baselines; None for an evaluated student
    metrics: dict[str, Metrics]  # by classifier, see CLASSIFIERS; no baseline_labels without labels
    differences: dict[str, Differences]  # of the student from each other classifier
    references: dict[str, ReferenceInfo]  # by family; {} for an evaluated student
    by_class: list[ClassMetrics] | None  # None without labels and without a teacher
    robustness: Robustness
    repeats: Repeats | None = None  # of a run with --repeats
    drift: Drift | None = None  # of an evaluated student with a summary of its training rows
    requirements: list[Requirement]
    timing: Timing
    description: str = field(default="")  # the student as text
    internals: ReadableStudent | None = field(default=None)  # None: the student cannot be drawn
    command: str = field(default="")  # as the user typed it
    curves: dict[str, ScoreCurves] = field(default_factory=dict)  # by classifier

    @property
    def verdict(self) -> Verdict:
        """What the student is worth, whether to ship it, and what to try next."""
        return find_verdict(self)

    def depth_unit(self) -> str:
        """What depth and mean belief are, of the predicted class."""
        return "teacher probability" if self.student.utilities is None else "expected utility"

    def times_smaller(self) -> float | None:
        """Teacher bytes / student bytes; None if there is no such model or its size is unknown.

        A table of class probabilities is not a model that the student could be smaller than.
        """
        if self.teacher is None or self.timing.teacher_rows_per_second is None:
            return None
        return self.teacher.bytes / self.student.size["bytes"] if self.teacher.bytes else None

    def times_faster(self) -> float | None:
        """Student rows per second / teacher rows per second; None if there is no such teacher."""
        teacher = self.timing.teacher_rows_per_second
        return None if teacher is None else self.timing.student_rows_per_second / teacher

    def has_probabilities(self) -> bool:
        """Whether the student's probabilities were measured, and not its labels alone."""
        student = self.metrics["student"]
        return student.log_loss is not None or student.kl is not None

    def to_dict(self) -> dict[str, Any]:
        """Convert to the keys of the JSON report; equal runs differ in `timing` alone."""
        found = asdict(replace(self, internals=None))
        for name in DRAWN_ONLY:
            del found[name]
        found["metrics"] = {name: found["metrics"].get(name) for name in CLASSIFIERS}
        found["differences"] = {
            name: found["differences"].get(name) for name in CLASSIFIERS if name != "student"
        }
        finite: dict[str, Any] = _without_infinities(
            {"schema": SCHEMA, "verdict": asdict(self.verdict), **found}
        )
        return finite

    def to_json(self) -> str:
        """Render as indented JSON in ASCII, one newline at the end."""
        return render(self, ".json")

    def to_html(self) -> str:
        """Render as one HTML page without requests; its scripts are its own."""
        return render(self, ".html")

    def to_markdown(self) -> str:
        """Render as Markdown, in less than 100 kB."""
        return render(self, ".md")

    def to_text(self, width: int = 100, *, details: bool = False) -> str:
        """Render as plain text with lines of at most `width` and at most 100 columns.

        Without `details` it is one screen of at most 40 lines.
        """
        return render(self, ".txt", width=width, details=details)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """Render for a notebook: the page in a frame, so that no style leaks out or in."""
        page = escape(self.to_html(), quote=True)
        style = "width: 100%; height: 40rem; border: 0"
        frame = '<iframe sandbox="allow-scripts" title="crembo report"'
        return f'{frame} style="{style}" srcdoc="{page}"></iframe>'


def render_json(report: Report) -> str:
    """Render as indented JSON, one newline at the end; NaN and infinity never appear in it.

    ASCII, because a path may hold bytes that are not UTF-8 and a pipe may use another encoding.
    """
    return json.dumps(report.to_dict(), indent=2, allow_nan=False) + "\n"


def _without_infinities(value: Any) -> Any:
    """Replace numbers that JSON lacks, such as an infinite margin, by None."""
    if isinstance(value, dict):
        return {key: _without_infinities(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_infinities(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
