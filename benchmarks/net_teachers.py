"""The nets that nets.py compresses."""

from __future__ import annotations

import numpy as np
import torch
from net_tables import HELD, Cell, mixed_labels, with_answers
from torch import nn
from torch.nn import functional

from crembo_cli.arrays import Floats
from crembo_cli.core.images import Shape
from crembo_cli.students.nets.modules import cnn
from crembo_cli.students.nets.training import TrainingSettings, predict_logits, train

WIDTH, DEPTH = 64, 4  # of the teacher `cnn`: some 40 times as large as the student
SETTINGS = {
    "cnn": TrainingSettings(steps=3000, batch=128, learning_rate=0.01),
    "resnet18": TrainingSettings(steps=2000, batch=128, learning_rate=0.002, weight_decay=0.01),
}


def answer(cell: Cell, kind: str, split: int, device: str) -> tuple[Cell, float]:
    """Train a teacher on the labels of `cell` and its drawn images; its answers and accuracy."""
    c = int(cell.labels.max()) + 1
    n = len(cell.rows)
    hot = np.eye(c, dtype=np.float32)
    order = np.random.default_rng([split, 3]).permutation(n)
    held, fit = np.split(order, [int(HELD * n)])
    usable = np.isin(cell.base, fit) & (np.isin(cell.other, fit) | (cell.share == 1))
    known = with_answers(cell, hot[cell.labels], hot, hot)
    module = train(
        _module(kind, cell, c, split),
        np.concatenate([cell.rows[fit], cell.drawn[usable]]),
        np.concatenate([hot[cell.labels[fit]], mixed_labels(known)[usable]]),
        cell.rows[held],
        hot[cell.labels[held]],
        settings=SETTINGS[kind],
        seed=split,
        device=device,
        loss=functional.cross_entropy,
    )
    P, drawn_beliefs, test_beliefs = (
        _probabilities(module, rows, device) for rows in (cell.rows, cell.drawn, cell.test)
    )
    accuracy = float(np.mean(test_beliefs.argmax(axis=1) == cell.test_labels))
    return with_answers(cell, P, drawn_beliefs, test_beliefs), accuracy


def _module(kind: str, cell: Cell, c: int, split: int) -> nn.Module:
    """An untrained teacher."""
    if kind == "resnet18":
        return _resnet18(cell.shape, c, split)
    module = cnn(cell.shape, c, WIDTH, DEPTH, seed=1000 + split)
    module.standardise(cell.rows)
    return module


def _resnet18(shape: Shape, c: int, seed: int) -> nn.Module:
    """A ResNet-18 for small images: a first convolution of 3 x 3 without stride, no pooling."""
    from torchvision.models import resnet18

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = resnet18(num_classes=c)
        module.conv1 = nn.Conv2d(shape[0], 64, 3, 1, 1, bias=False)
        module.maxpool = nn.Identity()
    return nn.Sequential(nn.BatchNorm2d(shape[0]), module)


def _probabilities(module: nn.Module, rows: Floats, device: str) -> Floats:
    logits = torch.from_numpy(predict_logits(module, rows, device))
    return torch.softmax(logits, dim=1).numpy()
