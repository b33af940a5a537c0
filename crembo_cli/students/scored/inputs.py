"""The inputs of a net on ramps and flags, as a reader and as JSON know them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.students.contract import Feature, Floats
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.scored.columns import Columns, learn_columns
from crembo_cli.students.scored.ramps import curve_ramps
from crembo_cli.students.scored.softmax import add_answers

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

HEADINGS = ["input", "from", "to", "mean"]
EXPLAINED = [
    "An input rises from 0 to 1 between `from` and `to` and is constant beyond; that of a",
    "missing value is 1 if the value is missing and 0 if not.",
]


MOST_INPUTS = 1024  # of ramps; a wide table has fewer knots for each number, but 2 at least


def learn_inputs(rows: Floats, knots: int, categories: Sequence[int]) -> Columns:
    """Return the columns of a net for float32 rows (n, p): ramps with at most this many knots."""
    knots = max(2, min(knots, 1 + MOST_INPUTS // max(rows.shape[1], 1)))
    return learn_columns(rows, curve_ramps(rows, knots, categories), categories)


def even_shares(columns: Columns) -> Floats:
    """Return what to divide each column by, float32 (D,): the ramps of a feature rise together.

    So that one with many does not drown the others, all features together start with about the
    same share of the units.
    """
    assert columns.ramps is not None
    feature = columns.ramps.feature
    weakened = np.ones(columns.width(), np.float32)
    weakened[: len(feature)] = np.sqrt(np.bincount(feature)[feature])
    return weakened


def name_inputs(columns: Columns, features: Sequence[Feature]) -> Iterator[list[str]]:
    """The name of each input, where it rises from and to, and its mean."""
    ramps = columns.ramps
    assert ramps is not None
    ends = ramps.knot + 1 / ramps.slope
    for k, mean in enumerate(columns.centre):
        numbers = [f"{number:.6g}" for number in (ramps.knot[k], ends[k], mean)]
        yield [features[int(ramps.feature[k])].name, *numbers]
    for j in columns.missing:
        yield [f"{features[j].name} missing", "", "", "0"]


def inputs_json(columns: Columns) -> list[dict[str, Any]]:
    """The inputs in order.

    An input is (clip((number - knot) * slope, 0, 1) - mean) of a feature; 0 if the cell is
    missing or its category was not seen before; or 1 and 0 for a cell that `is_missing` and
    one that is not.
    """
    assert columns.ramps is not None
    numbers = zip(
        columns.ramps.feature.tolist(),
        columns.centre.tolist(),
        columns.ramps.knot.tolist(),
        columns.ramps.slope.tolist(),
        strict=True,
    )
    inputs: list[dict[str, Any]] = [
        {"feature": feature, "mean": mean, "knot": knot, "slope": slope}
        for feature, mean, knot, slope in numbers
    ]
    return inputs + [{"feature": j, "is_missing": True} for j in columns.missing.tolist()]


def float_nodes(
    columns: Columns,
    layers: Sequence[tuple[Floats, Floats]],
    rows: str,
    index: str,
    probabilities: str,
) -> tuple[list[NodeProto], list[TensorProto]]:
    """The nodes of dense `layers`, weights and bias, in float32 on the columns of `rows`."""
    from onnx import TensorProto

    nodes = Nodes()
    values = nodes.add("Cast", [columns.add_to(nodes, rows)], to=TensorProto.FLOAT)
    for number, (weight, bias) in enumerate(layers, start=1):
        values = nodes.dense(values, weight, bias, relu=number < len(layers))
    add_answers(nodes, nodes.as_double(values), index, probabilities)
    return nodes.nodes, nodes.constants
