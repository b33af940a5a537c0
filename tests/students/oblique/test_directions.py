"""Weighted sums are the same to the last bit in memory and in onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from crembo_cli.students.contract import Floats
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.oblique.directions import Direction, Directions, stack

WIDTH = 4
CELL = st.floats(width=32, allow_infinity=False, allow_nan=True)
WEIGHT = st.floats(-1e6, 1e6, width=32)


def direction(*terms: tuple[int, float, float], offset: float = 0.0) -> Direction:
    """A sum of (feature, weight, fill) terms."""
    features, weights, fills = zip(*terms, strict=True)
    return Direction(
        features=np.array(features),
        weights=np.array(weights, np.float32),
        fills=np.array(fills, np.float32),
        offset=np.float32(offset),
    )


def in_onnxruntime(directions: Directions, rows: Floats) -> Floats:
    """What the exported nodes make of the rows."""
    nodes = Nodes()
    last = directions.add_to(nodes, "rows")
    graph = helper.make_graph(
        nodes.nodes,
        "sums",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", rows.shape[1]])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        nodes.constants,
    )
    opsets = [helper.make_opsetid("", 11)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=6)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Floats = session.run(None, {"rows": rows})[0]
    return found


def test_a_sum_is_weights_times_cells_plus_the_offset() -> None:
    """2 a - 3 c + 1 is that, a missing cell counting as its fill; the cells stay beside it."""
    two = stack([direction((0, 2, 10), (2, -3, 5), offset=1), direction((1, 1, 0))])
    rows = np.array([[1, 2, 3], [np.nan, 0, np.nan]], np.float32)
    np.testing.assert_array_equal(two.of(rows), [[-6, 2], [6, 0]])
    np.testing.assert_array_equal(two.beside(rows), [[1, 2, 3, -6, 2], [np.nan, 0, np.nan, 6, 0]])


@settings(max_examples=40, deadline=None)
@given(
    terms=st.lists(
        st.lists(
            st.tuples(st.integers(0, WIDTH - 1), WEIGHT.filter(bool), WEIGHT),
            min_size=1,
            max_size=5,
        ),
        min_size=1,
        max_size=3,
    ),
    cells=st.lists(st.lists(CELL, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=5),
    offset=WEIGHT,
)
def test_onnxruntime_agrees_to_the_last_bit(
    terms: list[list[tuple[int, float, float]]], cells: list[list[float]], offset: float
) -> None:
    """Whatever the weights and cells, missing and huge ones too, the exported sums are equal."""
    directions = stack([direction(*each, offset=offset) for each in terms])
    rows = np.array(cells, np.float32)
    np.testing.assert_array_equal(in_onnxruntime(directions, rows), directions.beside(rows))


def test_one_and_stack_are_inverse() -> None:
    """The sums taken apart are those that were stacked, without the terms that filled up."""
    given_ = [direction((0, 2, 10), (2, -3, 5), offset=1), direction((1, 1, 0), offset=-2)]
    directions = stack(given_)
    for s, each in enumerate(given_):
        found = directions.one(s)
        for part in ("features", "weights", "fills", "offset"):
            np.testing.assert_array_equal(getattr(found, part), getattr(each, part))


@pytest.mark.parametrize("which", [[1], [1, 0], []])
def test_chosen_takes_the_requested_directions(which: list[int]) -> None:
    """Chosen sums are those of the numbers asked for, in that order."""
    directions = stack([direction((0, 2, 10), (2, -3, 5)), direction((1, 1, 0))])
    rows = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    found = directions.select(np.array(which, np.int64)).of(rows)
    np.testing.assert_array_equal(found, directions.of(rows)[:, which])
