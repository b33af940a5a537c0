"""Training of torch modules on the teacher's probabilities."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.arrays import Floats

torch = pytest.importorskip("torch")

from crembo_cli.students.nets import determinism, modules, training  # noqa: E402  # they import torch

pytestmark = pytest.mark.torch

SETTINGS = training.TrainingSettings(steps=120, batch=32)


def bars(n: int, seed: int) -> tuple[Floats, Floats]:
    """Images of 6x6 with one bright column or row, and how sure a teacher is which it is."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 0.3, (n, 1, 6, 6)).astype(np.float32)
    upright, place = rng.random(n) < 0.5, rng.integers(0, 6, n)
    for image, is_upright, k in zip(rows, upright, place, strict=True):
        image[0, :, k] += is_upright
        image[0, k, :] += not is_upright
    sure = np.where(upright, 0.95, 0.05).astype(np.float32)
    return rows, np.stack([1 - sure, sure], axis=1)


def trained(settings: training.TrainingSettings = SETTINGS, seed: int = 0) -> modules.ImageNet:
    """A small net for the bars."""
    rows, probabilities = bars(300, 0)
    held, held_probabilities = bars(100, 1)
    module = modules.cnn((1, 6, 6), 2, 8, 2, seed=seed)
    module.standardise(rows)
    training.train(
        module, rows, probabilities, held, held_probabilities, settings=settings, seed=seed
    )
    return module


def weights(module: modules.ImageNet) -> bytes:
    """All that `module` has learned."""
    return b"".join(each.numpy().tobytes() for each in module.state_dict().values())


def test_net_learns_what_the_teacher_predicts() -> None:
    """On new images it predicts the teacher's class in 95 % and about its probability."""
    rows, probabilities = bars(500, 2)
    logits = training.predict_logits(trained(), rows)
    assert (logits.argmax(axis=1) == probabilities.argmax(axis=1)).mean() > 0.95
    logs = torch.log_softmax(torch.from_numpy(logits), dim=1).numpy()
    assert np.abs(np.exp(logs) - probabilities).mean() < 0.1


def test_same_seed_trains_same_weights() -> None:
    """Two runs with one seed have equal bytes, whatever torch's own state; another seed differs."""
    first = weights(trained())
    torch.manual_seed(77)
    assert weights(trained()) == first
    assert weights(trained(seed=1)) != first


def test_training_leaves_torch_as_it_was() -> None:
    """Threads, determinism, random numbers and the environment are as before."""
    torch.manual_seed(5)
    state = torch.random.get_rng_state().clone()
    threads = torch.get_num_threads()
    trained(replace(SETTINGS, steps=2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert determinism.CUBLAS not in os.environ


def test_best_moment_is_kept() -> None:
    """Steps that ruin the net after its best moment do not count."""
    rows, probabilities = bars(300, 0)
    calls = 0

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls > 60:
            targets = targets.flip(1)
        return torch.nn.functional.cross_entropy(logits, targets)

    module = modules.cnn((1, 6, 6), 2, 8, 2)
    module.standardise(rows)
    training.train(
        module, rows, probabilities, rows, probabilities, settings=SETTINGS, seed=0, loss=loss
    )
    predicted = training.predict_logits(module, rows).argmax(axis=1)
    assert (predicted == probabilities.argmax(axis=1)).mean() > 0.95


def test_training_ends_early_without_gain() -> None:
    """With the best reached at once, it ends after as many checks as its patience."""
    rows, probabilities = bars(64, 0)
    calls = 0

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return (logits * 0).sum()

    module = modules.cnn((1, 6, 6), 2, 8, 2)
    settings = replace(SETTINGS, steps=200, checks=20, patience=3, learning_rate=0.0)
    training.train(
        module, rows, probabilities, rows, probabilities, settings=settings, seed=0, loss=loss
    )
    assert calls == 40


def test_row_of_zeros_teaches_nothing() -> None:
    """A row without an allowed label has no part in the loss, and no NaN comes of it."""
    assert np.array_equal(training.temper(np.zeros((1, 3), np.float32), 2.0), np.zeros((1, 3)))
    np.testing.assert_allclose(
        training.temper(np.array([[0.64, 0.36]], np.float32), 2.0), [[0.8 / 1.4, 0.6 / 1.4]]
    )


def test_every_row_is_drawn_before_any_comes_again() -> None:
    """Batches are cut from one order of all rows after another."""
    order = training._batches(10, replace(SETTINGS, steps=4, batch=5), np.random.default_rng(0))
    assert sorted(order[:2].ravel()) == list(range(10))
    assert sorted(order[2:].ravel()) == list(range(10))


def test_net_of_dense_layers_learns_a_table() -> None:
    """Two dense layers learn an exclusive or of features of very different sizes."""
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(400, 2)) * [1, 1000]).astype(np.float32)
    either = ((rows[:, 0] > 0) != (rows[:, 1] > 0)).astype(np.int64)
    probabilities = np.eye(2, dtype=np.float32)[either]
    module = modules.net(2, 2, 16, 2)
    module.standardise(rows)
    training.train(
        module,
        rows,
        probabilities,
        rows,
        probabilities,
        settings=replace(SETTINGS, steps=400),
        seed=0,
    )
    assert (training.predict_logits(module, rows).argmax(axis=1) == either).mean() > 0.95
