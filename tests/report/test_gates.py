"""Gates: how an expression is parsed, evaluated and reported."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.errors import GateError, UsageError
from crembo_cli.report.gates import (
    check_labelled,
    format_requirement,
    parse_gate,
    raise_for_gates,
    with_gates,
)
from crembo_cli.report.model import Report, Requirement
from tests.report.example_reports import metrics, report


def evaluate(*expressions: str, of: Report | None = None) -> list[Requirement]:
    """Evaluate the gates on a report."""
    made = report() if of is None else of
    return with_gates(made, [parse_gate(each) for each in expressions]).requirements


@pytest.mark.parametrize(
    ("comparison", "below", "same", "above"),
    [
        (">=", True, True, False),
        ("<=", False, True, True),
        (">", True, False, False),
        ("<", False, False, True),
        ("==", False, True, False),
    ],
)
def test_each_comparison(comparison: str, below: bool, same: bool, above: bool) -> None:
    """The value is left of the sign, the limit right of it: here 0.92, 0.93 and 0.94."""
    limits = (("0.92", below), ("0.93", same), ("0.94", above))
    for limit, met in limits:
        assert evaluate(f"fidelity{comparison}{limit}")[0].met is met


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 0.9),
        ("balanced_accuracy", 0.875),
        ("fidelity", 0.93),
        ("depth", 0.02),
        ("insensitive_depth.0.01", 0.1),
        ("insensitive_depth.0.05", 0.3),
        ("insensitive_depth.0.1", 0.4),
        ("mean_belief", 0.912),
        ("tree_depth", 2),
        ("leaves", 3),
        ("nodes", 5),
        ("parameters", 7),
        ("bytes", 4245),
        ("size.bytes", 4245),
        ("student.size.bytes", 4245),
        ("student.fidelity", 0.93),
        ("metrics.student.insensitive_depth.0.05", 0.3),
    ],
)
def test_every_number_has_a_name(name: str, value: float) -> None:
    """A name is the last key, or with it those above, up to the whole way from the top."""
    assert evaluate(f"  {name}  >=  -1e3 ") == [
        Requirement(expression=f"{name}  >=  -1e3", value=value, met=True)
    ]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("beauty>=1", "unknown metric 'beauty'; wanted one of accuracy, "),
        ("1>=0.5", "unknown metric '1'"),
        ("0.05>=0.5", "ambiguous"),
        ("5>=0.5", "unknown metric '5'"),
        ("epth>=0.5", "unknown metric 'epth'; did you mean .*'depth'"),
        ("teacher.fidelity>=1", "unknown metric 'teacher.fidelity'; did you mean"),
        ("insensitive_depth>=1", "ambiguous.*wanted insensitive_depth.0.01 or insens"),
        ("size<=1", "ambiguous.*wanted tree_depth or leaves or nodes or parameters or bytes"),
        ("fidelity", "invalid requirement; wanted METRIC, one of >= <= > < =="),
        ("fidelity=>1", "invalid requirement"),
        ("fidelity!=1", "invalid requirement"),
        (">=1", "invalid requirement"),
        ("", "invalid requirement"),
        ("fidelity.>=1", "invalid requirement"),
        ("fidelity>=95%", "invalid limit; found '95%'; wanted a number"),
        ("fidelity>=nan", "invalid limit; found 'nan'"),
    ],
)
def test_invalid_requirements_are_refused(expression: str, message: str) -> None:
    """An invalid gate is refused before any work, with the expression and what is acceptable."""
    with pytest.raises(UsageError, match=message) as error:
        parse_gate(expression)
    assert str(error.value).startswith(f"--require {expression!r}: ")


def test_gates_on_accuracy_need_labels() -> None:
    """Without labels to test on, a gate on accuracy is refused, and one on fidelity is not."""
    gates = [parse_gate("fidelity>=0"), parse_gate("balanced_accuracy>=0")]
    check_labelled(gates, labelled=True)
    check_labelled(gates[:1], labelled=False)
    with pytest.raises(UsageError, match=r"'balanced_accuracy>=0'.*no label column"):
        check_labelled(gates, labelled=False)


def test_a_metric_that_is_not_available() -> None:
    """A gate on leaves is refused for a family that has none; nothing is taken for met."""
    linear = replace(report().student, family="linear", size={"parameters": 7, "bytes": 900})
    with pytest.raises(UsageError, match=r"leaves is not available.*'linear'"):
        evaluate("leaves<=100", of=report(student=linear))
    with pytest.raises(UsageError, match="accuracy is not available"):
        evaluate("accuracy>=0", of=report(metrics={"student": metrics(None)}))


def test_each_gate_that_fails_is_named() -> None:
    """The error names all that were not met with their values, and none that was."""
    made = report()
    passed = replace(made, requirements=evaluate("fidelity>=0.9", of=made))
    raise_for_gates(passed)
    failed = evaluate("fidelity>=0.9", "depth>=0.5", "bytes<=4000", of=made)
    with pytest.raises(GateError) as error:
        raise_for_gates(replace(made, requirements=failed))
    assert str(error.value) == (
        "forest.student.onnx: requirement not met: depth>=0.5 (it is 0.02); "
        "bytes<=4000 (it is 4245); the outputs are written; look for the best student of "
        'that size: crembo.compress(teacher, data, student="auto", max_bytes=4000)'
    )


@pytest.mark.parametrize(
    ("value", "met", "shown"),
    [
        (0.9298245614035088, False, "0.929825"),
        (0.94999999, False, "0.94999999"),  # 0.95 would look as if it were met
        (0.95, True, "0.95"),
        (4_245_678, True, "4245678"),
    ],
)
def test_a_value_is_shown_on_its_side_of_the_limit(value: float, met: bool, shown: str) -> None:
    """Digits are left out only where the verdict can still be seen."""
    gate = Requirement(expression="fidelity>=0.95", value=value, met=met)
    assert format_requirement(gate) == f"fidelity>=0.95 (it is {shown})"
