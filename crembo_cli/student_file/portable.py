"""The nodes of a student without operators of ai.onnx.ml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crembo_cli.errors import StudentError
from crembo_cli.students.graph import read_ensemble_node
from crembo_cli.students.portable import plain_ensemble

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


def make_portable(
    nodes: Sequence[NodeProto], constants: Sequence[TensorProto]
) -> tuple[list[NodeProto], list[TensorProto]]:
    """Replace the tree ensemble among a student's nodes by plain operators.

    Raises StudentError for any other operator of ai.onnx.ml, and for trees that are too large.
    """
    found: list[NodeProto] = []
    tables = list(constants)
    for node in nodes:
        if node.op_type == "TreeEnsembleRegressor":
            trees = read_ensemble_node(node)
            plain, own = plain_ensemble(trees, node.input[0], node.output[0])
            found += plain
            tables += own
        elif node.domain not in {"", "ai.onnx"}:
            raise StudentError(
                "not available with --portable",
                found=f"the operator {node.op_type} of {node.domain}",
                hint="use another family",
            )
        else:
            found.append(node)
    return found, tables
