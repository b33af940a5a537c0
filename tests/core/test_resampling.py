"""Rows drawn again and wrongly labelled."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.core.resampling import (
    draw_resamples,
    draw_wrong_classes,
    nearest_real_rows,
    pairwise_agreement,
    swap_beliefs,
)
from crembo_cli.core.synthetic import synthetic_rows


def test_resamples_are_drawn_without_replacement() -> None:
    """Each draw holds its share of the rows, each row once, and the draws differ."""
    drawn = draw_resamples(3, 50, 0.8, np.random.default_rng(0))
    assert [len(np.unique(each)) for each in drawn] == [40, 40, 40]
    assert not np.array_equal(drawn[0], drawn[1])
    assert draw_resamples(1, 2, 0.8, np.random.default_rng(0))[0].tolist() == [0, 1]


@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(1, 4))
def test_pairwise_agreement_is_the_mean_over_pairs(seed: int, k: int, classes: int) -> None:
    """Counting by class gives what comparing all pairs gives."""
    answers = np.random.default_rng(seed).integers(0, classes, (k, 30))
    pairs = [np.mean(one == other) for one, other in combinations(answers, 2)]
    assert np.isclose(pairwise_agreement(list(answers)), np.mean(pairs), atol=1e-12)


def test_agreement_of_equals_is_one() -> None:
    """Classifiers that say the same agree on all rows, exactly."""
    assert pairwise_agreement([np.zeros(7, np.int64)] * 10) == 1.0


def test_a_synthetic_row_belongs_to_one_of_its_source_rows() -> None:
    """Of rows in clumps, the owner of a made row lies in the clump that it was made in."""
    rng = np.random.default_rng(0)
    clump = np.arange(60) % 3
    rows = (rng.normal(size=(60, 4)) + 20 * clump[:, None]).astype(np.float32)
    rows[rng.random(rows.shape) < 0.05] = np.nan
    made = synthetic_rows(rows, 300, rng)
    owner = nearest_real_rows(rows, made, np.ones(4, np.float32))
    assert (clump[owner] == np.rint(np.nanmean(made, axis=1) / 20)).all()
    assert nearest_real_rows(rows, rows, np.ones(4, np.float32)).tolist() == list(range(60))


def test_wrong_classes_are_wrong_and_even() -> None:
    """Never the class itself, and each of the others as often."""
    predicted = np.full(30_000, 2)
    wrong = draw_wrong_classes(predicted, 4, np.random.default_rng(0))
    assert np.allclose(
        np.bincount(wrong, minlength=4) / 30_000, [1 / 3, 1 / 3, 0, 1 / 3], atol=0.01
    )


def test_label_noise_written_out() -> None:
    """The belief of the class that was said and of the wrong one change places."""
    beliefs = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], np.float32)
    changed = swap_beliefs(beliefs, np.array([1]), np.array([0]))
    assert changed.tolist() == beliefs[[0]].tolist() + beliefs[[1]][:, [2, 1, 0]].tolist()
    assert beliefs[1, 0] == np.float32(0.1)
