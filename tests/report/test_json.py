"""The report as JSON, and its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import ValidationError

from crembo_cli.report.metrics import CLASSIFIERS
from crembo_cli.report.schema import FILE, render_schema
from crembo_cli.robustness.model import MarginUpperBounds
from tests.report.example_reports import report
from tests.report.report_schema import validate


def test_a_report_keeps_to_the_schema() -> None:
    """With everything in it, as it is written."""
    validate(json.loads(report().to_json()))
    validate((replace(report(), teacher=None, search=None, by_class=None)).to_dict())


def test_the_schema_knows_every_key_and_no_other() -> None:
    """A missing or unknown key is reported, at any level."""
    found: Any = report().to_dict()
    del found["robustness"]["bounds"]["below"]
    with pytest.raises(ValidationError, match="'below' is a required property"):
        validate(found)
    found["robustness"]["bounds"] |= {"below": None, "above": 1}
    with pytest.raises(ValidationError, match="above"):
        validate(found)


def test_json_is_ascii_and_has_no_number_that_json_lacks() -> None:
    """A margin without end is null; names keep their letters as escapes."""
    made = report()
    endless = MarginUpperBounds(rows=3, median=float("inf"), quantile_5=0.5)
    made = replace(
        made,
        robustness=replace(made.robustness, margin=None, margin_upper_bound=endless),
        data=replace(made.data, path="città.csv"),
    )
    text = made.to_json()
    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text)["robustness"]["margin_upper_bound"]["median"] is None
    assert json.loads(text)["data"]["path"] == "città.csv"


def test_what_is_drawn_alone_is_not_in_the_json() -> None:
    """The student's words, its insides and the command belong to the drawings."""
    made = (replace(report(), command="crembo compress a b", description="words")).to_dict()
    assert not {"command", "description", "internals"} & set(made)
    assert set(made["metrics"]) == set(CLASSIFIERS)


def test_the_schema_in_the_package_is_up_to_date() -> None:
    """`python -m crembo_cli.report.schema` writes it anew."""
    assert FILE.read_text() == render_schema()
