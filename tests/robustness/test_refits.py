"""Agreement of refits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.background import NONE, Background
from crembo_cli.robustness.refits import (
    Refit,
    Refitter,
    measure_agreement,
    measure_contamination,
    refits_of,
)
from crembo_cli.search.student import Search, find_student
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Indices
from crembo_cli.students.tree.family import TreeFamily
from tests.robustness.small_runs import ConstantFamily, found_on, small_parts

SEARCH = Search(thresholds=3, synthetic=0)
NAMES = ("student", "baseline_teacher", "baseline_soft")


def ignore(done: int) -> None:
    """Ignore the progress."""


def test_constant_students_always_agree() -> None:
    """The agreement is exactly 1, on resamples and with label noise."""
    parts = small_parts()
    found = found_on(parts, ConstantFamily(), SEARCH)
    refits = refits_of(found, ConstantFamily(), SEARCH, parts.test.rows)
    assert measure_agreement(refits, ignore).student == 1.0
    for beside in measure_contamination(refits, ignore).values():
        assert beside.student == 1.0


def test_students_of_two_distant_clumps_agree() -> None:
    """All resamples agree, and label noise moves a row at the edge at most."""
    rng = np.random.default_rng(0)
    clump = np.arange(100) % 2
    rows = (10 * clump[:, None] + rng.normal(size=(100, 2))).astype(np.float32)
    beliefs = np.eye(2, dtype=np.float32)[clump]
    part = TrainingRows(rows=rows, beliefs=beliefs, y_true=clump, real=100)
    family = TreeFamily(max_depth=1)
    found = find_student(part, part, family, SEARCH)
    refits = refits_of(found, family, SEARCH, rows)
    shares = measure_agreement(refits, ignore)
    assert set(vars(shares).values()) == {1.0}
    for beside in measure_contamination(refits, ignore).values():
        assert min(vars(beside).values()) >= 0.95


def test_full_label_noise_of_two_classes_reverses_every_prediction() -> None:
    """With every belief and label swapped, no prediction agrees with the clean refit."""
    rows = np.arange(60, dtype=np.float32)[:, None]
    side = (rows[:, 0] > 30).astype(np.int64)
    beliefs = np.where(np.eye(2)[side] > 0, 0.8, 0.2).astype(np.float32)
    part = TrainingRows(rows=rows, beliefs=beliefs, y_true=side, real=60)
    family = TreeFamily(max_depth=1)
    found = find_student(part, part, family, SEARCH)
    refits = refits_of(found, family, SEARCH, rows)
    (beside,) = measure_contamination(refits, ignore, shares=(1.0,)).values()
    assert set(vars(beside).values()) == {0.0}


def test_without_label_noise_every_prediction_agrees() -> None:
    """A share of 0 gives exactly 1, although the student had a path and more rows."""
    parts = small_parts()
    family = TreeFamily(max_depth=4)
    found = found_on(parts, family, Search(thresholds=8, synthetic=0))
    twice = np.tile(np.arange(found.train.real), 2)
    train = replace(found.train, rows=found.train.rows[twice], beliefs=found.train.beliefs[twice])
    refits = refits_of(
        replace(found, train=train), family, SEARCH, parts.test.rows, most_synthetic=50
    )
    (beside,) = measure_contamination(refits, ignore, shares=(0.0,)).values()
    assert set(vars(beside).values()) == {1.0}


def test_a_resample_has_synthetic_rows_of_its_own_rows_only() -> None:
    """No synthetic row belongs to a row that was left out, and the number of rows is limited."""
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

    class Recorded(Refitter):
        """Keeps the training rows and fits nothing."""

        def __call__(self, refit: Refit) -> dict[str, Indices]:
            seen.append(refit.train)
            return dict.fromkeys(NAMES, np.zeros(len(parts.test.rows), np.int64))

    refits = replace(refits, refitter=Recorded(**vars(refits.refitter)))
    measure_agreement(refits, ignore, most_rows=300)
    assert len(seen) == 10
    for drawn in seen:
        assert drawn.real == round(0.8 * real)
        assert len(drawn.rows) == 300
        kept = {row.tobytes() for row in drawn.rows[: drawn.real]}
        assert {row.tobytes() for row in drawn.rows[drawn.real :]} <= kept


def test_the_same_seed_gives_the_same_shares() -> None:
    """Two runs give one result, without labels too."""
    parts = small_parts()
    parts = replace(
        parts,
        train=replace(parts.train, y_true=None),
        validation=replace(parts.validation, y_true=None),
    )
    family = TreeFamily(max_depth=2)
    found = found_on(parts, family, SEARCH)
    refits = refits_of(found, family, SEARCH, parts.test.rows)
    one, other = (
        (measure_agreement(refits, ignore), measure_contamination(refits, ignore)) for _ in range(2)
    )
    assert one == other
    assert one[0].baseline_labels is None
    assert 0.5 < one[0].student <= 1.0


def test_another_process_does_a_share_of_the_refits_and_changes_nothing() -> None:
    """Neither do a family that cannot be sent there, nor threads in place of the process."""
    parts = small_parts()

    class Unsent(TreeFamily):
        """A family that no other process can import."""

    for family in (TreeFamily(max_depth=2), Unsent(max_depth=2)):
        found = found_on(parts, family, SEARCH)
        shares = []
        for background in (NONE, Background(3), Background(2, ["numpy"])):
            refits = refits_of(found, family, SEARCH, parts.test.rows, background=background)
            shares.append(measure_agreement(refits, ignore))
            background.close()
        assert shares[0] == shares[1] == shares[2]
