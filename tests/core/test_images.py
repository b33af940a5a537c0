"""New images for the teacher to label."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.arrays import Floats
from crembo_cli.core import images
from crembo_cli.core.images import Shape, draw_images, image_rows

SQUARE: Shape = (1, 8, 8)


def bright_squares(n: int) -> Floats:
    """Images of 8x8: a square of 4x4 of brightness 1 to 2 on a ground of -1."""
    rows = np.full((n, 8, 8), -1, np.float32)
    rows[:, 2:6, 2:6] = np.random.default_rng(0).uniform(1, 2, (n, 1, 1))
    return rows.reshape(n, -1)


def test_same_seed_draws_same_images() -> None:
    """Two generators with one seed draw equal bytes; another seed draws others."""
    rows = bright_squares(20)
    first, second, third = (
        image_rows(rows, 100, SQUARE, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.dtype == np.float32
    assert first.shape == (100, 64)
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != third.tobytes()


def test_new_images_differ_from_the_real_ones() -> None:
    """No image is drawn twice, and none is a real one."""
    rows = np.random.default_rng(0).random((20, 64), np.float32)
    drawn = image_rows(rows, 1000, SQUARE, np.random.default_rng(0))
    assert len(np.unique(np.concatenate([rows, drawn]), axis=0)) == 1020


def test_values_stay_within_the_range_of_each_channel() -> None:
    """The second channel of two holds larger numbers than the first; neither leaves its range."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.uniform(0, 1, (30, 36)), rng.uniform(5, 9, (30, 36))], axis=1)
    rows = rows.astype(np.float32)
    drawn = image_rows(rows, 500, (2, 6, 6), rng)
    for part in (slice(0, 36), slice(36, 72)):
        assert drawn[:, part].min() >= rows[:, part].min()
        assert drawn[:, part].max() <= rows[:, part].max()


def test_whole_numbers_stay_whole() -> None:
    """Pixels from 0 to 255 without fractions stay so."""
    rows = np.random.default_rng(0).integers(0, 256, (10, 64)).astype(np.float32)
    drawn = image_rows(rows, 50, SQUARE, np.random.default_rng(0))
    assert np.array_equal(drawn, np.rint(drawn))
    assert drawn.min() >= 0
    assert drawn.max() <= 255


def test_each_image_is_used_as_often() -> None:
    """Of three images, seven new ones use each twice or three times."""
    drawing = draw_images(bright_squares(3), 7, SQUARE, np.random.default_rng(0))
    assert sorted(np.bincount(drawing.base, minlength=3)) == [2, 2, 3]
    assert ((drawing.share >= 0.5) & (drawing.share <= 1)).all()


def test_movement_shifts_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """With movement alone, the bright square's centre moves by up to a tenth of the side."""
    for name in ("CONTRAST", "NOISE", "CUT", "MIX", "TURN", "SCALE"):
        monkeypatch.setattr(images, name, 0.0)
    drawn = image_rows(bright_squares(1), 600, SQUARE, np.random.default_rng(0)).reshape(-1, 8, 8)
    weight = drawn + 1
    centre = (weight * np.arange(8)).sum(axis=(1, 2)) / weight.sum(axis=(1, 2)) - 3.5
    assert np.abs(centre).max() <= 0.8 + 1e-3
    assert centre.min() < -0.5
    assert centre.max() > 0.5


def test_signal_is_shifted_along_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of shape (1, 1, 40), a peak moves by up to 4 places and keeps its height."""
    for name in ("CONTRAST", "NOISE", "CUT", "MIX", "SCALE"):
        monkeypatch.setattr(images, name, 0.0)
    rows = np.maximum(0, 1 - np.abs(np.arange(40) - 20) / 8).astype(np.float32)[None]
    drawn = image_rows(rows, 600, (1, 1, 40), np.random.default_rng(0))
    peak = drawn.argmax(axis=1)
    assert set(peak) == set(range(16, 25))
    assert drawn.max(axis=1).min() > 0.9


def test_mixed_image_lies_between_its_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """With mixing alone, a new image is its share of the first and the rest of the second."""
    for name in ("CONTRAST", "NOISE", "CUT", "TURN", "SCALE", "SHIFT"):
        monkeypatch.setattr(images, name, 0.0)
    rows = np.random.default_rng(0).random((5, 64), np.float32)
    drawing = draw_images(rows, 200, SQUARE, np.random.default_rng(1))
    share = drawing.share[:, None]
    expected = share * rows[drawing.base] + (1 - share) * rows[drawing.other]
    assert 0.05 < (drawing.share < 1).mean() < 0.3
    np.testing.assert_allclose(drawing.rows, expected, atol=1e-6)


def test_cut_out_pixels_are_dark(monkeypatch: pytest.MonkeyPatch) -> None:
    """With cut-outs alone, a pixel is its own or the lowest value, in a part of the images."""
    for name in ("CONTRAST", "NOISE", "MIX", "TURN", "SCALE", "SHIFT"):
        monkeypatch.setattr(images, name, 0.0)
    rows = np.random.default_rng(0).uniform(1, 2, (5, 64)).astype(np.float32)
    drawing = draw_images(rows, 300, SQUARE, np.random.default_rng(1))
    same = np.isclose(drawing.rows, rows[drawing.base], atol=1e-5)
    assert (drawing.rows[~same] == rows.min()).all()
    touched = ~same.all(axis=1)
    assert 0.03 < touched.mean() < 0.2
    assert (~same).sum(axis=1).max() <= 9


def test_missing_pixel_does_not_spread() -> None:
    """A NaN is taken as the channel's mean: no drawn image has any."""
    rows = bright_squares(4)
    rows[0, 30] = np.nan
    assert not np.isnan(image_rows(rows, 50, SQUARE, np.random.default_rng(0))).any()


def test_no_images_are_refused() -> None:
    """Without an image to start from there is an error."""
    with pytest.raises(ValueError, match="no images"):
        image_rows(np.empty((0, 64), np.float32), 5, SQUARE, np.random.default_rng(0))
