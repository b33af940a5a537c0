"""A student as JSON: a program that reads nothing else predicts what the ONNX model predicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crembo_cli.explanations.text import json_of
from tests.explanations.edge_rows import Case, make_case
from tests.families import FOR_TABLES

Row = dict[str, Any]


def cell_of(document: Row, row: Row, j: int) -> Any:
    """The cell of feature j; None if it is missing."""
    feature = document["features"][j]
    cell = row[feature["name"]]
    absent = cell is None or cell in feature["missing_texts"]
    return None if absent else cell


LARGEST = np.finfo(np.float32).max


def number_of(document: Row, row: Row, j: int) -> float:
    """The number of feature j: a category's place, -1 if it is unseen; NaN if it is missing."""
    cell, categories = cell_of(document, row, j), document["features"][j]["categories"]
    if cell is None:
        return float("nan")
    if categories:
        return float(categories.index(cell)) if cell in categories else -1.0
    return float(np.float32(np.clip(cell, -LARGEST, LARGEST)))


def fulfils(cell: Any, condition: Row) -> bool:
    """Whether a cell fulfils what `goes_left` of a split, or `holds` of a term, says."""
    if cell is None:
        return bool(condition["missing"])
    if "known" in condition:
        return bool(condition["known"])
    with np.errstate(over="ignore"):
        if "up_to" in condition:
            return bool(np.float32(cell) <= condition["up_to"])
        if "above" in condition:
            return bool(np.float32(cell) > condition["above"])
    return cell in condition["in"] if "in" in condition else cell not in condition["not_in"]


def leaf_of(document: Row, row: Row, node: Row, sums: list[float]) -> Row:
    """The leaf that a row reaches below `node`; `sums` are features after those of the table."""
    p = len(document["features"])
    while "feature" in node:
        j = node["feature"]
        cell = cell_of(document, row, j) if j < p else sums[j - p]
        node = node["left" if fulfils(cell, node["goes_left"]) else "right"]
    return node


def tree(document: Row, row: Row) -> list[float]:
    """The probabilities of the leaf."""
    probabilities: list[float] = leaf_of(document, row, document["tree"], [])["probabilities"]
    return probabilities


def oblique(document: Row, row: Row) -> list[float]:
    """The sums first, then the tree."""
    sums = []
    for each in document["oblique"]["sums"]:
        total = each["offset"]
        for term in each["terms"]:
            number = number_of(document, row, term["feature"])
            total += term["weight"] * (term["missing"] if np.isnan(number) else number)
        with np.errstate(over="ignore"):
            sums.append(float(np.float32(total)))
    leaf = leaf_of(document, row, document["oblique"]["tree"], sums)
    probabilities: list[float] = leaf["probabilities"]
    return probabilities


def rules(document: Row, row: Row) -> list[float]:
    """The probabilities of the first rule whose terms all hold."""
    for rule in document["rules"]:
        terms = rule["if"]
        if all(fulfils(cell_of(document, row, each["feature"]), each["holds"]) for each in terms):
            probabilities: list[float] = rule["probabilities"]
            return probabilities
    raise AssertionError("no rule holds")


def boosted(document: Row, row: Row) -> np.ndarray:
    """The start and one leaf of each tree."""
    scores = np.array(document["boosted"]["begin"])
    for each in document["boosted"]["trees"]:
        scores = scores + leaf_of(document, row, each, [])["scores"]
    return softmax(scores)


def linear(document: Row, row: Row) -> np.ndarray:
    """Weights times (number - mean), the number cut to its range; a missing cell adds its own."""
    student = document["linear"]
    scores = np.array(student["begin"])
    for j, (mean, weights) in enumerate(zip(student["means"], student["weights"], strict=True)):
        number = number_of(document, row, j)
        if np.isnan(number):
            scores = scores + student["missing"].get(str(j), 0.0)
        elif not (document["features"][j]["categories"] and number < 0):
            number = np.clip(number, student["low"][j], student["high"][j])
            scores = scores + (number - mean) * np.array(weights)
    return softmax(scores)


