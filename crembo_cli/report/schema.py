"""The JSON schema of the report, built from the Report's types and from METRICS.

`python -m crembo_cli.report.schema` writes it to the file that comes with the package.
"""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from crembo_cli.report.metrics import METRICS, PLACEHOLDERS, Keys, find_metric
from crembo_cli.report.model import DRAWN_ONLY, SCHEMA, Report
from crembo_cli.report.verdict_model import STATUSES, Verdict

FILE = Path(__file__).parent / "report.schema.json"
SHA256 = {"pattern": "^[0-9a-f]{64}$"}
CURVE = {"minItems": 101, "maxItems": 101}
CURVE_PARTS = (
    "d",
    "at_most",
    "student",
    "teacher",
    "baseline_labels",
    "baseline_teacher",
    "baseline_soft",
)
# What may be negative: parts of the report, and names of metrics.
SIGNED = {"requirements", "differences", "verdict", "references"} | {
    "change.accuracy",
    "drift.median",
    "drift.median_then",
}
# What types and metrics do not say, by path.
DETAILS: dict[str, dict[str, Any]] = {
    "verdict.status": {"enum": [*STATUSES, None]},
    "verdict.loss.measure": {"enum": ["accuracy", "fidelity"]},
    "references": {"description": "cheap students of strong families, by family"},
    "crembo": {"description": "version of crembo that wrote the report"},
    "baselines": {"description": "size of the CART trees: what was requested of the student"},
    "metrics": {"description": "metrics of each classifier on the test rows"},
    "timing": {"description": "what differs between equal runs"},
    "teacher.format": {
        "enum": [
            *("onnx", "pickle", "skops", "xgboost", "lightgbm", "catboost"),
            *("beliefs", "estimator", "function"),
        ]
    },
    "teacher.bytes": {"minimum": 1},
    "teacher.classes": {"minItems": 2},
    "teacher.sha256": SHA256,
    "data.sha256": SHA256,
    "data.test_sha256": SHA256,
    "data.features": {"minItems": 1},
    "data.rare_class": {"description": "of two classes, the one with fewer test rows"},
    "student.sha256": SHA256,
    "student.size": {"required": ["bytes"], "additionalProperties": {"type": "integer"}},
    "student.size.bytes": {"minimum": 1},
    "search.objective": {"enum": ["labels", "scores"]},
    "search.algorithm": {"enum": ["crembo", "memo"]},
    "search.select": {"enum": ["depth", "accuracy"]},
    "search.steps": {"minItems": 1},
    "search.comparison": {"description": "candidates that were compared, smallest file first"},
    "search.comparison.prefer": {"enum": ["readable", None]},
    "search.comparison.students": {"minItems": 1},
    "drift": {"description": "the rows beside those that the student was fitted on"},
    "robustness.bounds": {"description": "bounds for new rows like the test rows"},
    "robustness.weakest_groups": {"maxItems": 10},
    **{f"robustness.depth.curve.{part}": CURVE for part in CURVE_PARTS},
}


def build_schema() -> dict[str, Any]:
    """Build the JSON schema (draft 2020-12) of `Report.to_dict`."""
    schema = _object(Report, ())
    verdict = _object(Verdict, ("verdict",))
    properties = {"schema": {"const": SCHEMA}, "verdict": verdict, **schema["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:crembo:report:{SCHEMA}",
        "title": f"The JSON report of crembo, schema {SCHEMA}",
        "description": "Report of `crembo compress` and `crembo evaluate`. `crembo compress "
        "--explain-report` explains every metric. null: the value is not available.",
        **schema,
        "properties": properties,
        "required": list(properties),
    }


def render_schema() -> str:
    """Render the schema as JSON text."""
    return json.dumps(build_schema(), indent=2) + "\n"


def _list(types: Any) -> list[str]:
    return list(types) if isinstance(types, list) else [str(types)]


def _object(cls: type, path: Keys) -> dict[str, Any]:
    hints = get_type_hints(cls, localns={"ReadableStudent": object})
    names = [name for name in hints if path or name not in DRAWN_ONLY]
    return {
        "type": "object",
        "properties": {name: _value(hints[name], (*path, name)) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _value(hint: Any, path: Keys) -> dict[str, Any]:
    """Build the schema of a value of type `hint` at `path`; "*" stands for a place in a list."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    nullable = type(None) in options
    options = tuple(each for each in options if each is not type(None))
    found = _one(options[0], path) if len(options) == 1 else {"type": _names(options)}
    found |= DETAILS.get(".".join(path), {})
    metric = find_metric(path)
    # JSON has no infinity: an infinite margin, and a gate on it, are null.
    infinite = (metric is not None and metric.unit == "sd") or path == (
        "requirements",
        "*",
        "value",
    )
    if (nullable or infinite) and "type" in found:
        found["type"] = [*_list(found["type"]), "null"]
    return found


def _names(options: tuple[Any, ...]) -> list[str]:
    names = {int: "integer", float: "number", str: "string", bool: "boolean"}
    return [names[each] for each in options]


def _one(hint: Any, path: Keys) -> dict[str, Any]:
    """Build the schema of a value that is not null."""
    if is_dataclass(hint):
        return _object(hint, path)  # type: ignore[arg-type]  # a hint is a class, not an instance
    if get_origin(hint) is list:
        return {"type": "array", "items": _value(get_args(hint)[0], (*path, "*"))}
    if get_origin(hint) is dict:
        return _mapping(get_args(hint)[1], path)
    if hint in (int, float):
        return _number(hint, path)
    return {"type": _names((hint,))[0]} if hint in (str, bool) else {}


def _mapping(hint: Any, path: Keys) -> dict[str, Any]:
    """Build the schema of a dict; METRICS knows its keys, if they are always the same."""
    n = len(path)
    keys = [
        key
        for metric in METRICS
        if len(metric.keys()) > n and all(map(_agree, metric.keys()[:n], path))
        for key in PLACEHOLDERS.get(metric.keys()[n], (metric.keys()[n],))
    ]
    keys = [key for key in dict.fromkeys(keys) if key != "*"]
    if not keys:
        return {"type": "object", "additionalProperties": _value(hint, (*path, "*"))}
    # Only the student is always measured; the other classifiers may be missing.
    some = path in (("metrics",), ("differences",))
    values = {
        key: _value(hint | None if some and key != "student" else hint, (*path, key))
        for key in keys
    }
    return {
        "type": "object",
        "properties": values,
        "required": keys,
        "additionalProperties": False,
    }


def _agree(pattern: str, key: str) -> bool:
    return pattern == key or key in PLACEHOLDERS.get(pattern, ())


def _number(hint: type, path: Keys) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "integer" if hint is int else "number"}
    metric = find_metric(path)
    if metric is None:
        return found
    found = {"description": metric.sentence, **found}
    if metric.unit == "share":
        found |= {"minimum": 0, "maximum": 1}
    elif path[0] not in SIGNED and metric.name not in SIGNED:
        found["minimum"] = 0
    return found


if __name__ == "__main__":
    FILE.write_text(render_schema())
