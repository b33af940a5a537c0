"""Columns are the same in memory and in onnxruntime, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from crembo_cli.students.nodes import Nodes
from crembo_cli.students.scored.columns import BLOCK, Columns, Products, blocks, learn_columns
from crembo_cli.students.scored.ramps import Ramps

NAN = np.float32(np.nan)
ROWS = np.array([[1.0, NAN, 5.0], [3.0, 2.0, 5.0], [5.0, NAN, 5.0]], np.float32)
RAMPS = Ramps(
    feature=np.array([0, 0, 1]),
    knot=np.array([1.0, 3.0, 0.0], np.float32),
    slope=np.array([0.5, 0.5, 0.25], np.float32),
)


def exported(columns: Columns, rows: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of the columns' nodes."""
    nodes = Nodes()
    output = columns.add_to(nodes, "rows")
    graph = helper.make_graph(
        nodes.nodes,
        "columns",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, rows.shape[1]])],
        [helper.make_tensor_value_info(output, TensorProto.DOUBLE, [None, None])],
        nodes.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"rows": rows})[0]


def test_features_are_centred_and_holes_filled() -> None:
    """A feature loses its mean; a missing cell is 0 and raises its feature's flag."""
    columns = learn_columns(ROWS)
    np.testing.assert_array_equal(columns.centre, np.array([3.0, 2.0, 5.0], np.float32))
    np.testing.assert_array_equal(columns.missing, [1])
    wanted = [[-2.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 1.0]]
    np.testing.assert_array_equal(columns.of(ROWS), wanted)


def test_ramps_rise_between_their_knots() -> None:
    """A ramp is 0 up to its knot, 1 from the next on, and linear between; then centred."""
    np.testing.assert_array_equal(
        RAMPS.of(ROWS.astype(np.float64)),
        [[0.0, 0.0, np.nan], [1.0, 0.0, 0.5], [1.0, 1.0, np.nan]],
    )
    columns = learn_columns(ROWS, RAMPS)
    np.testing.assert_allclose(columns.centre, [2 / 3, 1 / 3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(columns.of(ROWS)[0], [-2 / 3, -1 / 3, 0.0, 1.0], rtol=1e-6)


def test_a_cell_missing_where_none_was_is_the_mean() -> None:
    """A feature without missing cells among the fitted rows has no flag, only its mean."""
    columns = learn_columns(ROWS[:, :1])
    np.testing.assert_array_equal(columns.of(np.array([[NAN]])), [[0.0]])


def test_a_feature_without_a_value_is_all_zero() -> None:
    """A feature that is missing everywhere has its flag, and any value of it counts as 0."""
    columns = learn_columns(np.full((2, 1), NAN))
    np.testing.assert_array_equal(
        columns.of(np.array([[NAN], [7.0]], np.float32)), [[0, 1], [0, 0]]
    )


RAMPS_AND_CODES = Ramps(
    feature=np.array([0, 1, 1]),
    knot=np.array([0.0, 0.0, 1.0], np.float32),
    slope=np.ones(3, np.float32),
)
PAIRS = Products(left=np.array([0, 1, 3]), right=np.array([2, 2, 0]))
HOW = {
    "cells": {},
    "ramps": {"ramps": RAMPS},
    "categories": {"ramps": RAMPS_AND_CODES, "categories": (0, 3, 0)},
    "codes as they are": {"categories": (0, 3, 2)},
}


def test_a_category_not_seen_becomes_the_mean() -> None:
    """A code below 0 of a feature of categories leaves its columns at 0, unlike a number."""
    columns = learn_columns(ROWS, RAMPS_AND_CODES, (0, 3, 0))
    np.testing.assert_array_equal(columns.of(np.array([[-1, -1, 0]], np.float32)), [[-1, 0, 0, 0]])


cells = st.one_of(st.just(float("nan")), st.floats(width=32, allow_nan=False, allow_infinity=False))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8),
    st.sampled_from(list(HOW)),
    st.sampled_from([None, PAIRS]),
)
def test_onnxruntime_makes_the_same_columns(
    rows: list[tuple[float, ...]], how: str, products: Products | None
) -> None:
    """Any finite or missing cells become the same float64 columns in onnxruntime, to the bit."""
    columns = replace(learn_columns(ROWS, **HOW[how]), products=products)
    cells = np.array(rows, np.float32)
    np.testing.assert_array_equal(columns.of(cells), exported(columns, cells))


def test_numbers_counts_what_is_exported() -> None:
    """All numbers of the columns that an ONNX file holds are counted."""
    assert learn_columns(ROWS).numbers() == 3 + 1 + 6
    assert learn_columns(ROWS, RAMPS).numbers() == 3 + 1 + 3 * 3
    of_categories = learn_columns(ROWS, RAMPS_AND_CODES, (0, 3, 0))
    assert of_categories.numbers() == 3 + 1 + 3 * 3 + 3
    assert replace(learn_columns(ROWS), products=PAIRS).numbers() == 3 + 1 + 6 + 2 * 3


def test_products_come_last() -> None:
    """A product is that of two columns as they are, centred, with 0 for a missing cell."""
    columns = replace(learn_columns(ROWS), products=PAIRS)
    assert columns.width() == 4 + 3
    wanted = [[-0.0, 0.0, -2.0], [0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]
    np.testing.assert_array_equal(columns.of(ROWS)[:, 4:], wanted)


def test_blocks_are_the_rows_in_order() -> None:
    """Blocks put together are the rows; no rows give one empty block."""
    rows = np.arange(2 * BLOCK + 3, dtype=np.float32)[:, None]
    assert [len(block) for block in blocks(rows)] == [BLOCK, BLOCK, 3]
    np.testing.assert_array_equal(np.concatenate(list(blocks(rows))), rows)
    assert [len(block) for block in blocks(rows[:0])] == [0]
