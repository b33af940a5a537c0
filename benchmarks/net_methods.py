"""The ways to train a small net that nets.py sets side by side: one module, as many steps each.

`labels`, `kd` and `ours` train with crembo's own loop (AdamW, one cosine, the best moment on
validation rows: by accuracy for `labels` and `kd`, which have labels, by mean belief for `ours`,
which has none). `paper_kd` and `paper_crembo` repeat the authors' code: its losses, Adam at .01,
a tenth of that after two thirds, the last weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from net_tables import HELD, Cell, mixed_labels
from torch import Tensor
from torch.nn import functional

from crembo_cli.arrays import Floats, Indices
from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.image_shape import ImageShape
from crembo_cli.students.nets.images import ImageStudent, learn_pixels
from crembo_cli.students.nets.modules import ImageNet, cnn
from crembo_cli.students.nets.training import Loss, TrainingSettings, predict_logits, temper, train

PAPER_TEMPERATURE = 5.0
PAPER_RATE = 0.01
THRESHOLDS = 4  # that CREMBO tries, each with a whole training of its own
LOW, HIGH = 0.01, 0.9  # what the authors take as 0 and as 1 when they look for thresholds
TEMPERATURES = (1.0, 2.0, 4.0)
LABEL_SHARES = (0.0, 0.1, 0.5)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a student is trained on: the fit rows, then the rows it may choose by."""

    rows: Floats
    P: Floats  # the teacher's
    hot: Floats  # the true labels, one-hot; of mixed images in parts
    held: Floats
    held_beliefs: Floats
    held_hot: Floats
    width: int
    depth: int
    settings: TrainingSettings
    seed: int
    device: str

    def student(self) -> ImageNet:
        """The untrained net, the same for every method."""
        _, *shape = self.rows.shape
        channels, height, width = shape
        module = cnn(
            (channels, height, width), self.P.shape[1], self.width, self.depth, seed=self.seed
        )
        module.standardise(self.rows)
        return module


@dataclass(frozen=True)
class Trained:
    """A student and how it came about."""

    module: ImageNet
    runs: int  # how many trainings it took
    one_hot: float = float("nan")  # the share of fit rows with one allowed label at all thresholds


def job(
    cell: Cell,
    *,
    augmented: bool,
    width: int,
    depth: int,
    settings: TrainingSettings,
    seed: int,
    device: str,
) -> Job:
    """What a seed trains on: its own part of the training rows, and images drawn from that part."""
    n = len(cell.rows)
    order = np.random.default_rng([seed, 7]).permutation(n)
    held, fit = np.split(order, [int(HELD * n)])
    hot = np.eye(cell.P.shape[1], dtype=np.float32)[cell.labels]
    parts = [(cell.rows[fit], cell.P[fit], hot[fit])]
    if augmented:
        own = np.zeros(n, np.bool_)
        own[fit] = True
        # What an image is mixed with counts too, or validation rows would be trained on.
        usable = own[cell.base] & (own[cell.other] | (cell.share == 1))
        parts.append((cell.drawn[usable], cell.drawn_beliefs[usable], mixed_labels(cell)[usable]))
    rows, P, labels = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Job(
        rows=rows,
        P=P,
        hot=labels,
        held=cell.rows[held],
        held_beliefs=cell.P[held],
        held_hot=hot[held],
        width=width,
        depth=depth,
        settings=settings,
        seed=seed,
        device=device,
    )


def labels_alone(job: Job) -> Trained:
    """Cross-entropy with the true labels."""
    return _by_labels(job, job.hot, functional.cross_entropy)


def kd(job: Job, temperature: float, label_share: float) -> Trained:
    """Distillation (Hinton et al. 2015), with a share of the loss for the true labels."""
    c = job.P.shape[1]

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        soft = functional.cross_entropy(logits / temperature, targets[:, :c])
        hard = functional.cross_entropy(logits, targets[:, c:])
        return (1 - label_share) * temperature**2 * soft + label_share * hard

    targets = np.concatenate([temper(job.P, temperature), job.hot], axis=1)
    return _by_labels(job, targets, loss)


def ours(job: Job) -> Trained:
    """As the family `cnn` trains: the teacher's probabilities alone."""
    module = job.student()
    train(
        module,
        job.rows,
        job.P,
        job.held,
        job.held_beliefs,
        settings=job.settings,
        seed=job.seed,
        device=job.device,
    )
    return Trained(module, 1)


