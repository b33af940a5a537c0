"""The names of metrics that --require takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crembo_cli.errors import UsageError
from crembo_cli.report.gates import check_refitted, find_path, parse_gate, with_gates
from crembo_cli.report.metrics import required_paths
from crembo_cli.robustness.model import MarginUpperBounds
from tests.report.example_reports import report


def numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """The numbers in a JSON value, lists aside, with their paths."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, f"{path}.{key}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_require_takes_every_number_of_the_robustness_and_no_other() -> None:
    """What the JSON report holds is what `--require` takes."""
    made = report()
    above = replace(
        made.robustness,
        margin_upper_bound=MarginUpperBounds(rows=1, median=0.5, quantile_5=0.25),
    )
    found = (replace(made, robustness=above)).to_dict()["robustness"]
    names = {path for path, _ in numbers(found, "robustness")}
    assert names == {".".join(path) for path in required_paths() if path[0] == "robustness"}


def test_every_number_can_be_required_by_its_whole_path() -> None:
    """And the requirement is evaluated on the value in the JSON."""
    made = report()
    for path, value in numbers(made.to_dict()["robustness"], "robustness"):
        (judged,) = with_gates(made, [parse_gate(f"{path}=={value!r}")]).requirements
        assert judged.met, path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("agreement", "robustness.agreement.student"),
        ("agreement.baseline_labels", "robustness.agreement.baseline_labels"),
        ("noise.0.05", "robustness.noise.0.05.student"),
        ("noise.0.05.teacher", "robustness.noise.0.05.teacher"),
        ("certified_accuracy.0.1", "robustness.margin.certified_accuracy.0.1"),
        ("unchangeable", "robustness.margin.unchangeable"),
        ("margin.median", "robustness.margin.median"),
        ("margin_upper_bound.median", "robustness.margin_upper_bound.median"),
        ("contamination.0.2", "robustness.contamination.0.2.student"),
        ("below.0.25", "robustness.bounds.below.0.25"),
        ("bounds.fidelity", "robustness.bounds.fidelity"),
        ("training.depth", "robustness.depth.training.depth"),
        ("validation.insensitive_depth.0.1", "robustness.depth.validation.insensitive_depth.0.1"),
        ("fidelity", "metrics.student.fidelity"),
        ("depth", "metrics.student.depth"),
        ("insensitive_depth.0.05", "metrics.student.insensitive_depth.0.05"),
        ("bytes", "student.size.bytes"),
    ],
)
def test_short_names(name: str, path: str) -> None:
    """The last keys will do; of several the student's is meant, and the one in the figures."""
    assert ".".join(find_path(name, "")) == path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("median", "ambiguous metric 'median'; wanted margin.median or margin_upper_bound.median"),
        ("noise", "ambiguous.*wanted noise.0.01"),
        ("certified_accuracy.0.5", "unknown metric.*did you mean 'certified_accuracy.0"),
        ("curve", "unknown metric"),
        ("robustness", "unknown metric"),
    ],
)
def test_unknown_and_ambiguous_names_are_refused(name: str, message: str) -> None:
    """They are refused before any work, with names that are close."""
    with pytest.raises(UsageError, match=message):
        find_path(name, "--require")


def test_gates_that_need_refits_are_refused_without() -> None:
    """With --quick-report they are refused before any work."""
    check_refitted([parse_gate("noise.0.05<=1")], "--quick-report")
    for name in ("agreement", "contamination.0.1"):
        with pytest.raises(UsageError, match=f"{name} is not available; found --quick-report"):
            check_refitted([parse_gate(f"{name}>=0")], "--quick-report")


def test_an_infinite_margin_meets_any_limit() -> None:
    """It is null in the JSON, which has no such number, and more than any that is asked."""
    made = report()
    assert made.robustness.margin is not None
    endless = replace(made.robustness.margin, median=float("inf"))
    made = replace(made, robustness=replace(made.robustness, margin=endless))
    made = with_gates(made, [parse_gate("margin.median>=100")])
    assert made.requirements[0].met
    assert made.to_dict()["robustness"]["margin"]["median"] is None
    assert made.to_dict()["requirements"][0]["value"] is None


def test_the_reason_why_a_metric_is_not_available() -> None:
    """No labels, no teacher, not fitted in this run, not for this family."""
    made = report()
    without = replace(made.robustness, agreement=None, margin=None)
    gates = [parse_gate("agreement>=0")]
    with pytest.raises(UsageError, match="not fitted in this run"):
        with_gates(replace(made, robustness=without, search=None), gates)
    with pytest.raises(UsageError, match="not fitted in this run"):
        with_gates(replace(made, robustness=without, search=None, teacher=None), gates)
    with pytest.raises(UsageError, match="without exact margins; see margin_upper_bound"):
        with_gates(replace(made, robustness=without), [parse_gate("margin.median>=0")])
    with pytest.raises(UsageError, match="with exact margins; see margin"):
        with_gates(made, [parse_gate("margin_upper_bound.median>=0")])
    calm = {key: replace(each, teacher=None) for key, each in made.robustness.noise.items()}
    with pytest.raises(UsageError, match="a teacher that cannot predict new rows"):
        with_gates(
            replace(made, robustness=replace(made.robustness, noise=calm)),
            [parse_gate("noise.0.05.teacher<=1")],
        )
    flat = replace(made.student, size={"parameters": 7, "bytes": 4_245})
    with pytest.raises(UsageError, match="family 'tree', which has no leaves"):
        with_gates(replace(made, student=flat), [parse_gate("leaves<=9")])
    foreign = replace(flat, family=None)
    with pytest.raises(UsageError, match="a classifier that crembo did not write"):
        with_gates(replace(made, student=foreign), [parse_gate("leaves<=9")])
    unlabelled = replace(made, data=replace(made.data, label=None))
    metrics = {"student": replace(made.metrics["student"], accuracy=None)}
    with pytest.raises(UsageError, match="without a label column"):
        with_gates(replace(unlabelled, metrics=metrics), [parse_gate("accuracy>=0")])


def test_the_reason_why_a_measure_of_scores_is_not_available() -> None:
    """The student has no probabilities, or the test rows have one class."""
    made = report()
    student = replace(made.metrics["student"], roc_auc=None)
    gates = [parse_gate("roc_auc>=0.9")]
    with pytest.raises(UsageError, match="roc_auc is not available; found test rows of one class"):
        with_gates(replace(made, metrics={"student": student}), gates)
    student = replace(student, log_loss=None, kl=None)
    with pytest.raises(UsageError, match="a student whose outputs are not probabilities"):
        with_gates(replace(made, metrics={"student": student}), gates)
