"""A Report: everything a run found, frozen, for the renderers to draw and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from crembo_cli.assessment import Metrics

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class TeacherFacts:
    """Who was compressed."""

    path: str  # as it was given
    sha256: str
    format: str  # onnx, pickle, skops or beliefs
    bytes: int
    classes: list[int | str | bool | float]  # in the order of the beliefs' columns
    classes_source: str  # where they were found
    reading: str  # how its answers became beliefs


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """On what."""

    path: str  # as it was given; "-" for standard input
    sha256: str
    rows: int
    features: list[str]  # their names, in the teacher's order
    label: str | None  # the column with the true labels
    fit_rows: int  # real rows that students were fitted on
    selection_rows: int  # real rows that the student was chosen by
    test_rows: int  # rows that nothing was fitted on or chosen by: the metrics are theirs
    test_path: str | None  # of --test-data; None: the test rows are a share of the table
    test_sha256: str  # of the table that the test rows are from
    synthetic_rows: int  # rows that the teacher labelled to fit on
    held_synthetic_rows: int  # and to choose by


@dataclass(frozen=True, kw_only=True)
class StudentFacts:
    """What came out."""

    path: str
    sha256: str
    family: str
    options: dict[str, Any]  # the family's, all of them
    size: dict[str, int]  # tree_depth, leaves, nodes, parameters (those that apply), bytes


@dataclass(frozen=True, kw_only=True)
class StepFacts:
    """One student of the path, on the rows it was judged by."""

    threshold: float | None  # None: fitted to the beliefs themselves
    depth: float
    insensitive_depth: float  # at the search's delta
    mean_belief: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class SearchFacts:
    """How it was found."""

    algorithm: str
    select: str
    threshold: float | None  # the chosen step's
    delta: float
    seed: int
    path_rows: int  # rows that the path was fitted on; fewer than all, the choice was polished
    chosen: int  # the chosen step's place in steps
    steps: list[StepFacts]


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
    teacher: TeacherFacts
    data: DataFacts
    student: StudentFacts
    search: SearchFacts
    metrics: dict[str, Metrics]  # by the names in MEASURED; no baseline_labels without labels
    robustness: dict[str, Any]
    requirements: list[Requirement]
    timing: Timing
    description: str = field(default="")  # the student in words; drawn, not part of the JSON


MEASURED = ("student", "teacher", "baseline_labels", "baseline_teacher")


def as_json(report: Report) -> dict[str, Any]:
    """The report as schema 1 lays it down; `timing` alone differs between equal runs."""
    found = asdict(report)
    del found["description"]
    found["metrics"] = {name: found["metrics"].get(name) for name in MEASURED}
    return {"schema": SCHEMA, **found}
