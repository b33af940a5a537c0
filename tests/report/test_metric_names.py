"""The numbers of a report by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crembo_cli.errors import UsageError
from crembo_cli.report.gates import KNOWN, check_refitted, keys_of, parse_gate, with_gates
from crembo_cli.robustness.model import MarginUpperBounds
from tests.report.example_reports import report


def numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """The numbers in a JSON value, lists aside, with their paths."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, f"{path}.{key}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def test_every_number_of_the_robustness_is_known_and_no_other() -> None:
    """What the JSON report holds is what `--require` takes."""
    made = report()
    above = replace(
        made.robustness,
        margin_upper_bound=MarginUpperBounds(rows=1, median=0.5, quantile_5=0.25),
    )
    found = (replace(made, robustness=above)).to_dict()["robustness"]
    names = {path for path, _ in numbers(found, "robustness")}
    assert names == {path for path in KNOWN if path.startswith("robustness.")}


def test_every_number_can_be_required_by_its_whole_path() -> None:
    """And the value that is judged is the one in the JSON."""
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
        ("fit.depth", "robustness.depth.fit.depth"),
        ("selection.insensitive_depth.0.1", "robustness.depth.selection.insensitive_depth.0.1"),
        ("fidelity", "metrics.student.fidelity"),
        ("depth", "metrics.student.depth"),
        ("insensitive_depth.0.05", "metrics.student.insensitive_depth.0.05"),
        ("bytes", "student.size.bytes"),
    ],
)
def test_short_names(name: str, path: str) -> None:
    """The last keys will do; of several the student's is meant, and the one in the figures."""
    assert ".".join(keys_of(name, "")) == path


@pytest.mark.parametrize(
    ("name", "predicted"),
    [
        ("median", "ambiguous.*wanted margin.median or margin_upper_bound.median"),
        ("noise", "ambiguous.*wanted noise.0.01"),
        ("certified_accuracy.0.5", "no such metric.*wanted certified_accuracy.0.05 or"),
        ("curve", "there is no such metric"),
        ("robustness", "there is no such metric"),
    ],
)
def test_names_that_mean_no_number_or_several(name: str, predicted: str) -> None:
    """They are told before any work, with what they may have meant."""
    with pytest.raises(UsageError, match=predicted):
        keys_of(name, "--require")


def test_gates_on_what_is_not_refitted() -> None:
    """With --quick-report they are refused before any work."""
    check_refitted([parse_gate("noise.0.05<=1")], "--quick-report")
    for name in ("agreement", "contamination.0.1"):
        with pytest.raises(UsageError, match=f"no {name[:9]}.* to judge; found --quick-report"):
            check_refitted([parse_gate(f"{name}>=0")], "--quick-report")


def test_a_margin_without_end_meets_any_limit() -> None:
    """It is null in the JSON, which has no such number, and more than any that is asked."""
    made = report()
    assert made.robustness.margin is not None
    endless = replace(made.robustness.margin, median=float("inf"))
    made = replace(made, robustness=replace(made.robustness, margin=endless))
    made = with_gates(made, [parse_gate("margin.median>=100")])
    assert made.requirements[0].met
    assert made.to_dict()["robustness"]["margin"]["median"] is None
    assert made.to_dict()["requirements"][0]["value"] is None


def test_why_a_number_is_not_there() -> None:
    """No labels, no teacher, not fitted here, not of this family: in words."""
    made = report()
    without = replace(made.robustness, agreement=None, margin=None)
    gates = [parse_gate("agreement>=0")]
    with pytest.raises(UsageError, match="not fitted in this run"):
        with_gates(replace(made, robustness=without, search=None), gates)
    with pytest.raises(UsageError, match="found no --teacher"):
        with_gates(replace(made, robustness=without, search=None, teacher=None), gates)
    with pytest.raises(UsageError, match="not known exactly; see margin_upper_bound"):
        with_gates(replace(made, robustness=without), [parse_gate("margin.median>=0")])
    with pytest.raises(UsageError, match="known exactly; see margin"):
        with_gates(made, [parse_gate("margin_upper_bound.median>=0")])
    calm = {key: replace(each, teacher=None) for key, each in made.robustness.noise.items()}
    with pytest.raises(UsageError, match="a teacher that answers no new rows"):
        with_gates(
            replace(made, robustness=replace(made.robustness, noise=calm)),
            [parse_gate("noise.0.05.teacher<=1")],
        )
    flat = replace(made.student, size={"parameters": 7, "bytes": 4_245})
    with pytest.raises(UsageError, match="family 'tree', which has none"):
        with_gates(replace(made, student=flat), [parse_gate("leaves<=9")])
    foreign = replace(flat, family=None)
    with pytest.raises(UsageError, match="a classifier that crembo did not write"):
        with_gates(replace(made, student=foreign), [parse_gate("leaves<=9")])
    unlabelled = replace(made, data=replace(made.data, label=None))
    metrics = {"student": replace(made.metrics["student"], accuracy=None)}
    with pytest.raises(UsageError, match="without a label column"):
        with_gates(replace(unlabelled, metrics=metrics), [parse_gate("accuracy>=0")])