def additive(document: Row, row: Row) -> np.ndarray:
    """A curve for each feature, linear between its knots."""
    scores = np.array(document["additive"]["begin"])
    for curve in document["additive"]["curves"]:
        number = number_of(document, row, curve["feature"])
        if np.isnan(number):
            scores = scores + curve["missing"]
        elif curve["knots"] and not (
            document["features"][curve["feature"]]["categories"] and number < 0
        ):
            columns = np.array(curve["scores"]).T
            scores = scores + [np.interp(number, curve["knots"], column) for column in columns]
    for pair in document["additive"]["pairs"]:
        first, second = (place_of(document, row, pair, side) for side in (0, 1))
        if first is not None and second is not None:
            scores = scores + first @ np.array(pair["scores"]).transpose(2, 0, 1) @ second
    return softmax(scores)


def place_of(document: Row, row: Row, pair: Row, side: int) -> np.ndarray | None:
    """How much each place of a side counts; None where the cell adds nothing."""
    feature, knots = pair["features"][side], pair["knots"][side]
    count, number = len(knots) + pair["missing"][side], number_of(document, row, feature)
    if np.isnan(number):
        return np.eye(count)[-1] if pair["missing"][side] else None
    if not knots or (document["features"][feature]["categories"] and number < 0):
        return None
    shares = [np.interp(number, knots, each) for each in np.eye(len(knots))]
    return np.array(shares + [0.0] * (count - len(knots)))


def mlp(document: Row, row: Row) -> np.ndarray:
    """Inputs, hidden units, scores."""
    hidden, scores = document["mlp"]["hidden"], document["mlp"]["scores"]
    return dense(document, row, document["mlp"]["inputs"], [hidden, scores])


def net(document: Row, row: Row) -> np.ndarray:
    """Inputs and layers."""
    return dense(document, row, document["net"]["inputs"], document["net"]["layers"])


def dense(document: Row, row: Row, listed: list[Row], layers: list[Row]) -> np.ndarray:
    """Layers on inputs; all but the last cut at 0."""
    inputs = []
    for each in listed:
        number = number_of(document, row, each["feature"])
        unseen = document["features"][each["feature"]]["categories"] and number < 0
        if "is_missing" in each:
            inputs.append(float(np.isnan(number)))
        elif np.isnan(number) or unseen:
            inputs.append(0.0)
        else:
            inputs.append(np.clip((number - each["knot"]) * each["slope"], 0, 1) - each["mean"])
    values = np.array(inputs)
    for layer in layers[:-1]:
        values = np.maximum(values @ np.array(layer["weights"]) + layer["bias"], 0)
    return softmax(values @ np.array(layers[-1]["weights"]) + layers[-1]["bias"])


def softmax(scores: np.ndarray) -> np.ndarray:
    """Scores as probabilities."""
    shares = np.exp(scores - scores.max())
    return np.asarray(shares / shares.sum())


READERS = {
    "tree": tree,
    "oblique": oblique,
    "rules": rules,
    "boosted": boosted,
    "linear": linear,
    "additive": additive,
    "mlp": mlp,
    "net": net,
}


def check_json(case: Case) -> None:
    """On every edge row, the label and the probabilities follow from the JSON alone."""
    document = json.loads(json_of(case.explained))
    (read,) = [reader for key, reader in READERS.items() if key in document]
    for row, label, expected in zip(case.rows, case.labels, case.probabilities, strict=True):
        found = np.array(read(document, row), np.float32)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        utilities = np.array(document.get("utilities", np.eye(len(found))))
        second, first = np.sort(expected @ utilities)[-2:]
        if first - second > 1e-5:
            assert document["classes"][int((found @ utilities).argmax())] == label


def test_json_predicts_what_onnxruntime_predicts(case: Case) -> None:
    """Trees of several depths, and weighted sums."""
    check_json(case)


@pytest.mark.parametrize("family", FOR_TABLES)
def test_the_json_of_every_family_holds_all_of_the_student(family: str, tmp_path: Path) -> None:
    """A family without a reader here fails."""
    check_json(make_case(tmp_path, family))
