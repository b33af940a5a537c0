"""What refitting tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.robustness import refits as module
from crembo_cli.robustness import refits as redrawn
from crembo_cli.robustness.refits import agreement, contamination, refits_of
from crembo_cli.search.student import Search, find_student
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Indices
from crembo_cli.students.tree.family import TreeFamily
from tests.robustness.cases import ConstantFamily, found_on, small_parts

SEARCH = Search(thresholds=3, synthetic=0)


def ignore(done: int) -> None:
    """Progress for nobody to see."""


def test_constants_agree_whatever_they_are_fitted_on() -> None:
    """Exactly 1, on resamples and on wrong beliefs; so do one-leaf trees on a clear majority."""
    parts = small_parts()
    found = found_on(parts, ConstantFamily(), SEARCH)
    refits = refits_of(found, ConstantFamily(), SEARCH, parts.test.rows)
    assert agreement(refits, ignore).student == 1.0
    for beside in contamination(refits, ignore).values():
        assert beside.student == 1.0


def test_a_student_that_needs_nothing_but_the_split_agrees() -> None:
    """Two clumps far apart: all resamples agree, and wrong labels move an edge row at most."""
    rng = np.random.default_rng(0)
    clump = np.arange(100) % 2
    rows = (10 * clump[:, None] + rng.normal(size=(100, 2))).astype(np.float32)
    beliefs = np.eye(2, dtype=np.float32)[clump]
    part = TrainingRows(rows=rows, beliefs=beliefs, y_true=clump, real=100)
    family = TreeFamily(max_depth=1)
    found = find_student(part, part, family, SEARCH)
    refits = refits_of(found, family, SEARCH, rows)
    shares = agreement(refits, ignore)
    assert (shares.student, shares.baseline_labels, shares.baseline_teacher) == (1.0, 1.0, 1.0)
    for beside in contamination(refits, ignore).values():
        assert min(beside.student, beside.baseline_labels or 0, beside.baseline_teacher) >= 0.95


def test_all_wrong_of_two_classes_is_the_reverse(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every belief and label swapped, nobody says what the clean ones say."""
    monkeypatch.setattr(module, "CONTAMINATION", (1.0,))
    rows = np.arange(60, dtype=np.float32)[:, None]
    side = (rows[:, 0] > 30).astype(np.int64)
    beliefs = np.where(np.eye(2)[side] > 0, 0.8, 0.2).astype(np.float32)
    part = TrainingRows(rows=rows, beliefs=beliefs, y_true=side, real=60)
    family = TreeFamily(max_depth=1)
    found = find_student(part, part, family, SEARCH)
    refits = refits_of(found, family, SEARCH, rows)
    (beside,) = contamination(refits, ignore).values()
    assert (beside.student, beside.baseline_labels, beside.baseline_teacher) == (0.0, 0.0, 0.0)


def test_without_wrong_beliefs_nothing_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of 0 is exactly 1, though the student had a path and rows that refits do not have."""
    monkeypatch.setattr(module, "CONTAMINATION", (0.0,))
    monkeypatch.setattr(module, "MOST_MADE", 50)
    parts = small_parts()
    family = TreeFamily(max_depth=4)
    found = found_on(parts, family, Search(thresholds=8, synthetic=0))
    twice = np.tile(np.arange(found.train.real), 2)
    train = replace(found.train, rows=found.train.rows[twice], beliefs=found.train.beliefs[twice])
    refits = refits_of(replace(found, train=train), family, SEARCH, parts.test.rows)
    (beside,) = contamination(refits, ignore).values()
    assert (beside.student, beside.baseline_labels, beside.baseline_teacher) == (1.0, 1.0, 1.0)


def test_what_is_left_out_leaves_no_copies_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resample holds synthetic rows of the drawn rows only, and no more than it may."""
    parts = small_parts()
    real = len(parts.train.rows)
    family = TreeFamily(max_depth=3)
    found = found_on(parts, family, SEARCH)
    copies = np.tile(np.arange(real), 4)
    train = TrainingRows(
        rows=np.vstack([parts.train.rows, parts.train.rows[copies]]),
        beliefs=np.vstack([parts.train.beliefs, parts.train.beliefs[copies]]),
        y_true=parts.train.y_true,
        real=real,
    )
    refits = refits_of(replace(found, train=train), family, SEARCH, parts.test.rows)
    seen: list[TrainingRows] = []

    def spy(self: object, train: TrainingRows, validation: TrainingRows) -> Indices:
        seen.append(train)
        return np.zeros(len(parts.test.rows), np.int64)

    monkeypatch.setattr(module.Refits, "student", spy)
    monkeypatch.setattr(redrawn, "MOST_ROWS", 300)
    agreement(refits, ignore)
    assert len(seen) == 10
    for drawn in seen:
        assert drawn.real == round(0.8 * real)
        assert len(drawn.rows) == 300
        kept = {row.tobytes() for row in drawn.rows[: drawn.real]}
        assert {row.tobytes() for row in drawn.rows[drawn.real :]} <= kept


def test_the_same_seed_gives_the_same_shares() -> None:
    """Two runs, one result, without labels too."""
    parts = small_parts()
    parts = replace(
        parts,
        train=replace(parts.train, y_true=None),
        validation=replace(parts.validation, y_true=None),
    )
    family = TreeFamily(max_depth=2)
    found = found_on(parts, family, SEARCH)
    refits = refits_of(found, family, SEARCH, parts.test.rows)
    one, other = ((agreement(refits, ignore), contamination(refits, ignore)) for _ in range(2))
    assert one == other
    assert one[0].baseline_labels is None
    assert 0.5 < one[0].student <= 1.0
