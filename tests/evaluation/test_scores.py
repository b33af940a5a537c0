"""Measures of class probabilities equal scikit-learn's and scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from crembo_cli.evaluation import scores
from crembo_cli.evaluation.counts import Counts
from crembo_cli.students.contract import Floats, Indices

SEEDS = range(20)


def random_case(seed: int, c: int) -> tuple[Floats, Floats, Indices]:
    """Draw the probabilities of two classifiers, with ties and zeros, and true classes."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 400))
    found = rng.dirichlet(np.full(c, 0.5), (2, n)).round(int(rng.integers(1, 8)))
    found[..., 0] += 1e-3
    found /= found.sum(axis=-1, keepdims=True)
    y = rng.choice(c, n, p=rng.dirichlet(np.ones(c)))
    y[:c] = np.arange(c)  # every class has rows
    P, Q = found.astype(np.float32)
    return P, Q, y


def exact(Q: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Convert to float64 with rows that sum to 1: scikit-learn warns of the last bits."""
    each = Q.astype(np.float64)
    return each / each.sum(axis=1, keepdims=True)


def compared(y: Indices, c: int) -> tuple[int, ...]:
    """The classes whose measures are averaged."""
    return scores.compared_classes(np.bincount(y, minlength=c))


def likely_of(Q: Floats, y: Indices) -> list[Counts]:
    """The probabilities of these classes, counted."""
    return [Counts.of(Q[:, k], y == k) for k in compared(y, Q.shape[1])]


@pytest.mark.parametrize("c", [2, 3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_proper_scores_equal_those_of_the_libraries(seed: int, c: int) -> None:
    """Log loss, Brier score and KL divergence, with probabilities of exactly 0."""
    P, Q, y = random_case(seed, c)
    floored = np.clip(exact(Q), scores.FLOOR, 1 - scores.FLOOR)
    assert scores.log_loss_by_row(Q, y).mean() == pytest.approx(
        log_loss(y, exact(floored.astype(np.float32)), labels=range(c)), rel=1e-5
    )
    assert scores.brier_by_row(Q, y).mean() == pytest.approx(
        brier_score_loss(y, exact(Q), labels=range(c), scale_by_half=True)
    )
    expected = entropy(exact(P), np.maximum(exact(Q), scores.FLOOR), axis=1)
    assert scores.kl_by_row(P, Q) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("c", [3, 5])
@pytest.mark.parametrize("seed", SEEDS)
def test_rankings_of_many_classes_are_means_over_the_classes(seed: int, c: int) -> None:
    """Each class against the others, as scikit-learn's macro average."""
    _, Q, y = random_case(seed, c)
    one_hot = np.eye(c, dtype=np.int64)[y]
    assert scores.roc_auc(likely_of(Q, y)) == pytest.approx(
        roc_auc_score(one_hot, Q, average="macro")
    )
    assert scores.average_precision(likely_of(Q, y)) == pytest.approx(
        average_precision_score(one_hot, Q, average="macro")
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_rankings_of_two_classes_are_those_of_the_rarer(seed: int) -> None:
    """The calibration error is scikit-learn's curve, weighted by the rows of its bins."""
    _, Q, y = random_case(seed, 2)
    (rare,) = compared(y, 2)
    assert np.mean(y == rare) <= 0.5
    likely = Q[:, rare].astype(np.float64)
    assert scores.roc_auc(likely_of(Q, y)) == pytest.approx(roc_auc_score(y == rare, likely))
    assert scores.average_precision(likely_of(Q, y)) == pytest.approx(
        average_precision_score(y == rare, likely)
    )
    share, mean = calibration_curve(y == rare, likely, n_bins=10, strategy="quantile")
    edges = np.percentile(likely, np.arange(10, 100, 10))
    rows = np.bincount(np.searchsorted(edges, likely), minlength=10)
    weight = rows[rows > 0] / len(y)
    assert scores.calibration_error(likely_of(Q, y)) == pytest.approx(
        np.sum(weight * np.abs(share - mean))
    )


def test_classes_without_rows_are_left_out_of_the_means() -> None:
    """Of three classes, the two with rows; of one class with rows, none."""
    assert scores.compared_classes(np.array([1, 0, 2])) == (0, 2)
    assert scores.compared_classes(np.array([0, 0, 2])) == ()
    assert scores.compared_classes(np.array([1, 1])) == (1,)
    assert scores.compared_classes(np.array([1, 2])) == (0,)


def test_equal_probabilities_share_a_bin() -> None:
    """A constant that is right on average has no calibration error, in any order of the rows."""
    Q = np.tile(np.float32([0.75, 0.25]), (8, 1))
    y = np.array([1, 1, 0, 0, 0, 0, 0, 0])
    assert scores.calibration_error(likely_of(Q, y)) == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_error_of_the_area_is_that_of_delong(seed: int) -> None:
    """By pairs of rows, as the paper has it, up to n - 1 in place of n."""
    _, Q, y = random_case(seed, 2)
    (rare,) = compared(y, 2)
    own, others = Q[y == rare, rare], Q[y != rare, rare]
    wins = (own[:, None] > others) + 0.5 * (own[:, None] == others)
    variance = wins.mean(axis=1).var() / len(own) + wins.mean(axis=0).var() / len(others)
    found = scores.auc_influence(Q, y, [rare])
    assert found is not None
    assert np.sqrt((found**2).sum()) / len(y) == pytest.approx(np.sqrt(variance))
    assert found.mean() == pytest.approx(0.0, abs=1e-12)
