"""From the scores that a model answers with to beliefs, or to the reason why not.

How scores are to be read is decided by the numbers on the table, never by an output's name:
an output called "probabilities" may hold decision scores (scikit-learn's SVC, RidgeClassifier
and SGDClassifier through skl2onnx).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs

Scores = NDArray[np.floating[Any]]

ACTIVATIONS = ("auto", "none", "softmax", "sigmoid")
SUM_TOLERANCE = 1e-3  # how far a row's sum may be from 1
HALF_TOLERANCE = 1e-2  # the same where scores are float16, which has three digits
RANGE_TOLERANCE = 1e-5  # forests reach 1.0000001
WAY_OUT = (
    "if they are scores of another kind, say how they become probabilities: --activation softmax"
    " or --activation sigmoid; or take the teacher's labels alone: --hard-labels"
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a model's outputs become beliefs, fixed by the first table it is asked about."""

    outputs: tuple[str, ...]  # one name; or one per class, in the classes' order
    how: str  # "probabilities", "column", "shares", "softmax" or "sigmoid"
    words: str  # the same, for a reader
    remarks: tuple[str, ...] = ()  # what the reader should know of it

    def beliefs(self, answers: Mapping[str, Scores], rows: Sequence[int]) -> Beliefs:
        """Beliefs, float32 (n, c), from the outputs by name, each (n, k).

        `rows` are the rows' numbers in the table, for messages.

        Raises:
            TeacherError: a score that is not a number, or scores that do not fit the reading.
        """
        scores = np.hstack([answers[name] for name in self.outputs])
        tolerance = HALF_TOLERANCE if scores.dtype == np.float16 else SUM_TOLERANCE
        scores = scores.astype(np.float64)
        refuse_nan(scores, rows)
        if self.how == "softmax":
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        elif self.how == "sigmoid":
            scores = 0.5 * (1.0 + np.tanh(0.5 * scores))
        if scores.shape[1] == 1:
            scores = np.hstack([1.0 - scores, scores])
        problem = _problem(scores, tolerance if self.how == "probabilities" else np.inf)
        if problem is not None:
            row, found = problem
            raise _no_probabilities(self.outputs, f"{found} in row {rows[row]}")
        shares = np.clip(scores, 0.0, 1.0)
        shares /= shares.sum(axis=1, keepdims=True)
        refuse_nan(shares, rows)
        return shares.astype(np.float32)


def choose_reading(
    answers: Mapping[str, Scores], *, activation: str, classes: int | None, regressor: str
) -> Reading:
    """How to read `answers`, a model's outputs on a whole table by name, each (n, k).

    `classes` is how many classes the model names, if it does. `regressor` is why a single
    column may be no probability ("" where it may).

    Raises:
        TeacherError: no reading fits the numbers; the message says why and what to do.
    """
    outputs = _choose_outputs(answers, activation, classes)
    scores = np.hstack([answers[name] for name in outputs]).astype(np.float64)
    source = f"output {outputs[0]!r}" if len(outputs) == 1 else f"{len(outputs)} outputs"
    columns = scores.shape[1]
    _check_count(source, columns, classes)
    if activation == "none":
        how, words = "shares", "taken as they are, each row divided by its sum"
        if columns == 1:
            how, words = "column", "one column, the probability of the second class"
    elif activation == "softmax":
        if columns == 1:
            raise TeacherError(
                f"--activation softmax needs one score per class; {source} holds one column",
                hint="for one score of the second class, use --activation sigmoid",
            )
        how, words = "softmax", "through softmax"
    elif activation == "sigmoid":
        how, words = "sigmoid", "through a sigmoid each, each row divided by its sum"
        if columns == 1:
            words = "through a sigmoid, the probability of the second class"
    elif columns == 1:
        how, words = "column", "one column, the probability of the second class"
        if regressor:
            raise TeacherError(
                "the teacher is a regressor, no classifier",
                found=regressor,
                hint="if its number is the second class's probability, say --activation none;"
                " if it is a score of it, --activation sigmoid",
            )
    else:
        how, words = "probabilities", "probabilities as they are"
    if activation in ("softmax", "sigmoid") and columns > 1:
        _refuse_twice(scores, source, activation)
    return Reading(outputs=outputs, how=how, words=f"{source}, {words}")


def refuse_nan(scores: Scores, rows: Sequence[int]) -> None:
    """Raises TeacherError, naming the row, where a score is not a number."""
    broken = np.flatnonzero(np.isnan(scores).any(axis=1))
    if broken.size:
        raise TeacherError(
            f"the teacher's answer to row {rows[broken[0]]} is not a number"
            + (f" (and to {broken.size - 1} others)" if broken.size > 1 else ""),
            hint="missing cells are a common reason: fill them, or drop these rows",
        )


def _choose_outputs(
    answers: Mapping[str, Scores], activation: str, classes: int | None
) -> tuple[str, ...]:
    widths = {name: scores.shape[1] for name, scores in answers.items()}
    if len(widths) == 1 or set(widths.values()) == {1}:
        return tuple(widths)
    fitting = [name for name, width in widths.items() if width == classes or classes is None]
    fitting = [name for name in fitting if widths[name] > 1] or fitting
    if len(fitting) > 1:
        wanted = activation in ("auto", "none")
        numbers = {name: answers[name].astype(np.float64) for name in fitting}
        fitting = [
            name
            for name, scores in numbers.items()
            if (_problem(scores, SUM_TOLERANCE) is None) == wanted
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


def _check_count(source: str, columns: int, classes: int | None) -> None:
    if classes is not None and max(columns, 2) != classes:
        raise TeacherError(
            f"{source} holds {columns} scores a row, but the teacher names {classes} classes",
            wanted="one score per class",
            hint="models of several labels a row and one-against-one scores cannot be read;"
            " --hard-labels takes the teacher's labels alone",
        )


def _refuse_twice(scores: Scores, source: str, activation: str) -> None:
    if _problem(scores, SUM_TOLERANCE) is None:
        raise TeacherError(
            f"--activation {activation} was asked for, but {source} holds probabilities already",
            found="numbers from 0 to 1 that sum to 1 in every row",
            hint="leave the option out",
        )


def _problem(scores: Scores, tolerance: float) -> tuple[int, str] | None:
    """The first row that holds no probabilities, and what it holds; None where all do."""
    outside = ~((scores >= -RANGE_TOLERANCE) & (scores <= 1.0 + RANGE_TOLERANCE))
    row = int(np.argmax(outside.any(axis=1))) if outside.any() else -1
    if row >= 0:
        return row, f"{scores[row, np.argmax(outside[row])]:.6g}"
    sums = scores.sum(axis=1)
    off = (np.abs(sums - 1.0) > tolerance) | (sums <= 0.0)
    if off.any():
        return int(np.argmax(off)), f"a sum of {sums[np.argmax(off)]:.6g}"
    return None


def _no_probabilities(outputs: tuple[str, ...], found: str) -> TeacherError:
    return TeacherError(
        f"the teacher's scores ({', '.join(map(repr, outputs))}) are no probabilities",
        found=found,
        wanted="numbers from 0 to 1 that sum to 1 in every row",
        hint=WAY_OUT,
    )
