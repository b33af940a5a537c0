"""What the first table settles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.interpret import Interpretation, interpret
from crembo_cli.teachers.model_info import ModelInfo

FACTS = ModelInfo(classes_source="")
P = np.array([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9]])
MARGINS = np.array([[1.5, -1.5], [-0.2, 0.2], [-2.0, 2.0]])


def interpretation(outputs: dict[str, Any], labels: Any = None, **options: Any) -> Interpretation:
    """What `interpret` makes of outputs and labels, by default as the command line asks."""
    given = {"classes": None, "facts": FACTS, "activation": "auto", "hard": False, **options}
    rows = range(40, 40 + len(next(iter(outputs.values()), labels)))
    return interpret(outputs, None if labels is None else np.array(labels), rows, **given)


def test_classes_are_those_named_or_the_outputs_numbers() -> None:
    """Named classes are kept; without names they are counted from 0."""
    assert interpretation({"p": P}, classes=("no", "yes")).classes == ("no", "yes")
    assert interpretation({"p": P}).classes == (0, 1)
    assert interpretation({"p": P[:, :1]}).classes == (0, 1)


def test_hard_labels_are_the_labels_where_there_are_any() -> None:
    """--hard-labels needs no scores, and keeps a later table to the classes of the first."""
    found = interpretation({}, [0, 2, 1], hard=True)
    assert found.classes == (0, 1, 2)
    assert found.words == "the teacher's labels alone, taken as certain (--hard-labels)"
    np.testing.assert_array_equal(found.beliefs({}, np.array([2]), [5]), [[0, 0, 1]])
    with pytest.raises(TeacherError, match="row 5"):
        found.beliefs({}, np.array([3]), [5])


def test_hard_labels_are_else_the_most_probable_classes() -> None:
    """Without labels of its own, a teacher's label is its most probable class."""
    found = interpretation({"p": P}, hard=True)
    np.testing.assert_array_equal(found.beliefs({"p": P}, None, range(3)), [[1, 0], [0, 1], [0, 1]])


def test_labels_that_differ_a_little_are_mentioned() -> None:
    """A teacher with a threshold of its own keeps its probabilities, and the reader hears."""
    found = interpretation({"p": P}, [0, 0, 1], classes=("no", "yes"))
    assert "differ" not in found.words
    assert found.notes == (
        "the teacher's own labels are not its most probable classes on 33.3% of the rows; its"
        " probabilities are what counts here",
    )


def test_labels_that_agree_are_not_mentioned() -> None:
    """No remark where there is nothing to remark."""
    assert interpretation({"p": P}, [0, 1, 1], classes=("no", "yes")).notes == ()


def test_two_scores_in_the_wrong_order_are_exchanged() -> None:
    """skl2onnx writes an SVC's two scores against its labels; the labels decide."""
    found = interpretation({"s": MARGINS}, [1, 0, 0], classes=("no", "yes"), activation="softmax")
    beliefs = found.beliefs({"s": MARGINS}, None, range(3))
    assert beliefs.argmax(axis=1).tolist() == [1, 0, 0]
    assert "they were exchanged" in found.notes[0]


def test_scores_that_contradict_the_labels_are_refused() -> None:
    """Scores put through an activation must bear out the labels on most rows."""
    scores = np.array([[3.0, 1.0, 0.0]] * 4)
    with pytest.raises(TeacherError, match=r"contradict its scores.*100\.0% of the rows"):
        interpretation({"s": scores}, [1, 1, 2, 2], classes=("a", "b", "c"), activation="softmax")


def test_unnamed_classes_must_be_the_outputs_numbers() -> None:
    """Labels without traced classes are taken for numbers only where they prove to be."""
    assert interpretation({"p": P}, [0, 1, 1]).classes == (0, 1)
    with pytest.raises(TeacherError, match="could not be found"):
        interpretation({"p": P}, [3, 5, 5])


def test_a_sigmoid_over_probabilities_is_mentioned() -> None:
    """One column from 0 to 1 may be a probability already."""
    column = np.array([[0.2], [0.9]])
    assert "leave the option out" in interpretation({"p": column}, activation="sigmoid").notes[0]
    assert interpretation({"p": column * 3}, activation="sigmoid").notes == ()


def test_the_first_tables_rows_are_named_by_their_numbers() -> None:
    """What cannot be read is told by the table's own count of rows."""
    with pytest.raises(TeacherError, match=r"found 1\.5 in row 40"):
        interpretation({"s": MARGINS})
