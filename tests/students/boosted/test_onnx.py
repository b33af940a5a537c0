"""onnxruntime adds up the trees to the last bit, in whatever order it takes them."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from crembo_cli.students.boosted.family import BoostedFamily
from tests.students.boosted.test_family import circle


@pytest.mark.parametrize("count", [1, 100])
def test_scores_are_equal_to_the_last_bit(count: int) -> None:
    """Many trees are shared between threads for one row, and rows for many; sums are the same."""
    task = circle()
    student = BoostedFamily(trees=count, max_depth=2).learner(task).fit(task.beliefs)
    nodes, constants = student.to_onnx("rows", "index", "probabilities")
    last = next(k for k, node in enumerate(nodes) if node.op_type == "Add")
    scores = nodes[last].output[0]
    graph = helper.make_graph(
        nodes[: last + 1],
        "trees",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info(scores, TensorProto.DOUBLE, ["batch", 2])],
        constants,
    )
    opsets = [helper.make_opsetid("", 11), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=6)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    rows = task.rows.copy()
    rows[::5, 1] = np.nan
    for some in (rows, *(rows[i : i + 1] for i in range(40))):
        np.testing.assert_array_equal(session.run(None, {"rows": some})[0], student.scores(some))
