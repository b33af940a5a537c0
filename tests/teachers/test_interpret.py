"""Tests of crembo_cli.teachers.interpret."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.interpret import (
    Interpretation,
    check_class_order,
    disagreement_rate,
    find_threshold,
    interpret,
    one_hot,
)
from crembo_cli.teachers.model_info import ModelInfo

INFO = ModelInfo(classes_source="")
P = np.array([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9]])
MARGINS = np.array([[1.5, -1.5], [-0.2, 0.2], [-2.0, 2.0]])


def interpretation(outputs: dict[str, Any], labels: Any = None, **options: Any) -> Interpretation:
    """What `interpret` makes of outputs and labels, by default as the command line asks."""
    given = {"classes": None, "info": INFO, "activation": "auto", "hard": False, **options}
    rows = range(40, 40 + len(next(iter(outputs.values()), labels)))
    return interpret(outputs, None if labels is None else np.array(labels), rows, **given)


def test_classes_are_stored_or_numbered_from_0() -> None:
    """Named classes are kept; without names they are counted from 0."""
    assert interpretation({"p": P}, classes=("no", "yes")).classes == ("no", "yes")
    assert interpretation({"p": P}).classes == (0, 1)
    assert interpretation({"p": P[:, :1]}).classes == (0, 1)


def test_hard_labels_are_the_predicted_labels() -> None:
    """--hard-labels needs no scores, and keeps a later table to the classes of the first."""
    found = interpretation({}, [0, 2, 1], hard=True)
    assert found.classes == (0, 1, 2)
    assert found.words == "the predicted labels, as one-hot probabilities (--hard-labels)"
    np.testing.assert_array_equal(found.beliefs({}, np.array([2]), [5]), [[0, 0, 1]])
    with pytest.raises(TeacherError, match="row 5"):
        found.beliefs({}, np.array([3]), [5])


def test_hard_labels_without_labels_are_the_most_probable_classes() -> None:
    """Without labels of its own, a teacher's label is its most probable class."""
    found = interpretation({"p": P}, hard=True)
    np.testing.assert_array_equal(found.beliefs({"p": P}, None, range(3)), [[1, 0], [0, 1], [0, 1]])


def test_labels_that_differ_from_the_most_probable_class_are_noted() -> None:
    """The threshold that explains them is kept."""
    found = interpretation({"p": P}, [0, 0, 1], classes=("no", "yes"))
    assert "differ" not in found.words
    assert found.notes == (
        "the teacher's predicted label is not its most probable class on 33.3% of the rows"
        ": it uses the threshold 0.8",
    )
    assert found.threshold == 0.8


def test_labels_that_agree_are_not_noted() -> None:
    """There is nothing to note."""
    assert interpretation({"p": P}, [0, 1, 1], classes=("no", "yes")).notes == ()


def test_two_scores_in_the_opposite_order_are_swapped() -> None:
    """skl2onnx writes the two scores of an SVC in the wrong order; the labels decide."""
    found = interpretation({"s": MARGINS}, [1, 0, 0], classes=("no", "yes"), activation="softmax")
    beliefs = found.beliefs({"s": MARGINS}, None, range(3))
    assert beliefs.argmax(axis=1).tolist() == [1, 0, 0]
    assert "crembo swapped them" in found.notes[0]


def test_scores_that_contradict_the_labels_are_refused() -> None:
    """Scores put through an activation must bear out the labels on most rows."""
    scores = np.array([[3.0, 1.0, 0.0]] * 4)
    with pytest.raises(TeacherError, match=r"contradict its scores.*100\.0% of the rows"):
        interpretation({"s": scores}, [1, 1, 2, 2], classes=("a", "b", "c"), activation="softmax")


def test_labels_of_unknown_classes_must_number_the_outputs() -> None:
    """Labels without traced classes are taken for numbers only where they prove to be."""
    assert interpretation({"p": P}, [0, 1, 1]).classes == (0, 1)
    with pytest.raises(TeacherError, match="order of the teacher's classes is unknown"):
        interpretation({"p": P}, [3, 5, 5])


def test_a_sigmoid_of_probabilities_is_noted() -> None:
    """One column from 0 to 1 may be a probability already."""
    column = np.array([[0.2], [0.9]])
    assert "remove the option" in interpretation({"p": column}, activation="sigmoid").notes[0]
    assert interpretation({"p": column * 3}, activation="sigmoid").notes == ()


def test_the_message_has_the_row_number_of_the_table() -> None:
    """What cannot be read is told by the table's own count of rows."""
    with pytest.raises(TeacherError, match=r"found 1\.5 in row 40"):
        interpretation({"s": MARGINS})


BELIEFS = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.9, 0.1, 0.0]], dtype=np.float32)


def test_labels_become_one_hot_probabilities() -> None:
    """A label is belief 1 in its class."""
    np.testing.assert_array_equal(
        one_hot(np.array([2, 0]), 3, [7, 9]), np.array([[0, 0, 1], [1, 0, 0]], dtype=np.float32)
    )


def test_an_unknown_label_is_refused_with_its_row() -> None:
    """A class that the first table did not show is not quietly another one."""
    with pytest.raises(TeacherError, match=r"row 9: .* unknown label; found class number 3"):
        one_hot(np.array([2, 3]), 3, [7, 9])
    with pytest.raises(TeacherError, match="row 7"):
        one_hot(np.array([-1, 0]), 3, [7, 9])


def test_either_class_of_a_tie_agrees() -> None:
    """Where two classes are equally probable, either label is a most probable one."""
    assert disagreement_rate(np.array([0, 2, 0]), BELIEFS) == 0
    assert disagreement_rate(np.array([1, 2, 0]), BELIEFS) == 0
    assert disagreement_rate(np.array([2, 2, 0]), BELIEFS) == pytest.approx(1 / 3)
    assert disagreement_rate(np.array([1, 5, 0]), BELIEFS) == pytest.approx(1 / 3)


def test_labels_that_do_not_number_the_outputs_are_refused() -> None:
    """Labels 1..3 over outputs 0..2 mean that nobody knows which output is whose."""
    check_class_order(np.array([0, 2, 0]), BELIEFS)
    with pytest.raises(TeacherError, match="the label 3, but the largest score is number 2"):
        check_class_order(np.array([1, 3, 0]), BELIEFS)


def test_a_threshold_is_below_one() -> None:
    """Where only certain rows are of the second class, it lies in the gap below 1."""
    beliefs = np.array([[0.5, 0.5], [0.04, 0.96], [0.0, 1.0]], np.float32)
    found = find_threshold(np.array([0, 0, 1]), beliefs)
    assert found is not None
    assert 0.96 < found < 1
