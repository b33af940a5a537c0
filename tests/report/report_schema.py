"""The JSON Schema that every report in the tests is held against."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


@cache
def validator() -> Draft202012Validator:
    """The schema in the package, itself checked first."""
    schema = json.loads(files("crembo_cli.report").joinpath("report.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validate(report: Any) -> None:
    """Raise an error that names the place where a JSON report is not as the schema says."""
    validator().validate(report)
