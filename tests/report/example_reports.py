"""Example reports whose metrics all differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crembo_cli.evaluation.baselines import TreeSize
from crembo_cli.evaluation.curves import ScoreCurves
from crembo_cli.evaluation.differences import Difference, Differences
from crembo_cli.evaluation.drift import FIGURES, SHARES, ColumnDrift, Drift, Shift
from crembo_cli.evaluation.metrics import ClassMetrics, Metrics
from crembo_cli.evaluation.repeats import REPEATED, RepeatedMetric, Repeats
from crembo_cli.report.metrics import CLASSIFIERS
from crembo_cli.report.model import (
    CandidateInfo,
    ComparisonInfo,
    DataInfo,
    ReferenceInfo,
    Report,
    SearchInfo,
    StepInfo,
    StudentInfo,
    TeacherInfo,
    Timing,
)
from crembo_cli.robustness.model import (
    BELOW,
    CONTAMINATION,
    NOISE_LEVELS,
    RADII,
    Bounds,
    Curve,
    DepthByRows,
    Depths,
    Flips,
    Margins,
    Robustness,
    WeakGroup,
    WithBaselines,
)

TREE = """\
age <= 30: no (0.97)
age > 30:
|  income <= 1000: yes (0.80)
|  income > 1000: no (0.61)"""


def metrics(accuracy: float | None = 0.9) -> Metrics:
    """Build metrics that differ from one another."""
    return Metrics(
        accuracy=accuracy,
        balanced_accuracy=None if accuracy is None else 0.875,
        fidelity=0.93,
        depth=0.02,
        insensitive_depth={"0.01": 0.1, "0.05": 0.3, "0.1": 0.4},
        mean_belief=0.912,
        log_loss=None if accuracy is None else 0.25,
        kl=0.0625,
        brier=None if accuracy is None else 0.07,
        roc_auc=None if accuracy is None else 0.94,
        average_precision=None if accuracy is None else 0.81,
        calibration_error=None if accuracy is None else 0.03,
    )


def differences() -> Differences:
    """Build differences that are within their errors."""
    found = Difference(value=0.001, error=0.01)
    return Differences(accuracy=found, fidelity=found, log_loss=found, kl=found, roc_auc=found)


def reference(gain: float = 0.0) -> ReferenceInfo:
    """Build a reference that is better than the student by `gain`, with an error of .004."""
    found = Difference(value=gain, error=0.004)
    return ReferenceInfo(
        test_rows=100,
        rows=7_644,
        accuracy=0.9 + gain,
        fidelity=0.93 + gain,
        roc_auc=0.94 + gain,
        accuracy_gain=found,
        fidelity_gain=found,
        roc_auc_gain=found,
    )


def curves() -> ScoreCurves:
    """Build curves of two bins and of two thresholds."""
    return ScoreCurves(
        calibration=([0.1, 0.7], [0.2, 0.6]),
        precision_recall=([0.5, 1.0], [0.9, 0.3]),
        gain=([0.0, 0.2, 1.0], [0.0, 0.5, 1.0]),
    )


def steps(count: int = 32) -> list[StepInfo]:
    """Build the soft-label student and `count` thresholds, evenly spaced."""
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
    """Build the metrics of two classes with different recall."""
    return [
        ClassMetrics(
            name="no",
            teacher_predicted=79,
            rows=80,
            predicted=[76, 4],
            recall=0.95,
            precision=0.9268,
            f1=0.9383,
            mean_belief=0.92,
        ),
        ClassMetrics(
            name="yes",
            teacher_predicted=35,
            rows=34,
            predicted=[6, 28],
            recall=0.8235,
            precision=0.875,
            f1=0.848,
            mean_belief=0.88,
        ),
    ]


def depths(rows: int) -> Depths:
    """Build the depth on so many rows."""
    return Depths(
        rows=rows,
        depth=0.01,
        insensitive_depth={"0.01": 0.11, "0.05": 0.31, "0.1": 0.41},
        mean_belief=0.9,
    )


def robustness() -> Robustness:
    """Build a Robustness of a tree, with every part."""
    line = [k / 100 for k in range(101)]
    return Robustness(
        agreement=WithBaselines(
            student=0.96, baseline_labels=0.94, baseline_teacher=0.92, baseline_soft=0.91
        ),
        noise={
            f"{level:g}": Flips(rows=114, student=level / 4, teacher=level / 8)
            for level in NOISE_LEVELS
        },
        margin=Margins(
            rows=114,
            median=0.7,
            quantile_5=0.0875,
            unchangeable=0.0,
            certified_accuracy={f"{radius:g}": 0.9 - radius for radius in RADII},
            certified_fidelity={f"{radius:g}": 0.93 - radius for radius in RADII},
        ),
        margin_upper_bound=None,
        contamination={
            f"{share:g}": WithBaselines(
                student=0.98 - share,
                baseline_labels=0.9 - share,
                baseline_teacher=0.95 - share,
                baseline_soft=0.96 - share,
            )
            for share in CONTAMINATION
        },
        depth=DepthByRows(
            training=depths(409),
            validation=depths(46),
            test=depths(114),
            curve=Curve(
                d=line,
                student=[d**2 for d in line],
                at_most=[min(1.0, d**2 + 0.05) for d in line],
                teacher=[d**4 for d in line],
                baseline_labels=[d**1.5 for d in line],
                baseline_teacher=[d**1.7 for d in line],
                baseline_soft=[d**1.8 for d in line],
            ),
        ),
        bounds=Bounds(
            fitted_on=False,
            confidence=0.95,
            accuracy=0.85,
            fidelity=0.875,
            below={f"{d:g}": d / 4 for d in BELOW},
        ),
        weakest_groups=[
            WeakGroup(
                rule="age > 30 and income > 1000",
                predicted="no",
                rows=12,
                depth=0.01,
                mean_belief=0.61,
                beliefs=[0.61, 0.39],
            )
        ],
    )


def drift() -> Drift:
    """Build the drift of two columns, one of which moved and has categories never seen."""
    return Drift(
        training_rows=409,
        max_psi=0.35,
        moved=1,
        unseen_rows=7,
        predictions=Shift(psi=0.015, p_value=0.45, moved=False),
        columns=[
            ColumnDrift(
                name="region",
                psi=0.35,
                p_value=0.001,
                moved=True,
                missing_then=0.0,
                missing=0.125,
                median_then=None,
                median=None,
                unseen_rows=7,
                unseen={"north": 5, "west": 2},
            ),
            ColumnDrift(
                name="age",
                psi=0.02,
                p_value=1.0,
                moved=False,
                missing_then=0.01,
                missing=0.02,
                median_then=41.0,
                median=42.5,
                unseen_rows=None,
                unseen={},
            ),
        ],
        then=dict.fromkeys(FIGURES, 0.95),
        change=dict.fromkeys(FIGURES, -0.05),
        error=dict.fromkeys(SHARES, 0.0375),
    )


def repeats() -> Repeats:
    """Build the means of three runs."""
    found = RepeatedMetric(mean=0.9, error=0.0125)
    metrics = {name: dict.fromkeys(REPEATED, found) for name in CLASSIFIERS}
    return Repeats(seeds=[0, 1, 2], metrics={**metrics})


def comparison(name: str = "mlp hidden=16") -> ComparisonInfo:
    """Build three candidates: one selected, one dominated, one called `name` over the budget."""
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
                kl=0.05,
                within_budget=within_budget,
                on_front=on_front,
            )
            for name, size, fidelity, depth, belief, within_budget, on_front in figures
        ],
    )


def report_with_comparison(found: ComparisonInfo | None = None) -> Report:
    """Build the report of a student that was selected from several candidates."""
    example = report()
    assert example.search is not None
    return replace(example, search=replace(example.search, comparison=found or comparison()))


def report(**changes: Any) -> Report:
    """Build the report of a tree of three leaves, with `changes`."""
    example = Report(
        crembo="1.0",
        teacher=TeacherInfo(
            path="forest.onnx",
            sha256=64 * "a",
            format="onnx",
            bytes=230_188,
            classes=["no", "yes"],
            classes_source="the model",
            output_format="probabilities",
            temperature=1.0,
            certain=0.4,
        ),
        data=DataInfo(
            path="people.csv",
            sha256=64 * "b",
            rows=569,
            features=["age", "income"],
            label="target",
            queried_rows=569,
            training_rows=364,
            validation_rows=91,
            test_rows=114,
            grouped_rows=114,
            test_path=None,
            test_sha256=64 * "b",
            rare_class="yes",
            synthetic_rows=7_280,
            validation_synthetic_rows=1_820,
        ),
        student=StudentInfo(
            path="forest.student.onnx",
            sha256=64 * "c",
            family="tree",
            options={"max_depth": 5},
            size={"tree_depth": 2, "leaves": 3, "nodes": 5, "parameters": 7, "bytes": 4_245},
            utilities=None,
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
        baselines=TreeSize(max_depth=5, max_leaves=None),
        metrics={
            "student": metrics(),
            "teacher": metrics(),
            "baseline_labels": metrics(),
            "baseline_teacher": metrics(),
            "baseline_soft": metrics(),
        },
        differences={name: differences() for name in CLASSIFIERS if name != "student"},
        references={"mlp": reference()},
        by_class=by_class(),
        robustness=robustness(),
        requirements=[],
        timing=Timing(
            seconds=1.5, student_rows_per_second=8.3e6, teacher_rows_per_second=448_600.0
        ),
        description=TREE,
        curves={name: curves() for name in CLASSIFIERS},
    )
    return replace(example, **changes)
