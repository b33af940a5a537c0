"""Draws: so many rows, each stratum in proportion, by row number and seed alone."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.dataset import draw
from crembo_cli.dataset.draw import draw_rows, hash_rows


def test_all_rows_are_drawn_where_there_are_no_more() -> None:
    """In their order."""
    assert draw_rows(5, 5, 0).tolist() == [0, 1, 2, 3, 4]
    assert draw_rows(5, 9, 0, np.array([0, 1, 0, 1, 0])).tolist() == [0, 1, 2, 3, 4]


def test_each_stratum_is_drawn_in_proportion_to_within_one_row() -> None:
    """A rare class keeps its share; the draw has the size that was wanted."""
    strata = np.repeat([0, 1, 2], [9_000, 900, 100])
    drawn = draw_rows(10_000, 1_234, 3, strata)
    assert len(drawn) == len(set(drawn.tolist())) == 1_234
    assert np.abs(np.bincount(strata[drawn]) - np.array([1110.6, 111.06, 12.34])).max() < 1
    assert (np.diff(drawn) > 0).all()


@pytest.mark.parametrize("strata", [None, np.arange(5_000) % 7])
def test_the_rows_with_the_smallest_hashes_are_drawn_whatever_the_chunks(
    strata: np.ndarray | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each stratum; memory is bounded by hashing a chunk at a time, which must not show."""
    classes = np.zeros(5_000, np.int64) if strata is None else strata
    hashes = hash_rows(np.arange(5_000), 1)
    drawn = draw_rows(5_000, 700, 1, strata)
    for k in np.unique(classes):
        own = np.flatnonzero(classes == k)
        taken = own[np.isin(own, drawn)]
        assert set(taken) == set(own[np.argsort(hashes[own])[: len(taken)]])
    for chunk in (1, 64, 4_999):
        monkeypatch.setattr(draw, "CHUNK", chunk)
        assert np.array_equal(draw_rows(5_000, 700, 1, strata), drawn)


def test_seeds_draw_different_rows_that_are_spread_evenly() -> None:
    """Two draws of a tenth share a tenth; each tenth of the table gives a tenth of a draw."""
    one, two = (draw_rows(100_000, 10_000, seed) for seed in (0, 1))
    assert 900 < len(np.intersect1d(one, two)) < 1_100
    assert np.abs(np.bincount(one // 10_000) - 1_000).max() < 120
