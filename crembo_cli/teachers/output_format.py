"""Which of a model's outputs hold its scores, and how they become probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs

Scores = NDArray[np.floating[Any]]

SUM_TOLERANCE = 1e-3  # how far a row's sum may be from 1
HALF_TOLERANCE = 1e-2  # the same where scores are float16, which has three digits
RANGE_TOLERANCE = 1e-5  # forests reach 1.0000001


@dataclass(frozen=True, kw_only=True)
class OutputFormat:
    """How a model's outputs become beliefs, fixed by the first table it is asked about."""

    outputs: tuple[str, ...]  # one name; or one per class, in the classes' order
    columns: tuple[int, ...] | None = None  # which of their columns to take; None for all
    how: str  # "probabilities", "shares", "softmax" or "sigmoid"; a single column is the
    # second class's in each of them
    words: str  # the same, for a reader

    def beliefs(self, answers: Mapping[str, Scores], rows: Sequence[int]) -> Beliefs:
        """Beliefs, float32 (n, c), from the outputs by name, each (n, k).

        `rows` are the rows' numbers in the table, for messages.

        Raises:
            TeacherError: a score that is not a number, or scores that do not fit the reading.
        """
        scores = joined(answers, self.outputs)
        if self.columns is not None:
            scores = scores[:, self.columns]
        strict = self.how == "probabilities"
        tolerance = sum_tolerance(answers[self.outputs[0]]) if strict else np.inf
        _refuse_nan(scores, rows)
        single = scores.shape[1] == 1
        if self.how == "sigmoid":
            scores = -np.logaddexp(0.0, -scores)  # its logarithm, which does not underflow
        if self.how in ("softmax", "sigmoid"):
            largest = 0.0 if single else scores.max(axis=1, keepdims=True)
            scores = np.exp(scores - largest)
        if single:
            scores = np.hstack([1.0 - scores, scores])
        problem = first_problem(scores, tolerance)
        if problem is not None:
            row, found = problem
            if single:
                found = f"{scores[row, 1]:.6g}"
            raise TeacherError(
                f"the teacher's scores ({', '.join(map(repr, self.outputs))}) are no probabilities",
                found=f"{found} in row {rows[row]}",
                wanted="numbers from 0 to 1 that sum to 1 in every row",
                hint="if they are scores of another kind, say how they become probabilities:"
                " --activation sigmoid, or softmax where there is one per class; or take the"
                " teacher's labels alone: --hard-labels",
            )
        shares = np.clip(scores, 0.0, 1.0)
        shares /= shares.sum(axis=1, keepdims=True)
        return np.asarray(shares, dtype=np.float32)


def joined(answers: Mapping[str, Scores], outputs: Sequence[str]) -> NDArray[np.float64]:
    """The named outputs side by side, float64 (n, k)."""
    return np.hstack([answers[name] for name in outputs]).astype(np.float64)


def sum_tolerance(scores: Scores) -> float:
    """How far from 1 the sum of a row of `scores` may be, by their type."""
    return HALF_TOLERANCE if scores.dtype == np.float16 else SUM_TOLERANCE


def first_problem(scores: Scores, tolerance: float) -> tuple[int, str] | None:
    """The first row that holds no probabilities, and what it holds; None where all do."""
    outside = ~((scores >= -RANGE_TOLERANCE) & (scores <= 1.0 + RANGE_TOLERANCE))
    if outside.any():
        row = int(np.argmax(outside.any(axis=1)))
        return row, f"{scores[row, np.argmax(outside[row])]:.6g}"
    sums = scores.sum(axis=1)
    off = (np.abs(sums - 1.0) > tolerance) | (sums <= 0.0)
    if off.any():
        return int(np.argmax(off)), f"a sum of {sums[np.argmax(off)]:.6g}"
    return None


def _refuse_nan(scores: Scores, rows: Sequence[int]) -> None:
    broken = np.flatnonzero(np.isnan(scores).any(axis=1))
    if broken.size:
        others = f" (and to {broken.size - 1} other rows)" if broken.size > 1 else ""
        raise TeacherError(
            f"the teacher's answer to row {rows[broken[0]]}{others} is not a number",
            hint="missing cells are a common reason: fill them, or drop these rows",
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


def choose_output_format(
    answers: Mapping[str, Scores], *, activation: str, classes: int | None, regressor: str
) -> OutputFormat:
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
    return OutputFormat(outputs=outputs, columns=columns, how=how, words=f"{source}, {words}")


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
