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
        """Add the nodes that compute `of`; return the name of the tensor that they write.

        A bias of zeros is left out, and so is an attribute that has ONNX's default.
        """
        reads = [images, nodes.constant(self.weight)]
        if self.bias.any():
            reads.append(nodes.constant(self.bias))
        set_: dict[str, int | list[int]] = {}
        if max(self.strides) > 1:
            set_["strides"] = list(self.strides)
        if max(self.pads) > 0:
            set_["pads"] = [*self.pads, *self.pads]
        if self.groups > 1:
            set_["group"] = self.groups
        made = nodes.add("Conv", reads, None, **set_)
        return nodes.add("Relu", [made]) if self.relu else made

    def numbers(self) -> int:
        """Return how many numbers are exported."""
        return self.weight.size + (self.bias.size if self.bias.any() else 0)

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
        strides, pads = set_.get("strides", [1, 1]), set_.get("pads", [0, 0, 0, 0])
        if pads[:2] != pads[2:]:
            raise ValueError("a convolution with other zeros on one side than on the other")
        weight = graph.value(node)
        has_bias = len(node.input) > 2
        found.append(
            Conv(
                weight=weight,
                bias=graph.value(node, 2) if has_bias else np.zeros(len(weight), np.float32),
                strides=(strides[0], strides[1]),
                pads=(pads[0], pads[1]),
                groups=set_.get("group", 1),
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
