"""Choose the outputs of a model that hold its scores, and convert them to probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs

Scores = NDArray[np.floating[Any]]

SUM_TOLERANCE = 1e-3  # how far the sum of a row may be from 1
HALF_TOLERANCE = 1e-2  # the same for float16, which has three digits
RANGE_TOLERANCE = 1e-5  # how far a probability may be outside [0, 1]: forests reach 1.0000001


@dataclass(frozen=True, kw_only=True)
class OutputFormat:
    """How the outputs of a model become class probabilities, fixed on the first table."""

    outputs: tuple[str, ...]  # one name; or one per class, in the classes' order
    columns: tuple[int, ...] | None = None  # the columns to use; None for all
    how: str  # "probabilities", "shares", "softmax" or "sigmoid"; a single column belongs to
    # the second class
    words: str  # the same, in words

    def beliefs(self, answers: Mapping[str, Scores], rows: Sequence[int]) -> Beliefs:
        """Return class probabilities, float32 (n, c), from outputs by name, each (n, k).

        `rows` are the numbers of the rows in the table, for messages.

        Raises:
            TeacherError: a score is NaN, or scores do not have this format.
        """
        scores = join_outputs(answers, self.outputs)
        if self.columns is not None:
            scores = scores[:, self.columns]
        strict = self.how == "probabilities"
        tolerance = sum_tolerance(answers[self.outputs[0]]) if strict else np.inf
        _refuse_nan(scores, rows)
        single = scores.shape[1] == 1
        if self.how == "sigmoid":
            scores = -np.logaddexp(0.0, -scores)  # the logarithm does not underflow
        if self.how in ("softmax", "sigmoid"):
            largest = 0.0 if single else scores.max(axis=1, keepdims=True)
            scores = np.exp(scores - largest)
        if single:
            scores = np.hstack([1.0 - scores, scores])
        problem = find_problem(scores, tolerance)
        if problem is not None:
            row, found = problem
            if single:
                found = f"{scores[row, 1]:.6g}"
            raise TeacherError(
                f"the outputs {', '.join(map(repr, self.outputs))} are not probabilities",
                found=f"{found} in row {rows[row]}",
                wanted="numbers from 0 to 1 that sum to 1 in every row",
                hint="convert scores of an ONNX model with --activation softmax (one score per"
                " class) or sigmoid (one score); or use predicted labels only: --hard-labels",
            )
        shares = np.clip(scores, 0.0, 1.0)
        shares /= shares.sum(axis=1, keepdims=True)
        return np.asarray(shares, dtype=np.float32)


def join_outputs(answers: Mapping[str, Scores], outputs: Sequence[str]) -> NDArray[np.float64]:
    """Concatenate the named outputs, float64 (n, k)."""
    return np.hstack([answers[name] for name in outputs]).astype(np.float64)


def sum_tolerance(scores: Scores) -> float:
    """Return how far the sum of a row of `scores` may be from 1, by their dtype."""
    return HALF_TOLERANCE if scores.dtype == np.float16 else SUM_TOLERANCE


def find_problem(scores: Scores, tolerance: float) -> tuple[int, str] | None:
    """Return the first row that holds no probabilities, and its value; None if there is none."""
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
        others = f" (and {broken.size - 1} other rows)" if broken.size > 1 else ""
        raise TeacherError(
            f"the teacher returns NaN for row {rows[broken[0]]}{others}",
            hint="a common cause is a missing cell: fill missing cells, or remove these rows",
        )


ACTIVATIONS = ("auto", "none", "softmax", "sigmoid")
LARGEST = "largest"  # any scores, if only the class of the largest one counts
WORDS = {
    "probabilities": "probabilities",
    "shares": "each row divided by its sum",
    "softmax": "softmax",
    "sigmoid": "sigmoid of each score, each row divided by its sum",
}
SINGLE = {
    "probabilities": "one column, the probability of the second class",
    "shares": "one column, the probability of the second class",
    "sigmoid": "one score, whose sigmoid is the probability of the second class",
}


def choose_output_format(
    answers: Mapping[str, Scores], *, activation: str, classes: int | None, regressor: str
) -> OutputFormat:
    """Choose how to read `answers`, the outputs of a model on a table by name, each (n, k).

    `classes` is the number of classes that the model stores, if any. `regressor` is the reason
    why a single column may not be a probability ("" if it may be). `OutputFormat.beliefs` checks
    the values of each table.

    Raises:
        TeacherError: no format fits the outputs.
    """
    outputs = _choose_outputs(answers, activation, classes)
    source = f"output {outputs[0]!r}" if len(outputs) == 1 else f"{len(outputs)} outputs"
    scores = join_outputs(answers, outputs)
    single = scores.shape[1] == 1
    if classes is not None and max(scores.shape[1], 2) != classes:
        raise TeacherError(
            f"{source} has {scores.shape[1]} scores per row, but the teacher has {classes} classes",
            wanted="one score per class",
            hint="multilabel and one-vs-one scores are not supported; to use predicted labels"
            " only: --hard-labels",
        )
    if activation == "auto" and single and regressor:
        raise TeacherError(
            "the teacher is a regressor, not a classifier",
            found=regressor,
            wanted="one score per class",
            hint="if its output is the probability of the second class, use --activation none;"
            " if it is a score of that class, use --activation sigmoid",
        )
    if activation == "softmax" and single:
        raise TeacherError(
            "--activation softmax needs one score per class",
            found=f"{source} with one column",
            hint="for one score of the second class, use --activation sigmoid",
        )
    columns = None
    if activation in ("softmax", "sigmoid"):
        if find_problem(scores, sum_tolerance(answers[outputs[0]])) is None and not single:
            raise TeacherError(
                f"--activation {activation} does not apply: {source} has probabilities already",
                found="numbers from 0 to 1 that sum to 1 in every row",
                hint="remove the option",
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
            if (find_problem(join_outputs(answers, [name]), sum_tolerance(answers[name])) is None)
            == wanted
        ]
    if len(fitting) != 1:
        listed = ", ".join(f"{name!r} of width {width}" for name, width in widths.items())
        raise TeacherError(
            "the output with the class scores is ambiguous",
            found=listed,
            wanted="one output of probabilities, or one output per class",
            hint="save the model with the outputs of its classes only",
        )
    return (fitting[0],)


def _one_score_twice(scores: NDArray[np.float64]) -> bool:
    """Return whether two columns are 1 - s and s for a score s that is not a probability.

    LinearClassifier and TreeEnsembleClassifier in onnxruntime add a second class this way.
    """
    return scores.shape[1] == 2 and bool((np.abs(scores.sum(axis=1) - 1.0) <= SUM_TOLERANCE).all())
