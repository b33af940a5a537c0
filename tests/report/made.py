"""A report made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crembo_cli.evaluation.metrics import ClassMetrics, Metrics
from crembo_cli.report.model import (
    CandidateInfo,
    ComparisonInfo,
    DataInfo,
    Report,
    SearchInfo,
    StepInfo,
    StudentInfo,
    TeacherInfo,
    Timing,
)
from tests.robustness.made import robustness

TREE = """\
age <= 30: no (0.97)
age > 30:
|  income <= 1000: yes (0.80)
|  income > 1000: no (0.61)"""


def metrics(accuracy: float | None = 0.9) -> Metrics:
    """Figures that differ from one another."""
    return Metrics(
        accuracy=accuracy,
        balanced_accuracy=None if accuracy is None else 0.875,
        fidelity=0.93,
        depth=0.02,
        insensitive_depth={"0.01": 0.1, "0.05": 0.3, "0.1": 0.4},
        mean_belief=0.912,
    )


def steps(count: int = 32) -> list[StepInfo]:
    """The belief student and as many thresholds, evenly spaced."""
    thresholds = [None, *((k + 1) / (count + 1) for k in range(count))]
    return [
        StepInfo(
            threshold=threshold,
            depth=0.01,
            insensitive_depth=0.3,
            mean_belief=0.9,
            accuracy=0.95,
        )
        for threshold in thresholds
    ]


def by_class() -> list[ClassMetrics]:
    """Two classes, of which one is found more often."""
    return [
        ClassMetrics(
            name="no", rows=80, predicted=[76, 4], found=0.95, right=0.9268, mean_belief=0.92
        ),
        ClassMetrics(
            name="yes", rows=34, predicted=[6, 28], found=0.8235, right=0.875, mean_belief=0.88
        ),
    ]


def comparison(name: str = "mlp hidden=16") -> ComparisonInfo:
    """Three students: one that was taken, one that is beaten, one called `name` out of budget."""
    figures = [
        ("tree max_depth=2", 4_245, 0.93, 0.3, 0.91, True, True),
        ("tree max_depth=3", 5_000, 0.92, 0.3, 0.915, True, False),
        (name, 12_000, 0.98, 0.6, 0.95, False, False),
    ]
    return ComparisonInfo(
        budget={"bytes": 6_000, "leaves": None, "parameters": None, "tree_depth": None},
        prefer=None,
        comparison_rows=41,
        comparison_synthetic_rows=2_460,
        chosen=0,
        students=[
            CandidateInfo(
                name=name,
                family=name.split()[0],
                settings={},
                threshold=None,
                size={"parameters": size // 100, "bytes": size},
                fidelity=fidelity,
                insensitive_depth=depth,
                mean_belief=belief,
                mean_belief_error=0.01,
                within_budget=within_budget,
                on_front=on_front,
            )
            for name, size, fidelity, depth, belief, within_budget, on_front in figures
        ],
    )


def contested(found: ComparisonInfo | None = None) -> Report:
    """A report of a student that was taken from a frontier."""
    made = report()
    assert made.search is not None
    return replace(made, search=replace(made.search, comparison=found or comparison()))


def report(**changes: Any) -> Report:
    """A report of a tree of three leaves, with `changes`."""
    made = Report(
        crembo="1.0",
        teacher=TeacherInfo(
            path="forest.onnx",
            sha256=64 * "a",
            format="onnx",
            bytes=230_188,
            classes=["no", "yes"],
            classes_source="the model",
            output_format="probabilities",
        ),
        data=DataInfo(
            path="people.csv",
            sha256=64 * "b",
            rows=569,
            features=["age", "income"],
            label="target",
            training_rows=364,
            validation_rows=91,
            test_rows=114,
            test_path=None,
            test_sha256=64 * "b",
            synthetic_rows=7_280,
            validation_synthetic_rows=1_820,
        ),
        student=StudentInfo(
            path="forest.student.onnx",
            sha256=64 * "c",
            family="tree",
            options={"max_depth": 5},
            size={"tree_depth": 2, "leaves": 3, "nodes": 5, "parameters": 7, "bytes": 4_245},
        ),
        search=SearchInfo(
            algorithm="crembo",
            select="depth",
            threshold=None,
            delta=0.05,
            seed=0,
            path_rows=7_644,
            chosen=0,
            steps=steps(),
        ),
        metrics={
            "student": metrics(),
            "teacher": metrics(),
            "baseline_labels": metrics(),
            "baseline_teacher": metrics(),
        },
        by_class=by_class(),
        robustness=robustness(),
        requirements=[],
        timing=Timing(
            seconds=1.5, student_rows_per_second=8.3e6, teacher_rows_per_second=448_600.0
        ),
        description=TREE,
    )
    return replace(made, **changes)
