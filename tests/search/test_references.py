"""Cheap students of the strong families."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest

from crembo_cli.background import Background
from crembo_cli.search.references import (
    FEWEST_ROWS,
    MOST_ROWS,
    REFERENCES,
    Reference,
    begin_references,
    wait_for_references,
)
from crembo_cli.search.student import Search
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.registry import make_family

pytestmark = pytest.mark.references


def fit_references(*requested: Any) -> list[Reference]:
    """Begin them, and wait."""
    return wait_for_references(begin_references(*requested))


def training_rows(n: int, real: int) -> TrainingRows:
    """`n` rows, of which `real` are real; the class depends on both features together."""
    rows = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    yes = (rows[:, 0] * rows[:, 1] > 0).astype(np.float32)
    return TrainingRows(rows=rows, beliefs=np.column_stack([1 - yes, yes]), y_true=None, real=real)


def test_each_strong_family_but_the_students_own_is_fitted() -> None:
    """On at most 7,000 rows, half of them real, and the net sees what a sum of curves cannot."""
    train = training_rows(12_000, 300)
    search = Search(synthetic=0)
    found = {each.family: each for each in fit_references(train, make_family("tree", {}), search)}
    assert list(found) == list(REFERENCES)
    assert all(each.rows == MOST_ROWS for each in found.values())
    test, truth = train.rows[-500:], train.beliefs[-500:].argmax(axis=1)
    right = {name: np.mean(each.student.predict(test) == truth) for name, each in found.items()}
    assert right["mlp"] > 0.9 > right["linear"]
    rest = [each.family for each in fit_references(train, make_family("mlp", {}), search)]
    assert rest == [name for name in REFERENCES if name != "mlp"]


def test_equal_searches_fit_equal_references() -> None:
    """The rows and the fits follow from the seed, also of those in the background."""
    train = training_rows(3_000, 300)
    tree = make_family("tree", {})
    with closing(Background(2)) as background:
        found = fit_references(train, tree, Search(seed=1, threads=2), background)
    for one, two in zip(fit_references(train, tree, Search(seed=1)), found, strict=True):
        assert (
            one.student.predict_proba(train.rows) == two.student.predict_proba(train.rows)
        ).all()


@pytest.mark.parametrize(
    ("features", "classes", "rows"),
    [(6, 2, 7_000), (30, 2, 2_333), (46, 2, FEWEST_ROWS + 21), (64, 10, 0)],
)
def test_wide_tables_of_many_classes_get_fewer_rows_or_none(
    features: int, classes: int, rows: int
) -> None:
    """So that the time stays small beside the run; a net takes its steps all the same."""
    assert REFERENCES["additive"].rows(features, classes) == rows
    assert REFERENCES["mlp"].rows(features, classes) == MOST_ROWS
