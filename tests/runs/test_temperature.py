"""`--temperature`: the teacher's probabilities, softened before anything is fitted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.errors import UsageError
from crembo_cli.teachers.softened import LARGEST, find_temperature, soften

FRAME = pd.DataFrame({"a": np.linspace(0, 1, 200)}).assign(
    target=lambda frame: (frame["a"] > 0.5).astype(int)
)


def certain(rows: pd.DataFrame) -> np.ndarray:
    """A teacher whose logits are 20 (a - .5): certain but in the middle."""
    yes = 1 / (1 + np.exp(-20 * (rows["a"].to_numpy(float) - 0.5)))
    return np.column_stack([1 - yes, yes])


def compress(temperature: Any, **options: Any) -> crembo.Result:
    """A quick run of `certain`."""
    options = {"synthetic": 0, "thresholds": 1, "quick_report": True, **options}
    return crembo.compress(certain, FRAME, temperature=temperature, **options)


def test_softening_divides_the_logits() -> None:
    """Of two classes the logit; the order of the classes stays."""
    P = np.array([[0.9, 0.1], [1.0, 0.0], [0.2, 0.8]], np.float32)
    Q = soften(P, 2.0)
    assert Q[0, 0] == pytest.approx(3 / 4)  # odds of 9 become odds of 3
    assert np.isfinite(Q).all()
    assert (Q.argmax(axis=1) == P.argmax(axis=1)).all()
    assert Q.sum(axis=1) == pytest.approx(1.0)
    assert soften(P, 1.0) is P
    assert soften(P, 0.5)[0, 0] == pytest.approx(81 / 82)


def test_auto_softens_until_half_of_the_rows_are_uncertain() -> None:
    """And not at all where they are; one that is certain of all gets the largest."""
    P = np.array([[0.999, 0.001], [0.999, 0.001], [0.6, 0.4]], np.float32)
    temperature = find_temperature(P)
    assert np.median(soften(P, temperature).max(axis=1)) <= 0.9
    assert np.median(soften(P, temperature / 1.1).max(axis=1)) > 0.9
    assert find_temperature(np.full((4, 2), 0.5, np.float32)) == 1.0
    many = np.eye(2, dtype=np.float32)
    assert 1 < find_temperature(many) <= LARGEST


@pytest.mark.parametrize("temperature", [4, "4", "auto"])
def test_the_student_gets_the_softened_probabilities(temperature: Any) -> None:
    """And the report says how far; its labels are those of the teacher."""
    plain, soft = compress(1), compress(temperature)
    assert plain.report.teacher is not None
    assert soft.report.teacher is not None
    assert plain.report.teacher.temperature == 1
    assert soft.report.teacher.temperature == pytest.approx(
        2.4 if temperature == "auto" else 4, abs=0.6
    )
    assert soft.report.teacher.certain < plain.report.teacher.certain
    assert soft.report.metrics["teacher"].fidelity == 1
    means = [each.report.metrics["teacher"].mean_belief for each in (plain, soft)]
    assert means[0] > means[1] + 0.03
    own = [each.student.predict_proba(FRAME[["a"]]).max(axis=1).mean() for each in (plain, soft)]
    assert own[0] > own[1] + 0.03


def test_a_student_is_evaluated_at_its_own_temperature(tmp_path: Any) -> None:
    """So that its depth is the one of its report."""
    path = tmp_path / "s.onnx"
    compress(4, output=path)
    found = crembo.evaluate(path, FRAME, teacher=certain)
    assert found.report.teacher is not None
    assert found.report.teacher.temperature == 4
    assert any("temperature 4" in note for note in found.notes)


@pytest.mark.parametrize("value", ["warm", "0", "-1", "nan", "1e9"])
def test_other_temperatures_are_refused(value: str) -> None:
    """With what was expected."""
    with pytest.raises(UsageError, match=r"invalid temperature.*auto, or a number above 0"):
        compress(value)


def test_costs_and_temperature_exclude_each_other() -> None:
    """A threshold of softened probabilities is another threshold."""
    with pytest.raises(UsageError, match=r"--temperature 4.*costs or a threshold decide"):
        compress(4, decide_at="0.3")


def test_equal_runs_are_equal_and_the_json_has_the_temperature() -> None:
    """The file of the student and its report."""
    one, two = compress("auto"), compress("auto")
    assert one.content == two.content
    found = json.loads(one.report.to_json())
    assert found["teacher"]["temperature"] > 1
