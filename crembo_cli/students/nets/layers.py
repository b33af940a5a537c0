"""The layers of a net that is trained: in numpy, and as ONNX nodes; without torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from crembo_cli.students.contract import Floats
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nodes import Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv:
    """A convolution over images; depthwise if it has several groups."""

    weight: Floats  # (outputs, inputs / groups, height, width)
    bias: Floats  # (outputs,)
    strides: tuple[int, int]
    pads: tuple[int, int]  # zeros on each side, in height and width
    groups: int
    relu: bool

    def of(self, images: Floats) -> Floats:
        """Return float32 (n, height, width, outputs) for images (n, height, width, inputs).

        The channels come last here: then most of the work is one product of matrices.
        """
        (down, across), (rows, columns) = self.pads, self.weight.shape[2:]
        padded = np.pad(images, ((0, 0), (down, down), (across, across), (0, 0)))
        windows = sliding_window_view(padded, (rows, columns), axis=(1, 2))
        windows = windows[:, :: self.strides[0], :: self.strides[1]]
        if self.groups > 1:
            total = np.zeros(windows.shape[:4], np.float32)
            for row, column in product(range(rows), range(columns)):
                total += windows[..., row, column] * self.weight[:, 0, row, column]
        else:
            flat = windows.reshape(*windows.shape[:3], -1)
            total = flat @ self.weight.reshape(len(self.weight), -1).T
        total += self.bias
        return np.maximum(total, 0, out=total) if self.relu else total

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

    def scale(self, factor: float) -> Dense:
        """Return the layer with its results multiplied by `factor`."""
        size = np.float32(factor)
        return replace(self, weight=self.weight * size, bias=self.bias * size)

    def numbers(self) -> int:
        """Return how many numbers are exported."""
        return self.weight.size + self.bias.size
