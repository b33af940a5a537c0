"""Training on another device than the CPU, as on CUDA, without a GPU; see `other_device`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.students.contract import Task
from crembo_cli.students.registry import family_class
from tests.families import BY_TORCH

torch = pytest.importorskip("torch")

from crembo_cli.students.nets import determinism, fitting, modules, training  # noqa: E402
from tests.students.nets.other_device import OTHER, Elsewhere, other_device  # noqa: E402

pytestmark = pytest.mark.torch

# What torch.use_deterministic_algorithms (2.13) says of CUDA: these raise, as operators of ATen.
WITHOUT_DETERMINISM = (
    "avg_pool3d_backward",
    "adaptive_avg_pool2d_backward",
    "adaptive_avg_pool3d_backward",
    "adaptive_max_pool2d_backward",
    "fractional_max_pool",
    "max_unpool",
    "upsample_linear",
    "upsample_bilinear",
    "upsample_bicubic",
    "upsample_trilinear",
    "reflection_pad",
    "nll_loss",
    "ctc_loss",
    "embedding_bag",
    "put_",
    "histc",
    "bincount",
    "median",
    "grid_sampler",
    "cumsum",
    "scatter_reduce",
    "resize_",
    # and these depend on the generator of the device:
    "dropout",
    "bernoulli",
    "randperm",
    "randn",
    "uniform",
    "normal_",
)


def task() -> Task:
    """Images of 8 x 8, bright on the left or on the right, in rows of 64 numbers."""
    rng = np.random.default_rng(0)
    side = rng.random(300) < 0.5
    rows = rng.normal(0, 1, (300, 8, 8)).astype(np.float32)
    rows[side, :, :4] += 1
    rows[~side, :, 4:] += 1
    beliefs = np.where(side[:, None], [0.9, 0.1], [0.1, 0.9]).astype(np.float32)
    rows = rows.reshape(300, 64)
    return Task(
        rows=rows[:200],
        beliefs=beliefs[:200],
        validation_rows=rows[200:],
        validation_beliefs=beliefs[200:],
        shape=ImageShape(1, 8, 8),
    )


FEW = {"cnn": {"width": 4, "depth": 3}, "net": {"width": 8}}
BACKWARD = {"cnn": "aten.convolution_backward.default", "net": "aten.mm.default"}


def fit_twice(name: str) -> Any:
    """A student that was fitted anew, then from that start to labels that are allowed."""
    given = task()
    learner = family_class(name)(steps=8, **FEW[name]).learner(given)  # type: ignore[call-arg]
    first = learner.fit(given.beliefs)
    return learner.finish(learner.fit((given.beliefs > 0.5).astype(np.float32), first))


@pytest.mark.parametrize("name", BY_TORCH)
def test_a_fit_on_another_device_gives_the_student_of_the_cpu(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every tensor of the training lies on the device, and the student in numpy has its weights.

    No operation raises on CUDA under deterministic algorithms, none draws from its generator.
    """
    rows = task().rows
    here = fit_twice(name).predict_proba(rows)
    with other_device(monkeypatch) as device:
        monkeypatch.setattr(fitting, "device_of", lambda task: OTHER)
        there = fit_twice(name).predict_proba(rows)
    assert there == pytest.approx(here, abs=1e-3)  # convolutions add in another order
    assert {"aten._fused_adamw_.default", BACKWARD[name]} <= device.operations
    names = [each.split(".")[1] for each in sorted(device.operations)]
    assert not [each for each in names if each.startswith(WITHOUT_DETERMINISM)]


def test_tensors_of_two_devices_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other device of these tests refuses what CUDA does."""
    with other_device(monkeypatch):
        there, here = torch.ones(2).to(OTHER), torch.ones(2)
        assert isinstance(there, Elsewhere)
        assert (there + 1).cpu().tolist() == [2, 2]
        for mix in (
            lambda: there + here,
            lambda: torch.ones(2, 2) @ there,
            lambda: there[torch.tensor([0])],
            lambda: torch.nn.functional.mse_loss(there, here),
        ):
            with pytest.raises(RuntimeError, match="same device"):
                mix()
        with pytest.raises((RuntimeError, TypeError)):
            there.numpy()


def test_a_new_net_leaves_the_gpus_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn on the CPU, whatever the default device, and no GPU's generator is reset."""
    reset: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", reset.append)
    before = [each.clone() for each in modules.cnn((1, 8, 8), 2, seed=3).parameters()]
    torch.set_default_device(OTHER)
    try:
        after = list(modules.cnn((1, 8, 8), 2, seed=3).parameters())
        dense = modules.net(3, 2, seed=3)
    finally:
        torch.set_default_device(None)
    assert all(map(torch.equal, before, after))
    assert {each.device.type for each in dense.parameters()} == {"cpu"}
    assert reset == []


def test_training_is_exact_whatever_the_caller_has_set() -> None:
    """Deterministic algorithms, no benchmark mode, all bits of float32; afterwards as before."""
    found: list[Any] = []

    def state() -> list[Any]:
        precisions = [each.fp32_precision for each in determinism.BACKENDS]
        return [
            *precisions,
            torch.backends.cudnn.benchmark,
            torch.are_deterministic_algorithms_enabled(),
            os.environ.get(determinism.CUBLAS),
            torch.get_num_threads(),
        ]

    def loss(logits: Any, targets: Any) -> Any:
        found.append(state())
        return torch.nn.functional.cross_entropy(logits, targets)

    given = task()
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.benchmark = True
    try:
        before = state()
        training.train(
            modules.net(64, 2),
            given.rows,
            given.beliefs,
            given.validation_rows,
            given.validation_beliefs,
            settings=replace(training.TrainingSettings(), steps=1),
            seed=0,
            loss=loss,
        )
        assert state() == before
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.benchmark = False
    assert found == [["ieee"] * 4 + [False, True, ":4096:8", 1]]
    assert before[1] != "ieee"
