"""The student of the family `cnn`: convolutions over an image, their mean, and one dense layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.students.contract import Feature, Floats, Indices
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nets.layers import Conv, Dense, read_convolutions
from crembo_cli.students.nodes import OPSETS, Nodes
from crembo_cli.students.scored.softmax import add_answers, softmax

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

BLOCK = 512  # images at a time, which bounds the memory


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """Rows as images whose channels have the mean 0; missing pixels are 0."""

    shape: ImageShape
    mean: Floats  # (channels,)
    low: Floats  # (channels,) smaller pixels are taken as this one
    high: Floats  # (channels,) larger pixels are taken as this one

    def of(self, rows: Floats) -> Floats:
        """Return float32 (n, channels, height, width) for float32 rows (n, p)."""
        images = self.shape.to_images(rows)
        low, high, mean = (each[:, None, None] for each in (self.low, self.high, self.mean))
        return np.where(np.isnan(images), np.float32(0), np.clip(images, low, high) - mean)

    def add_to(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes that compute `of`; return the name of the tensor that they write."""
        shape = self.shape
        sizes = [shape.channels, shape.height, shape.width]
        if shape.channels_last:
            sizes = [*sizes[1:], sizes[0]]
        images = nodes.add("Reshape", [rows, nodes.constant(np.array([-1, *sizes], np.int64))])
        if shape.channels_last:
            images = nodes.add("Transpose", [images], perm=[0, 3, 1, 2])
        absent = nodes.add("IsNaN", [images])
        low, high, mean = (
            nodes.constant(each.reshape(1, -1, 1, 1)) for each in (self.low, self.high, self.mean)
        )
        cut = nodes.add("Min", [nodes.add("Max", [images, low]), high])
        nothing = nodes.constant(np.zeros((1, 1, 1, 1), np.float32))
        return nodes.add("Where", [absent, nothing, nodes.add("Sub", [cut, mean])])


