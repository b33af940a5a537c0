"""The torch modules and the layers that are exported."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.arrays import Floats
from crembo_cli.core.images import Shape

torch = pytest.importorskip("torch")

from crembo_cli.students.nets import modules  # noqa: E402  # it imports torch

pytestmark = pytest.mark.torch

SHAPES: list[Shape] = [(1, 8, 8), (3, 9, 14), (1, 1, 40), (2, 28, 28)]


def seen(shape: Shape, depth: int) -> tuple[modules.ImageNet, Floats]:
    """A net whose batch norms have seen some images, and those images."""
    rng = np.random.default_rng(0)
    rows = rng.normal(3, 2, (20, *shape)).astype(np.float32)
    module = modules.cnn(shape, 4, 8, depth, seed=3)
    module.standardise(rows)
    module.train()
    for _ in range(10):
        module(torch.from_numpy(rows))
    return module.eval(), rows


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("depth", [2, 3, 4])
def test_folded_convolutions_are_the_net(shape: Shape, depth: int) -> None:
    """The convolutions with their batch norms folded in give the module's own logits."""
    module, rows = seen(shape, depth)
    with torch.no_grad():
        expected = module(torch.from_numpy(rows)).numpy()
        x = (torch.from_numpy(rows) - module.mean) * module.scale
        for conv in module.convolutions():
            x = torch.nn.functional.conv2d(
                x,
                torch.from_numpy(conv.weight),
                torch.from_numpy(conv.bias),
                conv.strides,
                conv.pads,
                groups=conv.groups,
            )
            x = torch.relu(x) if conv.relu else x
    output = module.output()
    found = x.mean(dim=(2, 3)).numpy() @ output.weight + output.bias
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_pixels_are_standardised_for_each_channel() -> None:
    """Images in other units give the same logits."""
    module, rows = seen((3, 9, 14), 3)
    units = np.array([2, 100, 0.01], np.float32)[:, None, None]
    other = modules.cnn((3, 9, 14), 4, 8, 3, seed=3)
    other.load_state_dict(module.state_dict())
    other.standardise(rows * units + 7)
    with torch.no_grad():
        found = other.eval()(torch.from_numpy(rows * units + 7))
        torch.testing.assert_close(found, module(torch.from_numpy(rows)), atol=1e-3, rtol=1e-3)


def test_constant_channel_does_not_divide_by_zero() -> None:
    """A channel of one value is left in its units."""
    module = modules.cnn((1, 8, 8), 2)
    module.standardise(np.ones((5, 1, 8, 8), np.float32))
    assert torch.equal(module.scale, torch.ones(1, 1, 1, 1))


def test_net_for_images_of_28_by_28_has_under_4000_parameters() -> None:
    """With the defaults it stays under 16 kB."""
    module = modules.cnn((1, 28, 28), 10)
    count = sum(conv.weight.size + conv.bias.size for conv in module.convolutions())
    assert count + module.output().weight.size + module.output().bias.size < 4000


def test_dense_layers_are_the_net() -> None:
    """The exported layers give the module's own logits."""
    rows = np.random.default_rng(0).normal(2, 5, (9, 6)).astype(np.float32)
    module = modules.net(6, 3, 8, 3, seed=1)
    module.standardise(rows)
    with torch.no_grad():
        expected = module(torch.from_numpy(rows)).numpy()
    x = (rows - module.mean.numpy()) * module.scale.numpy()
    for layer in module.dense_layers():
        x = x @ layer.weight + layer.bias
        x = np.maximum(x, 0) if layer.relu else x
    np.testing.assert_allclose(x, expected, atol=1e-5)
