"""The layers of a net that is trained: in numpy, and as ONNX nodes; without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from crembo_cli.students.contract import Floats
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv:
    """A convolution over images, channels first."""

    weight: Floats  # (outputs, inputs / groups, height, width)
    bias: Floats  # (outputs,)
    strides: tuple[int, int]
    pads: tuple[int, int]  # zeros on each side, in height and width
    groups: int
    relu: bool

    def of(self, images: Floats) -> Floats:
        """Return float32 (n, outputs, height, width) for float32 images (n, inputs, ...)."""
        down, across = self.pads
        padded = np.pad(images, ((0, 0), (0, 0), (down, down), (across, across)))
        rows, columns = self.weight.shape[2:]
        high = (padded.shape[2] - rows) // self.strides[0] + 1
        wide = (padded.shape[3] - columns) // self.strides[1] + 1
        total = np.zeros((len(images), len(self.bias), high * wide), np.float32)
        for row, column in product(range(rows), range(columns)):
            seen = padded[
                :,
                :,
                row : row + self.strides[0] * (high - 1) + 1 : self.strides[0],
                column : column + self.strides[1] * (wide - 1) + 1 : self.strides[1],
            ].reshape(*padded.shape[:2], -1)
            weight = self.weight[:, :, row, column]
            total += weight * seen if self.groups > 1 else weight @ seen
        total += self.bias[:, None]
        if self.relu:
            np.maximum(total, 0, out=total)
        return total.reshape(len(images), -1, high, wide)

    def add_to(self, nodes: Nodes, images: str) -> str:
        """Add the nodes that compute `of`; return the name of the tensor that they write."""
        made = nodes.add(
            "Conv",
            [images, nodes.constant(self.weight), nodes.constant(self.bias)],
            strides=list(self.strides),
            pads=[*self.pads, *self.pads],
            group=self.groups,
        )
        return nodes.add("Relu", [made]) if self.relu else made

    def numbers(self) -> int:
        """Return how many numbers are exported."""
        return self.weight.size + self.bias.size

    def words(self) -> str:
        """Return the layer in a few words."""
        rows, columns = self.weight.shape[2:]
        apart = "depthwise " if self.groups > 1 else ""
        step = f", every {self.strides[0]} x {self.strides[1]}" if max(self.strides) > 1 else ""
        cut = ", ReLU" if self.relu else ""
        return f"{apart}convolution {rows} x {columns} to {len(self.bias)} channels{step}{cut}"


def read_convolutions(graph: StudentGraph) -> tuple[Conv, ...]:
    """Return the convolutions that `Conv.add_to` wrote into a student's graph, in order.

    Raises ValueError, KeyError or IndexError if the nodes are not as it writes them.
    """
    from onnx import helper

    cut = {node.input[0] for node in graph.all("Relu")}
    found = []
    for node in graph.all("Conv"):
        set_ = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if set_["pads"][:2] != set_["pads"][2:]:
            raise ValueError("a convolution with other zeros on one side than on the other")
        found.append(
            Conv(
                weight=graph.value(node),
                bias=graph.value(node, 2),
                strides=(set_["strides"][0], set_["strides"][1]),
                pads=(set_["pads"][0], set_["pads"][1]),
                groups=set_["group"],
                relu=node.output[0] in cut,
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dense:
    """A dense layer: rows @ weight + bias."""

    weight: Floats  # (inputs, outputs)
    bias: Floats  # (outputs,)
    relu: bool

    def scaled(self, factor: float) -> Dense:
        """Return the layer with its results multiplied by `factor`."""
        size = np.float32(factor)
        return replace(self, weight=self.weight * size, bias=self.bias * size)

    def numbers(self) -> int:
        """Return how many numbers are exported."""
        return self.weight.size + self.bias.size