def learn_pixels(rows: Floats, shape: ImageShape) -> Pixels:
    """Return the pixels of the images in `rows` (n, p); a channel without any has the mean 0."""
    images = shape.to_images(rows).transpose(1, 0, 2, 3).reshape(shape.channels, -1)
    known = ~np.isnan(images)
    total = np.where(known, images, 0).sum(axis=1, dtype=np.float64)
    mean = (total / np.maximum(known.sum(axis=1), 1)).astype(np.float32)
    low, high = np.fmin.reduce(images, axis=1), np.fmax.reduce(images, axis=1)
    return Pixels(shape=shape, mean=mean, low=np.nan_to_num(low), high=np.nan_to_num(high))


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageStudent:
    """Scores of the mean of the last convolution over the image; the softmax of them."""

    pixels: Pixels
    convolutions: tuple[Conv, ...]
    dense: Dense
    opsets: ClassVar[tuple[int, int]] = OPSETS

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        predicted: Indices = self.predict_proba(rows).argmax(axis=1)
        return predicted

    def predict_proba(self, rows: Floats) -> Floats:
        """The softmax of the scores, float32 (n, c), for float32 rows (n, p)."""
        return softmax(self.scores(rows).astype(np.float64)).astype(np.float32)

    def scores(self, rows: Floats) -> Floats:
        """The scores, float32 (n, c), for float32 rows (n, p)."""
        return np.concatenate(list(self._scores(rows)))

    def _scores(self, rows: Floats) -> Iterator[Floats]:
        for first in range(0, max(len(rows), 1), BLOCK):
            images = self.pixels.of(rows[first : first + BLOCK]).transpose(0, 2, 3, 1)
            for layer in self.convolutions:
                images = layer.of(images)
            yield images.mean(axis=(1, 2)) @ self.dense.weight + self.dense.bias

    def sharpen(self, factor: float) -> ImageStudent:
        """Return the student with all scores multiplied by `factor` > 0."""
        return replace(self, dense=self.dense.scale(factor))

    def size(self) -> dict[str, int]:
        """Parameters: all numbers that are exported."""
        weights = sum(each.numbers() for each in self.convolutions) + self.dense.numbers()
        return {"parameters": weights + 3 * len(self.pixels.mean)}

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """Conv, Relu, GlobalAveragePool, Gemm, Softmax, ArgMax; see `students.contract`."""
        nodes = Nodes()
        means = self._add_means(nodes, rows)
        weight, bias = nodes.constant(self.dense.weight), nodes.constant(self.dense.bias)
        scores = nodes.add("Gemm", [means, weight, bias])
        add_answers(nodes, nodes.as_double(scores), index, probabilities)
        return nodes.nodes, nodes.constants

    def to_float_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The same without Gemm, which has no whole numbers; see `students.quantized`."""
        nodes = Nodes()
        means = self._add_means(nodes, rows)
        scores = nodes.dense(means, self.dense.weight, self.dense.bias, relu=False)
        add_answers(nodes, nodes.as_double(scores), index, probabilities)
        return nodes.nodes, nodes.constants

    def _add_means(self, nodes: Nodes, rows: str) -> str:
        """Add the nodes up to the means of the last convolution; return their tensor's name."""
        images = self.pixels.add_to(nodes, rows)
        for layer in self.convolutions:
            images = layer.add_to(nodes, images)
        return nodes.add("Flatten", [nodes.add("GlobalAveragePool", [images])], axis=1)

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The layers in a line; their weights mean nothing to a reader."""
        del features
        count = sum(each.weight.shape[1] > 1 or each.groups == 1 for each in self.convolutions)
        return (
            f"A convolutional net for images of {self.pixels.shape}: {count} convolutions, "
            f"{self.dense.weight.shape[0]} means, {len(classes)} scores."
        )

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The layers, one a line; see `students.contract.OptionalStudent.to_text`."""
        del features
        kinds = [*(each.words() for each in self.convolutions), "mean over the image"]
        kinds.append(f"dense layer to {len(classes)} scores: {', '.join(classes)}")
        return "\n".join(
            [
                f"{name}: a convolutional net for images of {self.pixels.shape} (channels, height, "
                "width). The class with",
                "the highest score is predicted; probabilities are the softmax of the scores.",
                *(f"{number}. {words}" for number, words in enumerate(kinds, start=1)),
                f"{self.size()['parameters']:,} numbers; the weights stand in the ONNX file.",
            ]
        )

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """All weights, under "cnn": pixels, convolutions and the dense layer, in order."""
        del features, classes  # named by the document, in this order
        pixels = self.pixels
        return {
            "cnn": {
                "channels": pixels.shape.channels,
                "height": pixels.shape.height,
                "width": pixels.shape.width,
                "channels_last": pixels.shape.channels_last,
                "mean": pixels.mean.tolist(),
                "low": pixels.low.tolist(),
                "high": pixels.high.tolist(),
                "convolutions": [
                    {
                        "weights": each.weight.tolist(),
                        "bias": each.bias.tolist(),
                        "strides": list(each.strides),
                        "pads": list(each.pads),
                        "groups": each.groups,
                        "relu": each.relu,
                    }
                    for each in self.convolutions
                ],
                "scores": {"weights": self.dense.weight.tolist(), "bias": self.dense.bias.tolist()},
            }
        }


def read_image_student(graph: GraphProto) -> ImageStudent:
    """Return the student in the graph of a student's file.

    Raises ValueError, KeyError or IndexError if the nodes are not as `to_onnx` writes them.
    """
    own = StudentGraph(graph)
    last = bool(own.all("Transpose"))
    _, *sizes = own.value(own.only("Reshape")).tolist()
    channels, height, width = [sizes[2], *sizes[:2]] if last else sizes
    gemm = own.only("Gemm")
    low, high, mean = (own.value(own.only(operator)).ravel() for operator in ("Max", "Min", "Sub"))
    shape = ImageShape(channels, height, width, channels_last=last)
    if len(mean) != channels:
        raise ValueError(f"expected the means of {channels} channels, got {len(mean)}")
    return ImageStudent(
        pixels=Pixels(shape=shape, mean=mean, low=low, high=high),
        convolutions=read_convolutions(own),
        dense=Dense(weight=own.value(gemm), bias=own.value(gemm, 2), relu=False),
    )
