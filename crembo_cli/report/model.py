"""A Report: everything a run found, frozen, for the renderers to draw and nothing else."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crembo_cli.evaluation.metrics import ClassMetrics, Metrics
from crembo_cli.robustness.model import Robustness

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import ReadableStudent

SCHEMA = 2


@dataclass(frozen=True, kw_only=True)
class TeacherInfo:
    """Who was compressed."""

    path: str  # as it was given
    sha256: str
    format: str  # onnx, pickle, skops or beliefs
    bytes: int
    classes: list[int | str | bool | float]  # in the order of the beliefs' columns
    classes_source: str  # where they were found
    output_format: str  # how its answers became beliefs


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """On what. A student that is evaluated was fitted elsewhere: None tells what is not known."""

    path: str  # as it was given; "-" for standard input
    sha256: str
    rows: int
    features: list[str]  # their names, in the teacher's order
    label: str | None  # the column with the true labels
    training_rows: int | None  # real rows that students were fitted on
    validation_rows: int | None  # real rows that the student was chosen by
    test_rows: int  # rows that nothing was fitted on or chosen by: the metrics are theirs
    test_path: str | None  # of --test-data; None: the test rows are a share of the table
    test_sha256: str  # of the table that the test rows are from
    synthetic_rows: int | None  # rows that the teacher labelled to fit on
    validation_synthetic_rows: int | None  # and to choose by


@dataclass(frozen=True, kw_only=True)
class StudentInfo:
    """What came out."""

    path: str
    sha256: str
    family: str | None  # None: no student of ours
    options: dict[str, Any] | None  # the family's, all of them
    size: dict[str, int]  # tree_depth, leaves, nodes, parameters (those that apply), bytes


@dataclass(frozen=True, kw_only=True)
class StepInfo:
    """One student of the path, on the rows it was judged by."""

    threshold: float | None  # None: fitted to the beliefs themselves
    depth: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class CandidateInfo:
    """One student of a contest, on rows that none was fitted on, pruned by or chosen by."""

    name: str  # as --student and --set would ask for it: "tree max_depth=4"
    family: str
    settings: dict[str, str]  # the options that tell it from others of its family
    threshold: float | None  # of its chosen step
    size: dict[str, int]  # as in StudentFacts
    fidelity: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    mean_belief_error: float  # the standard error of the mean over the rows
    within_budget: bool  # whether it keeps to the budget
    on_front: (
        bool  # on the Pareto front: none that is allowed beats it in bytes, fidelity and depth
    )


@dataclass(frozen=True, kw_only=True)
class ComparisonInfo:
    """What was tried beside the student, where more than one was asked for."""

    budget: dict[str, int | None]  # the most bytes, leaves, parameters and tree depth
    prefer: str | None
    comparison_rows: int  # real rows that the students were judged by
    comparison_synthetic_rows: int  # and rows that the teacher labelled beside them
    chosen: int  # the place in students of the one that was taken
    students: list[CandidateInfo]  # the smallest file first


@dataclass(frozen=True, kw_only=True)
class SearchInfo:
    """How it was found."""

    algorithm: str
    select: str
    threshold: float | None  # the chosen step's
    delta: float
    seed: int
    path_rows: int  # rows that the path was fitted on; fewer than all, the choice was polished
    chosen: int  # the chosen step's place in steps
    steps: list[StepInfo]
    comparison: ComparisonInfo | None = None  # None: one student was asked for


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One --require."""

    expression: str
    value: float
    met: bool


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What differs from run to run."""

    seconds: float  # the whole run
    student_rows_per_second: float  # in onnxruntime
    teacher_rows_per_second: float | None  # None for a table of beliefs


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything a run found. `as_json` gives the keys of schema 1."""

    crembo: str  # the version
    teacher: TeacherInfo | None  # None where a student is evaluated without one
    data: DataInfo
    student: StudentInfo
    search: SearchInfo | None  # None where a student is evaluated that was found elsewhere
    metrics: dict[str, Metrics]  # by the names in MEASURED; no baseline_labels without labels
    by_class: list[ClassMetrics] | None  # None where there are neither labels nor a teacher
    robustness: Robustness
    requirements: list[Requirement]
    timing: Timing
    # Drawn, and not part of the JSON:
    description: str = field(default="")  # the student in words
    internals: ReadableStudent | None = field(default=None)  # where it can be drawn
    command: str = field(default="")  # what was typed


MEASURED = ("student", "teacher", "baseline_labels", "baseline_teacher")


def as_json(report: Report) -> dict[str, Any]:
    """The report as schema 1 lays it down; `timing` alone differs between equal runs."""
    found = asdict(replace(report, internals=None))
    for drawn in ("description", "internals", "command"):
        del found[drawn]
    found["metrics"] = {name: found["metrics"].get(name) for name in MEASURED}
    plain: dict[str, Any] = _finite({"schema": SCHEMA, **found})
    return plain


def _finite(value: Any) -> Any:
    """`value` with null for what JSON has no number for: a margin without end."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
