"""The student of images as ONNX, and read back; without torch."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.students.nets.images import ImageStudent, Pixels, read_image_student
from crembo_cli.students.nets.layers import Conv, Dense

RNG = np.random.default_rng(0)
FIRST = Conv(
    weight=RNG.normal(size=(4, 1, 5, 3)).astype(np.float32),
    bias=np.arange(4, dtype=np.float32),
    strides=(2, 1),
    pads=(2, 1),
    groups=1,
    relu=True,
)
APART = Conv(
    weight=RNG.normal(size=(4, 1, 3, 3)).astype(np.float32),
    bias=np.zeros(4, np.float32),
    strides=(1, 1),
    pads=(0, 0),
    groups=4,
    relu=False,
)
STUDENT = ImageStudent(
    pixels=Pixels(
        shape=ImageShape(1, 9, 7),
        mean=np.full(1, 0.5, np.float32),
        low=np.zeros(1, np.float32),
        high=np.ones(1, np.float32),
    ),
    convolutions=(FIRST, APART),
    dense=Dense(weight=np.eye(4, 3, dtype=np.float32), bias=np.zeros(3, np.float32), relu=False),
)


def test_a_student_is_read_back_from_its_nodes() -> None:
    """A convolution without bias, and one with ONNX's own strides, pads and groups, too."""
    nodes, constants = STUDENT.to_onnx("rows", "index", "probabilities")
    graph = helper.make_graph(
        nodes,
        "student",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 63])],
        [helper.make_tensor_value_info("index", TensorProto.INT64, ["n"])],
        constants,
    )
    read = read_image_student(graph)
    rows = RNG.random((5, 63), np.float32)
    assert np.array_equal(read.predict_proba(rows), STUDENT.predict_proba(rows))
    for own, other in zip(STUDENT.convolutions, read.convolutions, strict=True):
        assert np.array_equal(own.weight, other.weight)
        assert np.array_equal(own.bias, other.bias)
        assert (own.strides, own.pads, own.groups) == (other.strides, other.pads, other.groups)


def test_what_onnx_assumes_is_not_stored() -> None:
    """No bias of zeros and no default attribute; the size counts the numbers in the file."""
    nodes, constants = STUDENT.to_onnx("rows", "index", "probabilities")
    first, apart = (node for node in nodes if node.op_type == "Conv")
    assert (len(first.input), len(apart.input)) == (3, 2)
    assert [each.name for each in apart.attribute] == ["group"]
    numbers = sum(int(np.prod(each.dims)) for each in constants if each.data_type == 1)
    assert STUDENT.size()["parameters"] + 1 == numbers  # and what a missing pixel becomes
