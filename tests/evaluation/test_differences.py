"""Paired differences and their standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from crembo_cli.evaluation import scores
from crembo_cli.evaluation.counts import Counts
from crembo_cli.evaluation.differences import differences_of
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.students.contract import Floats
from tests.robustness.small_runs import evidence_of, mixed_frame


def prediction(Q: Floats) -> Prediction:
    """Build what a classifier with these probabilities predicts."""
    return Prediction(labels=Q.argmax(axis=1), probabilities=Q)


def random_case(seed: int, c: int) -> tuple[Floats, Floats, np.ndarray]:
    """Draw the probabilities of a good and of a worse classifier, and true classes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(c, 200)
    good = rng.normal(size=(200, c)) + 2 * np.eye(c)[y]
    worse = good + rng.normal(size=(200, c))
    P, Q = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (good, worse))
    return P.astype(np.float32), Q.astype(np.float32), y


def area(Q: Floats, y: np.ndarray) -> float | None:
    """The area under the ROC curve."""
    classes = scores.compared_classes(np.bincount(y, minlength=Q.shape[1]))
    return scores.roc_auc([Counts.of(Q[:, k], y == k) for k in classes])


@pytest.mark.parametrize("c", [2, 4])
def test_errors_are_those_of_the_bootstrap(c: int) -> None:
    """Over 400 samples of the rows, as paired as the differences are."""
    P, Q, y = random_case(0, c)
    table = evidence_of(mixed_frame(np.random.default_rng(0), len(y)), P, y)
    predicted = {"student": prediction(Q), "teacher": prediction(P)}
    found = differences_of(measure_rows(table, predicted))["teacher"]
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(400):
        at = rng.integers(0, len(y), len(y))
        parts = []
        for each in (Q, P):
            right = np.mean(each[at].argmax(axis=1) == y[at])
            lost = scores.log_loss_by_row(each[at], y[at]).mean()
            parts.append((right, lost, area(each[at], y[at])))
        drawn.append(np.subtract(*parts))
    errors = np.std(drawn, axis=0)
    for own, error in zip((found.accuracy, found.log_loss, found.roc_auc), errors, strict=True):
        assert own is not None
        assert own.error == pytest.approx(error, rel=0.2)


def test_values_are_differences_of_the_metrics() -> None:
    """The student less the other; from itself the difference is 0, without an error."""
    P, Q, y = random_case(3, 3)
    table = evidence_of(mixed_frame(np.random.default_rng(0), len(y)), P, y)
    said = {"student": prediction(Q), "teacher": prediction(P), "baseline_soft": prediction(Q)}
    found = differences_of(measure_rows(table, said))
    assert found.keys() == {"teacher", "baseline_soft"}
    one_hot = np.eye(3, dtype=np.int64)[y]
    gain = found["teacher"].roc_auc
    assert gain is not None
    assert gain.value == pytest.approx(roc_auc_score(one_hot, Q) - roc_auc_score(one_hot, P))
    for each in vars(found["baseline_soft"]).values():
        assert (each.value, each.error) == (0.0, 0.0)


def test_what_one_of_them_lacks_has_no_difference() -> None:
    """Without labels, without a teacher, without probabilities, with one class alone."""
    P, Q, y = random_case(4, 2)
    frame = mixed_frame(np.random.default_rng(0), len(y))
    both = {"student": prediction(Q), "teacher": prediction(P)}

    def known(table_of: np.ndarray | None, *, bare: bool = False, teacher: bool = True) -> set[str]:
        said = {**both, "student": Prediction(labels=both["student"].labels, probabilities=None)}
        table = evidence_of(frame, P, table_of)
        measured = measure_rows(table, said if bare else both, teacher=teacher)
        found = differences_of(measured)["teacher"]
        return {key for key, value in vars(found).items() if value is not None}

    assert known(None) == {"fidelity", "kl"}
    assert known(y, teacher=False) == {"accuracy", "log_loss", "roc_auc"}
    assert known(y, bare=True) == {"accuracy", "fidelity"}
    assert known(np.zeros_like(y)) == {"accuracy", "fidelity", "log_loss", "kl"}