def paper_kd(job: Job) -> Trained:
    """Distillation as the authors ran it: T = 5, binary cross-entropy, the labels' added to it."""
    c, T = job.P.shape[1], PAPER_TEMPERATURE

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        soft = functional.binary_cross_entropy(
            functional.softmax(logits / T, dim=1), targets[:, :c]
        )
        return soft * T**2 + functional.cross_entropy(logits, targets[:, c:])

    targets = np.concatenate([temper(job.P, T), job.hot], axis=1)
    return Trained(_paper_training(job, targets, loss), 1)


def paper_crembo(job: Job) -> Trained:
    """CREMBO as the authors ran it: one net for each threshold, the most accurate one kept."""
    known = np.where(job.P < LOW, 0, np.where(job.P > HIGH, 1, job.P))
    known = np.unique(known[known > 0])
    thresholds = known[np.unique(np.linspace(0, len(known) - 1, THRESHOLDS).astype(int))]
    masks = [allowed_labels(job.P, min(float(each), HIGH)) for each in thresholds]
    found = [
        _paper_training(job, mask, functional.binary_cross_entropy_with_logits) for mask in masks
    ]
    right = [
        np.mean(predict(each, job.held, job.device) == _labels(job.held_hot)) for each in found
    ]
    one_hot = np.all([mask.sum(axis=1) == 1 for mask in masks], axis=0).mean()
    return Trained(found[int(np.argmax(right))], len(found), float(one_hot))


PLAIN: dict[str, Callable[[Job], Trained]] = {
    "ours": ours,
    "labels": labels_alone,
    "kd, as the paper": paper_kd,
    "crembo, as the paper": paper_crembo,
}
VARIANTS: dict[str, Callable[[Job], Trained]] = {
    f"T={T:g} labels={share:g}": partial(kd, temperature=T, label_share=share)
    for T in TEMPERATURES
    for share in LABEL_SHARES
}


def predict(module: ImageNet, rows: Floats, device: str) -> Indices:
    """Class indices (n,)."""
    return _labels(predict_logits(module, rows, device))


def graph_bytes(module: ImageNet, rows: Floats) -> int:
    """The bytes of the nodes and weights that the family `cnn` exports, the file's notes aside."""
    n, channels, height, width = rows.shape
    shape = ImageShape(channels=channels, height=height, width=width)
    student = ImageStudent(
        pixels=learn_pixels(rows.reshape(n, -1), shape),
        convolutions=tuple(module.cpu().convolutions()),
        dense=module.output(),
    )
    return sum(each.ByteSize() for part in student.to_onnx("rows", "index", "P") for each in part)


def _by_labels(job: Job, targets: Floats, loss: Loss) -> Trained:
    """Crembo's loop with another loss; the best moment is the most accurate."""
    module = job.student()
    train(
        module,
        job.rows,
        targets,
        job.held,
        job.held_hot,
        settings=job.settings,
        seed=job.seed,
        device=job.device,
        loss=loss,
    )
    return Trained(module, 1)


def _paper_training(job: Job, targets: Floats, loss: Loss) -> ImageNet:
    """The authors' loop, with their rates; 90 epochs became as many steps as all others have."""
    module = job.student().to(memory_format=torch.channels_last).to(job.device)
    rows = torch.from_numpy(job.rows).to(job.device)
    answers = torch.from_numpy(targets).to(job.device)
    optimizer = torch.optim.Adam(module.parameters(), lr=PAPER_RATE)
    rng, settings = np.random.default_rng(job.seed), job.settings
    order = np.empty(0, np.int64)
    module.train()
    for step in range(settings.steps):
        if step == settings.steps * 2 // 3:
            optimizer.param_groups[0]["lr"] = PAPER_RATE / 10
        if len(order) < settings.batch:
            order = np.concatenate([order, rng.permutation(len(rows))])
        batch, order = torch.from_numpy(order[: settings.batch]), order[settings.batch :]
        batch = batch.to(job.device)
        optimizer.zero_grad()
        loss(module(rows[batch]), answers[batch]).backward()
        optimizer.step()
    return module.eval()


def _labels(values: Floats) -> Indices:
    return np.asarray(values.argmax(axis=1), np.int64)
