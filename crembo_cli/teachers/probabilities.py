"""From the scores that a model answers with to beliefs."""

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
class Reading:
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
