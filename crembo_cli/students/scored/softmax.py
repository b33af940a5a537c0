"""From scores to answers, in memory and in ONNX alike, and what a fit may gain on them.

Scores are float64 and probabilities float32 on both sides: sums of products come out of numpy
and of onnxruntime in another order, and in float64 what differs is far below what float32
shows, so that the label, the argmax of the float32 probabilities, is the same.
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
    """Shares (n, c) of the classes, of the dtype of the scores (n, c)."""
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
    """The mean soft cross-entropy, and n times its gradient in the scores: float32 (n, c).

    Rows of `targets` sum to 1, or to 0 where a row shall not count.
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
    """Minus the mean reward of a label drawn by the softmax, and n times its gradient.

    A smooth stand-in for minus the mean of `rewards[i, f(x_i)]`, which it nears as the scores
    grow. A row whose rewards are all equal has no gradient.
    """
    shares = softmax(scores)
    total_reward = (shares * rewards).sum(axis=1, keepdims=True)
    shares *= total_reward - rewards
    return -float(total_reward.mean(dtype=np.float64)), shares


def as_targets(rewards: Floats) -> Floats:
    """Rewards (n, c) as targets of the cross-entropy: rows sum to 1; 0 where all are equal."""
    tells = rewards.max(axis=1, keepdims=True) > rewards.min(axis=1, keepdims=True)
    sums = rewards.sum(axis=1, keepdims=True)
    targets: Floats = np.where(tells, rewards / np.where(sums > 0, sums, 1), 0).astype(np.float32)
    return targets


def best_sharpness(scores: Floats, beliefs: Floats) -> float:
    """The factor > 0 on the scores (n, c) that brings their softmax nearest to the beliefs.

    Temperature scaling (Guo et al. 2017), by cross-entropy; from 1/1000 to 1000. It leaves
    the order of the classes as it is.
    """
    from scipy.optimize import minimize_scalar

    def loss(power: float) -> float:
        return cross_entropy(scores * np.float32(10.0**power), beliefs)[0]

    return float(10.0 ** minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)
