"""Train a torch module on what the teacher predicts for many rows."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from crembo_cli.arrays import Floats, Indices
from crembo_cli.students.nets.determinism import deterministic

Loss = Callable[[Tensor, Tensor], Tensor]  # of logits and targets, both (batch, ...)
ANSWERED = 4096  # rows that are predicted at a time


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a net is trained: AdamW, one cosine from `learning_rate` to 0."""

    steps: int = 4000
    batch: int = 128
    learning_rate: float = 0.005
    weight_decay: float = 1e-4
    temperature: float = 2.0  # of the teacher's and the student's probabilities in the loss
    checks: int = 20  # how often the validation rows are predicted, evenly spread
    patience: int = 15  # checks without a better one after which the training ends


def train(
    module: nn.Module,
    rows: Floats,
    probabilities: Floats,
    validation_rows: Floats,
    validation_probabilities: Floats,
    *,
    settings: TrainingSettings,
    seed: int,
    device: str = "cpu",
    loss: Loss | None = None,
) -> nn.Module:
    """Train `module`, rows to logits (n, c), and return it with the weights of its best moment.

    `rows` is float32 (n, p) or (n, channels, height, width), whatever the module takes;
    `probabilities` (n, c) are the teacher's, or rewards: a row of zeros teaches nothing. The loss
    is the cross-entropy of both at the temperature T, times T squared, which keeps the size of
    its gradients; `loss` replaces it and is given the rows of `probabilities` as they are.

    The best moment is that with the largest mean belief on the validation rows: the mean of the
    teacher's probability of the class that the student predicts; of equals the latest. Without
    validation rows it is the end. One thread, one seed: the same weights.
    """
    if loss is None:
        probabilities = temper(probabilities, settings.temperature)
        loss = _soft_cross_entropy(settings.temperature)
    order = _batches(len(rows), settings, np.random.default_rng(seed))
    with deterministic():
        if rows.ndim == 4:  # half the time on a CPU
            module = module.to(memory_format=torch.channels_last)
        module = module.to(device)
        inputs = torch.from_numpy(np.ascontiguousarray(rows)).to(device)
        targets = torch.from_numpy(np.ascontiguousarray(probabilities)).to(device)
        drawn = torch.from_numpy(order).to(device)
        optimizer = torch.optim.AdamW(
            module.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        every = max(settings.steps // settings.checks, 1)
        best, kept, since = -math.inf, copy.deepcopy(module.state_dict()), 0
        module.train()
        for step in range(settings.steps):
            turn = math.pi * step / settings.steps
            optimizer.param_groups[0]["lr"] = settings.learning_rate * (1 + math.cos(turn)) / 2
            chosen = drawn[step]
            optimizer.zero_grad()
            loss(module(inputs[chosen]), targets[chosen]).backward()
            optimizer.step()
            if (step + 1) % every and step + 1 < settings.steps:
                continue
            predicted = predict_logits(module, validation_rows, device).argmax(axis=1)
            belief = _mean_belief(validation_probabilities, predicted)
            since = 0 if belief > best else since + 1
            if belief >= best:
                best, kept = belief, copy.deepcopy(module.state_dict())
            if since >= settings.patience:
                break
            module.train()
        module.load_state_dict(kept)
    return module.eval()


def predict_logits(module: nn.Module, rows: Floats, device: str = "cpu") -> Floats:
    """The logits of `rows`, float32 (n, c), from `module`, which is on `device`."""
    module.eval()
    with torch.no_grad():
        parts = [
            module(torch.from_numpy(np.ascontiguousarray(rows[k : k + ANSWERED])).to(device))
            for k in range(0, max(len(rows), 1), ANSWERED)
        ]
    return np.concatenate([np.asarray(part.cpu().numpy(), np.float32) for part in parts])


def temper(probabilities: Floats, temperature: float) -> Floats:
    """`probabilities` (n, c) at a temperature: p^(1/T), rows summing to 1; rows of 0 stay so."""
    raised = np.power(probabilities, np.float32(1 / temperature))
    total = raised.sum(axis=1, keepdims=True)
    return np.asarray(raised / np.where(total > 0, total, 1), np.float32)


def _soft_cross_entropy(temperature: float) -> Loss:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        logs = nn.functional.log_softmax(logits / temperature, dim=1)
        return -(targets * logs).sum(dim=1).mean() * temperature**2

    return loss


def _mean_belief(probabilities: Floats, predicted: Indices) -> float:
    if len(predicted) == 0:
        return 0.0
    return float(probabilities[np.arange(len(predicted)), predicted].mean(dtype=np.float64))


def _batches(n: int, settings: TrainingSettings, rng: np.random.Generator) -> Indices:
    """The rows of each step, (steps, batch): every row once before any comes again."""
    total = settings.steps * settings.batch
    rounds = [rng.permutation(n) for _ in range(total // n + 1)]
    return np.concatenate(rounds)[:total].reshape(settings.steps, settings.batch)
