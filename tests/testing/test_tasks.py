"""The small tasks hold what a table may bring."""

from __future__ import annotations

import numpy as np

from crembo_cli.testing.tasks import FEATURES, small_image_tasks, small_tasks


def test_the_tasks_are_tasks_of_the_contract() -> None:
    """Rows and beliefs have the shapes, types and sums that `contract.Task` states."""
    for small in small_tasks():
        task = small.task
        for rows, beliefs in (
            (task.rows, task.beliefs),
            (task.validation_rows, task.validation_beliefs),
        ):
            assert rows.dtype == beliefs.dtype == np.float32
            assert len(rows) == len(beliefs)
            assert rows.shape[1] == len(FEATURES)
            assert not np.isinf(rows).any()
            np.testing.assert_allclose(beliefs.sum(axis=1), 1, atol=1e-6)
        assert not np.isinf(small.probes).any()


def test_the_small_images_are_tasks_of_their_shape() -> None:
    """Each row has a column and a feature for each pixel, some missing, and both orders occur."""
    tasks = list(small_image_tasks())
    for small in tasks:
        shape = small.task.shape
        assert shape is not None
        for rows in (small.task.rows, small.task.validation_rows, small.probes):
            assert (rows.dtype, rows.shape[1]) == (np.float32, shape.pixels)
            assert not np.isinf(rows).any()
        assert len(small.features) == shape.pixels
        np.testing.assert_allclose(small.task.beliefs.sum(axis=1), 1, atol=1e-6)
    assert {each.task.shape.channels_last for each in tasks if each.task.shape} == {True, False}
    assert any(np.isnan(each.task.rows).any() for each in tasks)


def test_the_tasks_hold_the_hard_cells() -> None:
    """There are missing cells, constant and empty columns, unseen codes and idle rewards."""
    small = next(small_tasks())
    rows = small.task.rows
    assert 0 < np.isnan(rows[:, 2]).mean() < 1
    assert set(rows[:, 3]) == {3.0}
    assert set(rows[:, 4]) == {-1.0, 0.0, 1.0, 2.0, 3.0}
    assert np.isnan(rows[:, 5]).all()
    for name, rewards in small.masks():
        sums = rewards.sum(axis=1)
        assert (sums == 0).any(), name
        assert (sums == 2).any() != ("all 0" in name)


def test_the_tasks_are_the_same_each_time() -> None:
    """Two calls give equal tasks, so a failure can be found again."""
    for one, other in zip(small_tasks(), small_tasks(), strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.task.rows, other.task.rows)
        np.testing.assert_array_equal(one.probes, other.probes)
