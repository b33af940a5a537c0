"""Tests of crembo_cli.teachers.output_format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.output_format import OutputFormat, choose_output_format

P = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
SCORES = np.array([[1.2, -0.5, 3.0], [0.1, 4.0, 0.8]])
COLUMN = np.array([[0.2], [0.9]])


def choose(activation: str = "auto", classes: int | None = None, **outputs: Any) -> OutputFormat:
    """The reading of outputs by name."""
    return choose_output_format(outputs, activation=activation, classes=classes, regressor="")


def test_the_name_of_an_output_decides_nothing() -> None:
    """Of two outputs the one that holds probabilities is taken, whatever they are called."""
    assert choose(probabilities=SCORES, logits=P).outputs == ("logits",)
    assert choose("softmax", probabilities=SCORES, logits=P).outputs == ("probabilities",)


def test_one_output_per_class_is_joined_in_order() -> None:
    """One output per class is one reading of them all."""
    output_format = choose(a=P[:, :1], b=P[:, 1:2], c=P[:, 2:])
    assert output_format.outputs == ("a", "b", "c")
    np.testing.assert_allclose(
        output_format.beliefs({"a": P[:, :1], "b": P[:, 1:2], "c": P[:, 2:]}, [0, 1]), P, atol=1e-7
    )


def test_an_embedding_is_ignored() -> None:
    """Where the number of classes is known, the output of that width is taken."""
    assert choose(classes=3, embedding=np.zeros((2, 8)), scores=SCORES).outputs == ("scores",)
    assert choose(classes=2, embedding=np.zeros((2, 8)), score=COLUMN).outputs == ("score",)


def test_ambiguous_outputs_are_listed() -> None:
    """Two outputs of probabilities are one too many."""
    with pytest.raises(TeacherError, match="'a' of width 3, 'b' of width 3"):
        choose(a=P, b=P)


@pytest.mark.parametrize(
    ("activation", "scores", "how", "words"),
    [
        ("auto", P, "probabilities", "output 's', probabilities"),
        ("none", P, "shares", "output 's', each row divided by its sum"),
        ("softmax", SCORES, "softmax", "output 's', softmax"),
        ("sigmoid", SCORES, "sigmoid", "output 's', sigmoid of each score"),
        ("auto", COLUMN, "probabilities", "one column, the probability of the second class"),
        ("none", COLUMN, "shares", "one column, the probability of the second class"),
        ("sigmoid", COLUMN, "sigmoid", "one score, whose sigmoid"),
    ],
)
def test_the_option_and_the_width_decide_the_conversion(
    activation: str, scores: Any, how: str, words: str
) -> None:
    """Each option has one meaning for several columns and one for a single column."""
    output_format = choose(activation, s=scores)
    assert output_format.how == how
    assert words in output_format.words


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_an_activation_of_probabilities_is_refused(activation: str) -> None:
    """The option on a model that answers with probabilities is a mistake, and is told."""
    with pytest.raises(TeacherError, match="probabilities already"):
        choose(activation, s=P)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_score_and_its_complement_are_one_score(activation: str) -> None:
    """onnxruntime's [1 - s, s] is the score s of the second class: half way is s = 0."""
    scores = np.array([[1.0, 0.0], [-2.0, 3.0], [3.0, -2.0]])
    output_format = choose(activation, s=scores)
    assert (output_format.columns, output_format.how) == ((1,), "sigmoid")
    beliefs = output_format.beliefs({"s": scores}, range(3))
    np.testing.assert_allclose(beliefs[:, 1], 1 / (1 + np.exp(-scores[:, 1])), atol=1e-7)


def test_softmax_of_one_column_is_refused() -> None:
    """A softmax over one score is 1 for every row, and no belief."""
    with pytest.raises(TeacherError, match="--activation sigmoid"):
        choose("softmax", s=COLUMN)


def test_a_wrong_number_of_scores_is_refused() -> None:
    """Scores that cannot belong one to one to the classes are not read."""
    with pytest.raises(TeacherError, match="has 3 scores per row, but the teacher has 4 classes"):
        choose(classes=4, s=P)
    with pytest.raises(TeacherError, match="has 1 scores per row, but the teacher has 3"):
        choose(classes=3, s=COLUMN)


def test_a_regressor_needs_an_activation() -> None:
    """A column made by a regressor's operator may be anything; the user can say what it is."""
    outputs = {"s": COLUMN}
    with pytest.raises(TeacherError, match="a regressor, not a classifier; found the operator R"):
        choose_output_format(outputs, activation="auto", classes=None, regressor="the operator R")
    found = choose_output_format(
        outputs, activation="none", classes=None, regressor="the operator R"
    )
    assert found.how == "shares"
