"""A student as JSON: what a program that reads it would answer."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from crembo_cli.explain.json import json_of
from tests.explain.cases import Case


def tree_says(told: dict[str, Any], row: dict[str, Any]) -> Any:
    """Walk the JSON tree, by its description alone."""
    node = told["tree"]
    while "says" not in node:
        feature = told["features"][node["feature"]]
        cell, left = row[feature["name"]], node["goes_left"]
        if cell is None or (feature["categories"] and cell in told["missing_texts"]):
            goes = left["missing"]
        elif "known" in left:
            goes = left["known"]
        elif "up_to" in left:
            goes = bool(np.float32(cell) <= left["up_to"])
        else:
            goes = cell in left["in"] if "in" in left else cell not in left["not_in"]
        node = node["left" if goes else "right"]
    return node["says"]


def linear_says(told: dict[str, Any], row: dict[str, Any]) -> Any:
    """Add up the points, by the description alone."""
    points = list(told["linear"]["begin"])
    for j, feature in enumerate(told["features"]):
        cell, categories = row[feature["name"]], feature["categories"]
        weights, step = told["linear"]["weights"][j], 0.0
        if cell is None or (categories and cell in told["missing_texts"]):
            weights, step = told["linear"]["missing"].get(str(j), weights), 0.0
            step = 1.0 if str(j) in told["linear"]["missing"] else 0.0
        else:
            value = float(np.float32(cell)) if not categories else -1.0
            if cell in categories:
                value = float(categories.index(cell))
            step = value - told["linear"]["means"][j]
        points = [each + step * w for each, w in zip(points, weights, strict=True)]
    return told["classes"][points.index(max(points))]


def test_json_says_what_onnxruntime_says(case: Case) -> None:
    """On every edge, by nothing but what the JSON holds."""
    told = json.loads(json_of(case.explained))
    says = tree_says if told["tree"] else linear_says
    clear = np.sort(case.probabilities, axis=1)
    for row, label, best in zip(case.rows, case.labels, clear, strict=True):
        if told["tree"] or not math.isclose(best[-1], best[-2], abs_tol=1e-6):
            assert says(told, row) == label
