"""Scores to probabilities and labels, in memory and in ONNX, and the losses of a fit.

Scores are float64 and probabilities float32 in both. numpy and onnxruntime add products in
different orders; in float64 the difference is far below the precision of float32, so the label,
the argmax of the float32 probabilities, is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats
from crembo_cli.students.nodes import Nodes

Number = TypeVar("Number", np.float32, np.float64)
Loss: TypeAlias = Callable[[Floats, Floats], tuple[float, Floats]]


def softmax(scores: NDArray[Number]) -> NDArray[Number]:
    """Return the softmax (n, c), in the dtype of the scores (n, c)."""
    shares: NDArray[Number] = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def add_answers(nodes: Nodes, scores: str, index: str, probabilities: str) -> None:
    """Add the nodes from float64 scores to the student's two outputs."""
    from onnx import TensorProto

    shares = nodes.add("Softmax", [scores], axis=1)
    nodes.add("Cast", [shares], probabilities, to=TensorProto.FLOAT)
    nodes.add("ArgMax", [probabilities], index, axis=1, keepdims=0)


def cross_entropy(scores: Floats, targets: Floats) -> tuple[float, Floats]:
    """Return the mean soft cross-entropy, and n times its gradient in the scores: float32 (n, c).

    Rows of `targets` sum to 1, or to 0 if a row does not count.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    sums = shares.sum(axis=1, keepdims=True)
    counts = targets.sum(axis=1, keepdims=True)
    loss = (counts * np.log(sums)).sum(dtype=np.float64)
    loss -= np.einsum("ij,ij->", targets, shifted, dtype=np.float64)
    shares *= counts / sums
    shares -= targets
    return float(loss) / len(scores), shares


def lost_reward(scores: Floats, rewards: Floats) -> tuple[float, Floats]:
    """Return minus the mean reward of a label sampled from the softmax, and n times its gradient.

    A smooth approximation of minus the mean of `rewards[i, f(x_i)]`, which it approaches as the
    scores grow. A row whose rewards are all equal has no gradient.
    """
    shares = softmax(scores)
    total_reward = (shares * rewards).sum(axis=1, keepdims=True)
    shares *= total_reward - rewards
    return -float(total_reward.mean(dtype=np.float64)), shares


def as_targets(rewards: Floats) -> Floats:
    """Turn rewards (n, c) into cross-entropy targets: rows sum to 1, or to 0 if all are equal."""
    differs = rewards.max(axis=1, keepdims=True) > rewards.min(axis=1, keepdims=True)
    sums = rewards.sum(axis=1, keepdims=True)
    targets: Floats = np.where(differs, rewards / np.where(sums > 0, sums, 1), 0).astype(np.float32)
    return targets


def best_sharpness(scores: Floats, beliefs: Floats) -> float:
    """Find the factor > 0 on the scores (n, c) whose softmax is nearest to the soft labels.

    Temperature scaling (Guo et al. 2017), by cross-entropy; from 1/1000 to 1000. It does not
    change the order of the classes.
    """
    from scipy.optimize import minimize_scalar

    def loss(power: float) -> float:
        return cross_entropy(scores * np.float32(10.0**power), beliefs)[0]

    return float(10.0 ** minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)
