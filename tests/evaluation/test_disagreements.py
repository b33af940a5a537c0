"""Where two students differ, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from crembo_cli.evaluation.disagreements import MOST, disagreements_of
from crembo_cli.students.contract import Feature

FEATURES = [Feature(name="age"), Feature(name="region", categories=("n", "s", "e", "w"))]


class Table(SimpleNamespace):
    """What a labelled table offers."""

    def teacher_labels(self) -> np.ndarray:
        """The labels of the teacher."""
        return np.asarray(self.taught)


def table(n: int = 400) -> Any:
    """Ages from 0 to 79 in four regions; all labels are 0, the teacher's too."""
    age = np.arange(n) % 80
    rows = np.column_stack([age, np.arange(n) // 80 % 4]).astype(np.float32)
    zeros = np.zeros(n, np.int64)
    return Table(rows=rows, y_true=zeros, taught=zeros, encoding=SimpleNamespace(features=FEATURES))


def test_the_groups_are_found_and_named_by_their_conditions() -> None:
    """Everybody above 69, and those below 10 in one region; the larger group comes first."""
    made = table()
    a = np.zeros(400, np.int64)
    b = np.where(made.rows[:, 0] > 69, 1, 0)
    young = (made.rows[:, 0] < 10) & (made.rows[:, 1] == 3)
    b[young] = 2
    first, second = disagreements_of(made, a, b, ["no", "yes", "?"], teacher=True, seed=0)
    assert first.where.startswith("age > 69")
    assert (first.rows, first.differing, first.a, first.b) == (50, 50, "no", "yes")
    assert (first.a_correct, first.b_correct) == (50, 0)
    assert (first.a_faithful, first.b_faithful) == (50, 0)
    assert "age <= 9" in second.where
    assert "region in {w" in second.where
    assert (second.differing, second.b) == (int(young.sum()), "?")


def test_equal_predictions_have_no_groups() -> None:
    """Nothing is listed."""
    labels = np.zeros(400, np.int64)
    assert disagreements_of(table(), labels, labels, ["a", "b"], teacher=True, seed=0) == []


def test_at_most_five_groups_are_listed_and_without_labels_nobody_is_right() -> None:
    """Differences all over, in bands of age."""
    made = table()
    made.y_true = None
    b = np.where(made.rows[:, 0] % 16 < 6, 1, 0)
    found = disagreements_of(made, np.zeros(400, np.int64), b, ["a", "b"], teacher=False, seed=0)
    assert len(found) <= MOST
    assert found[0].differing >= found[-1].differing
    assert {each.a_correct for each in found} == {each.a_faithful for each in found} == {None}


def test_differences_without_a_pattern_are_one_group() -> None:
    """One row in two hundred, at random, is no group of its own."""
    made = table()
    b = np.zeros(400, np.int64)
    b[[101, 350]] = 1
    (found, *_) = disagreements_of(made, b * 0, b, ["a", "b"], teacher=False, seed=0)
    assert found.differing in (1, 2)
