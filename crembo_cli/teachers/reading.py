"""Which of a model's outputs holds the classes' scores, and how they are to be read.

Decided by the numbers on the table, never by an output's name: an output called
"probabilities" may hold decision scores (scikit-learn's SVC, RidgeClassifier and
SGDClassifier through skl2onnx).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.probabilities import (
    SUM_TOLERANCE,
    Reading,
    Scores,
    first_problem,
    joined,
    sum_tolerance,
)

ACTIVATIONS = ("auto", "none", "softmax", "sigmoid")
LARGEST = "largest"  # any scores, where nothing but the class of the largest one counts
WORDS = {
    "probabilities": "probabilities as they are",
    "shares": "taken as they are, each row divided by its sum",
    "softmax": "through softmax",
    "sigmoid": "through a sigmoid each, each row divided by its sum",
}
SINGLE = {
    "probabilities": "one column, the probability of the second class",
    "shares": "one column, the probability of the second class",
    "sigmoid": "one score, through a sigmoid the probability of the second class",
}


def choose_reading(
    answers: Mapping[str, Scores], *, activation: str, classes: int | None, regressor: str
) -> Reading:
    """How to read `answers`, a model's outputs on a whole table by name, each (n, k).

    `classes` is how many classes the model names, if it does. `regressor` is why a single
    column may be no probability ("" where it may). Whether the numbers fit the reading is left
    to `Reading.beliefs`, which tells of each table the row that does not.

    Raises:
        TeacherError: no reading fits the numbers; the message says why and what to do.
    """
    outputs = _choose_outputs(answers, activation, classes)
    source = f"output {outputs[0]!r}" if len(outputs) == 1 else f"{len(outputs)} outputs"
    scores = joined(answers, outputs)
    single = scores.shape[1] == 1
    if classes is not None and max(scores.shape[1], 2) != classes:
        raise TeacherError(
            f"{source} holds {scores.shape[1]} scores a row, but the teacher names {classes}"
            " classes",
            wanted="one score per class",
            hint="scores of several labels a row, or of one class against another, cannot be"
            " read; --hard-labels takes the teacher's labels alone",
        )
    if activation == "auto" and single and regressor:
        raise TeacherError(
            "the teacher is a regressor, no classifier",
            found=regressor,
            wanted="one score per class",
            hint="if its number is the second class's probability, say --activation none;"
            " if it is a score of it, --activation sigmoid",
        )
    if activation == "softmax" and single:
        raise TeacherError(
            f"--activation softmax needs one score per class, and {source} holds one column",
            hint="for one score of the second class, say --activation sigmoid",
        )
    columns = None
    if activation in ("softmax", "sigmoid"):
        if first_problem(scores, sum_tolerance(answers[outputs[0]])) is None and not single:
            raise TeacherError(
                f"--activation {activation} was asked for, but {source} holds probabilities"
                " already",
                found="numbers from 0 to 1 that sum to 1 in every row",
                hint="leave the option out",
            )
        if _one_score_twice(scores):
            single, activation, columns = True, "sigmoid", (1,)
    how = {"auto": "probabilities", "none": "shares"}.get(activation, activation)
    words = (SINGLE if single else WORDS)[how]
    return Reading(outputs=outputs, columns=columns, how=how, words=f"{source}, {words}")


def _choose_outputs(
    answers: Mapping[str, Scores], activation: str, classes: int | None
) -> tuple[str, ...]:
    widths = {name: scores.shape[1] for name, scores in answers.items()}
    if len(widths) == 1 or set(widths.values()) == {1}:
        return tuple(widths)
    fitting = [name for name, width in widths.items() if classes in (None, max(width, 2))]
    fitting = [name for name in fitting if widths[name] > 1] or fitting
    if len(fitting) > 1:
        wanted = activation in ("auto", "none")
        fitting = [
            name
            for name in fitting
            if (first_problem(joined(answers, [name]), sum_tolerance(answers[name])) is None)
            == wanted
        ]
    if len(fitting) != 1:
        listed = ", ".join(f"{name!r} of width {width}" for name, width in widths.items())
        raise TeacherError(
            "which of the teacher's outputs holds the classes' scores is not clear",
            found=listed,
            wanted="one output of probabilities, or one output per class",
            hint="save the model with the outputs of its classes alone",
        )
    return (fitting[0],)


def _one_score_twice(scores: NDArray[np.float64]) -> bool:
    """Whether two columns are 1 - s and s for a score s, not for a probability.

    onnxruntime's LinearClassifier and TreeEnsembleClassifier make up a second class so.
    """
    return scores.shape[1] == 2 and bool((np.abs(scores.sum(axis=1) - 1.0) <= SUM_TOLERANCE).all())
