"""Labels as beliefs, and against beliefs."""

from __future__ import annotations

import numpy as np
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.interpret import one_hot, refuse_unproved, share_differing

BELIEFS = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.9, 0.1, 0.0]], dtype=np.float32)


def test_labels_are_certain_beliefs() -> None:
    """A label is belief 1 in its class."""
    np.testing.assert_array_equal(
        one_hot(np.array([2, 0]), 3, [7, 9]), np.array([[0, 0, 1], [1, 0, 0]], dtype=np.float32)
    )


def test_a_label_outside_the_classes_is_named_by_its_row() -> None:
    """A class that the first table did not show is not quietly another one."""
    with pytest.raises(TeacherError, match="row 9 a label that is none of its classes"):
        one_hot(np.array([2, 3]), 3, [7, 9])
    with pytest.raises(TeacherError, match="row 7"):
        one_hot(np.array([-1, 0]), 3, [7, 9])


def test_either_class_of_a_tie_agrees() -> None:
    """Where two classes are equally probable, either label is a most probable one."""
    assert share_differing(np.array([0, 2, 0]), BELIEFS) == 0
    assert share_differing(np.array([1, 2, 0]), BELIEFS) == 0
    assert share_differing(np.array([2, 2, 0]), BELIEFS) == pytest.approx(1 / 3)
    assert share_differing(np.array([1, 5, 0]), BELIEFS) == pytest.approx(1 / 3)


def test_numbers_that_are_not_the_outputs_are_refused() -> None:
    """Labels 1..3 over outputs 0..2 mean that nobody knows which output is whose."""
    refuse_unproved(np.array([0, 2, 0]), BELIEFS)
    with pytest.raises(TeacherError, match="the label 3 where the largest score is number 2"):
        refuse_unproved(np.array([1, 3, 0]), BELIEFS)
