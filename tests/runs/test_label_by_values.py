"""The label column, known by its values: those of the teacher's classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

import crembo_cli as crembo
from crembo_cli.errors import DataError

NOTE = (
    "column 'Churn' is taken as the label, because its values are the teacher's classes; "
    "if it is not, use --drop Churn"
)


def people(**more: Any) -> pd.DataFrame:
    """200 rows with the label in `Churn`."""
    cells = np.random.default_rng(0).random((200, 2))
    churn = np.where(cells[:, 0] > 0.5, "Yes", "No")
    return pd.DataFrame(cells, columns=["a", "b"]).assign(Churn=churn, **more)


def teacher(*, names: bool = True) -> DecisionTreeClassifier:
    """A tree on `a` and `b`, which it knows by name or by number."""
    frame = people()
    rows = frame[["a", "b"]] if names else frame[["a", "b"]].to_numpy()
    return DecisionTreeClassifier(max_depth=2, random_state=0).fit(rows, frame["Churn"])


def compress(frame: pd.DataFrame, *, names: bool = True, **options: Any) -> crembo.Result:
    """A quick run."""
    options = {"synthetic": 0, "thresholds": 1, "quick_report": True, **options}
    return crembo.compress(teacher(names=names), frame, **options)


@pytest.mark.parametrize("names", [True, False])
def test_the_only_column_of_the_classes_is_the_label(names: bool) -> None:
    """Whether the teacher knows its features by name, or takes all columns but one."""
    result = compress(people(), names=names)
    assert result.report.data.label == "Churn"
    assert result.report.metrics["student"].accuracy is not None
    assert NOTE in result.notes


def test_a_named_label_goes_first() -> None:
    """An option, or a column that is called like one."""
    frame = people()
    named = compress(frame.assign(other=frame["Churn"]), label="other")
    called = compress(frame.assign(target=frame["Churn"].to_numpy()[::-1]))
    assert [each.report.data.label for each in (named, called)] == ["other", "target"]
    assert not any("taken as the label" in note for note in (*named.notes, *called.notes))
    assert compress(frame, drop="Churn").report.data.label is None


@pytest.mark.parametrize("value", ["Maybe", None])
def test_other_or_missing_values_rule_out_a_label_column(value: str | None) -> None:
    """One is enough."""
    frame = people()
    frame.loc[3, "Churn"] = value
    assert compress(frame).report.data.label is None


def test_two_such_columns_are_a_question() -> None:
    """That names both, and how to answer."""
    frame = people()
    with pytest.raises(DataError) as raised:
        compress(frame.assign(Before=frame["Churn"]))
    assert "the label column is ambiguous" in str(raised.value)
    assert "'Churn' and 'Before'" in str(raised.value)
    assert "--label Churn, or exclude them: --drop Churn,Before" in str(raised.value)
    scores = crembo.score(teacher(), frame.assign(Before=frame["Churn"]))
    assert len(scores.frame) == 200


def test_an_evaluated_student_finds_its_label_too(tmp_path: Any) -> None:
    """By the classes of its file."""
    path = tmp_path / "s.onnx"
    compress(people(), output=path)
    found = crembo.evaluate(path, people())
    assert found.report.data.label == "Churn"
    assert NOTE in found.notes
