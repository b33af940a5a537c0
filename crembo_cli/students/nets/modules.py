"""The torch modules of the families `cnn` and `net`, and their layers with all folded in."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from crembo_cli.arrays import Floats
from crembo_cli.core.images import Shape
from crembo_cli.students.nets.determinism import deterministic, seeded
from crembo_cli.students.nets.layers import Conv, Dense

FIRST, NEXT = 5, 3  # the sides of the kernels of the first convolution and of those after it
LARGE = 16  # a side of at least this many pixels is halved by the first convolution
SMALL = 6  # a side of fewer pixels is not halved


class ImageNet(nn.Module):
    """Small convolutions, the mean over the image, and one dense layer to the logits.

    The convolutions beyond the first are depthwise separable. The pixels are standardised first,
    by one mean and scale for each channel.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: Shape, classes: int, width: int, depth: int) -> None:
        super().__init__()
        channels, *sides = shape
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("scale", torch.ones(1, channels, 1, 1))
        layers: list[nn.Module] = []
        wide = width
        for k in range(depth):
            side = FIRST if k == 0 else NEXT
            kernel = tuple(min(side, 2 * s - 1) for s in sides)
            halved = [s >= (LARGE if k == 0 else SMALL) for s in sides]
            stride = tuple(2 if each else 1 for each in halved)
            pads = tuple(each // 2 for each in kernel)
            if k == 0:
                layers.append(nn.Conv2d(channels, width, kernel, stride, pads, bias=False))
            else:
                before, wide = wide, 2 * width
                layers.append(
                    nn.Conv2d(before, before, kernel, stride, pads, groups=before, bias=False)
                )
                layers.append(nn.Conv2d(before, wide, 1, bias=False))
            layers += [nn.BatchNorm2d(wide), nn.ReLU()]
            sides = [(s + 1) // 2 if each else s for s, each in zip(sides, halved, strict=True)]
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(wide, classes)

    def standardise(self, rows: Floats) -> None:
        """Take the mean and scale of each channel from `rows` (n, channels, height, width)."""
        mean = rows.mean(axis=(0, 2, 3), dtype=np.float64)
        spread = rows.std(axis=(0, 2, 3), dtype=np.float64)
        self.mean.copy_(torch.from_numpy(mean).reshape(self.mean.shape))
        scale = 1 / np.where(spread > 0, spread, 1)
        self.scale.copy_(torch.from_numpy(scale).reshape(self.scale.shape))

    def forward(self, rows: Tensor) -> Tensor:
        """The logits (n, c) of images (n, channels, height, width)."""
        hidden: Tensor = self.layers((rows - self.mean) * self.scale)
        logits: Tensor = self.dense(hidden.mean(dim=(2, 3)))
        return logits

    def convolutions(self) -> list[Conv]:
        """The convolutions of the standardised pixels, with batch norms folded into them."""
        found: list[Conv] = []
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                found.append(
                    Conv(
                        weight=_array(layer.weight),
                        bias=np.zeros(layer.out_channels, np.float32),
                        strides=(int(layer.stride[0]), int(layer.stride[1])),
                        pads=(int(layer.padding[0]), int(layer.padding[1])),
                        groups=layer.groups,
                        relu=False,
                    )
                )
            elif isinstance(layer, nn.BatchNorm2d):
                found[-1] = _fold(found[-1], layer)
            else:
                found[-1] = replace(found[-1], relu=True)
        return found

    def output(self) -> Dense:
        """The dense layer, of the mean over the last convolution's image."""
        return _dense(self.dense, relu=False)

    def adopt(self, convolutions: Sequence[Conv], dense: Dense, images: Floats) -> None:
        """Take over the layers of a student, whose centred pixels `images` are samples.

        Their batch norms are set to what they leave as it is, in training too.
        """
        self.standardise(images)
        first, *others = convolutions
        scale = _array(self.scale)
        waiting = [replace(first, weight=first.weight / scale), *others]
        with deterministic(), torch.no_grad():
            hidden = (torch.from_numpy(images) - self.mean) * self.scale
            for layer in self.layers:
                if isinstance(layer, nn.Conv2d):
                    own = waiting.pop(0)
                    layer.weight.copy_(torch.from_numpy(own.weight))
                hidden_before, hidden = hidden, layer.eval()(hidden)
                if isinstance(layer, nn.BatchNorm2d):
                    mean = hidden_before.mean(dim=(0, 2, 3))
                    spread = hidden_before.var(dim=(0, 2, 3))
                    layer.running_mean, layer.running_var = mean, spread
                    layer.weight.copy_(torch.sqrt(spread + layer.eps))
                    layer.bias.copy_(mean + torch.from_numpy(own.bias))
                    hidden = layer(hidden_before)
            _set(self.dense, dense)


class DenseNet(nn.Module):
    """One to three dense layers on standardised features."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: int, classes: int, width: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        sizes = [features] + [width] * (depth - 1) + [classes]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    def standardise(self, rows: Floats) -> None:
        """Take the mean and scale of each feature from `rows` (n, features)."""
        self.mean.copy_(torch.from_numpy(rows.mean(axis=0, dtype=np.float64)))
        spread = rows.std(axis=0, dtype=np.float64)
        self.scale.copy_(torch.from_numpy(1 / np.where(spread > 0, spread, 1)))

    def forward(self, rows: Tensor) -> Tensor:
        """The logits (n, c) of rows (n, features)."""
        hidden = (rows - self.mean) * self.scale
        for layer in self.layers[:-1]:
            hidden = nn.functional.relu(layer(hidden))
        logits: Tensor = self.layers[-1](hidden)
        return logits

    def dense_layers(self) -> list[Dense]:
        """The layers, of the standardised features; all but the last with a ReLU."""
        last = len(self.layers) - 1
        return [
            _dense(layer, relu=k < last)
            for k, layer in enumerate(self.layers)
            if isinstance(layer, nn.Linear)
        ]

    def adopt(self, layers: Sequence[Dense]) -> None:
        """Take over the layers of a student, of the standardised features."""
        with torch.no_grad():
            for layer, own in zip(self.layers, layers, strict=True):
                assert isinstance(layer, nn.Linear)
                _set(layer, own)


def cnn(shape: Shape, classes: int, width: int = 16, depth: int = 3, *, seed: int = 0) -> ImageNet:
    """A net for images of `shape`, with 2 to 4 convolutions; its weights follow from `seed`."""
    with seeded(seed):
        return ImageNet(shape, classes, width, depth)


def net(features: int, classes: int, width: int = 64, depth: int = 2, *, seed: int = 0) -> DenseNet:
    """A net with 1 to 3 dense layers; its weights follow from `seed`."""
    with seeded(seed):
        return DenseNet(features, classes, width, depth)


def _array(values: Tensor) -> Floats:
    return np.ascontiguousarray(values.detach().cpu().numpy(), dtype=np.float32)


def _dense(layer: nn.Linear, *, relu: bool) -> Dense:
    return Dense(weight=_array(layer.weight.T), bias=_array(layer.bias), relu=relu)


def _set(layer: nn.Linear, own: Dense) -> None:
    layer.weight.copy_(torch.from_numpy(own.weight.T))
    layer.bias.copy_(torch.from_numpy(own.bias))


def _fold(conv: Conv, norm: nn.BatchNorm2d) -> Conv:
    """`conv` followed by `norm`, with what `norm` has seen in training, as one convolution."""
    mean, spread = norm.running_mean, norm.running_var
    assert mean is not None
    assert spread is not None
    factor = _array(norm.weight).astype(np.float64) / np.sqrt(
        _array(spread).astype(np.float64) + norm.eps
    )
    bias = (conv.bias - _array(mean).astype(np.float64)) * factor + _array(norm.bias)
    weight = conv.weight * factor[:, None, None, None]
    return replace(conv, weight=weight.astype(np.float32), bias=bias.astype(np.float32))
