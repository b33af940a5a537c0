"""Interpret a model's answers, fixed on the first table: output format and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs, ClassLabel
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.output_format import (
    LARGEST,
    OutputFormat,
    Scores,
    choose_output_format,
    joined,
)

Labels = NDArray[np.int64] | None  # class indices (n,) that the model gives beside its scores
HARD = "the teacher's labels alone, taken as certain (--hard-labels)"
MOSTLY = 0.5  # share of rows above which scores of another kind cannot be read as they were


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """How one model is read, on every table after the first."""

    classes: tuple[ClassLabel, ...]  # in the order of the beliefs' columns
    output_format: (
        OutputFormat | None
    )  # None where the labels alone are taken and no scores are needed
    hard: bool  # whether the most probable class is taken as certain
    notes: tuple[str, ...] = ()  # what the user should know of it

    @property
    def words(self) -> str:
        """How beliefs are read, for a reader."""
        return HARD if self.hard or self.output_format is None else self.output_format.words

    def beliefs(
        self, answers: Mapping[str, Scores], labels: Labels, rows: Sequence[int]
    ) -> Beliefs:
        """Beliefs, float32 (n, c), from outputs by name and labels; rows' numbers for messages.

        Raises:
            TeacherError: the answers do not fit what the first table settled.
        """
        if self.output_format is None:
            assert labels is not None, "settled without scores or labels"
            return one_hot(labels, len(self.classes), rows)
        beliefs = self.output_format.beliefs(answers, rows)
        return one_hot(beliefs.argmax(axis=1), beliefs.shape[1], rows) if self.hard else beliefs


def interpret(
    answers: Mapping[str, Scores],
    labels: Labels,
    rows: Sequence[int],
    *,
    classes: Sequence[ClassLabel] | None,
    info: ModelInfo,
    activation: str,
    hard: bool,
) -> Interpretation:
    """What a table settles that the model answered with `answers` and `labels`.

    `rows` are the rows' numbers in the table, for messages; `classes` those that the model
    names, here or when it was loaded.

    Raises:
        TeacherError: the answers cannot be read, or belong to no classes that can be found.
    """
    if not answers and labels is not None:
        named = range(int(labels.max()) + 1) if classes is None else classes
        return Interpretation(classes=tuple(named), output_format=None, hard=hard)
    count = None if classes is None else len(classes)
    output_format = _read(answers, rows, activation, count, info.regressor)
    beliefs = output_format.beliefs(answers, rows)
    notes = _doubts(output_format, answers)
    if labels is not None and classes is None:
        refuse_unproved(labels, beliefs)
    elif labels is not None:
        output_format, more = _compare(output_format, labels, beliefs)
        notes += more
    named = range(beliefs.shape[1]) if classes is None else classes
    return Interpretation(
        classes=tuple(named), output_format=output_format, hard=hard, notes=tuple(notes)
    )


def _read(
    answers: Mapping[str, Scores],
    rows: Sequence[int],
    activation: str,
    classes: int | None,
    regressor: str,
) -> OutputFormat:
    """How `answers` are read: see `choose_output_format`.

    Where the largest score alone counts, scores that are no probabilities are read as any that
    keep their order: through softmax, a single one through a sigmoid.
    """
    if activation != LARGEST:
        return choose_output_format(
            answers, activation=activation, classes=classes, regressor=regressor
        )
    refused = None
    for way in ("auto", "softmax", "sigmoid"):
        try:
            found = choose_output_format(
                answers, activation=way, classes=classes, regressor=regressor
            )
            found.beliefs(answers, rows)
        except TeacherError as error:
            refused = refused or error
            if regressor:
                break
        else:
            return found
    assert refused is not None
    raise refused


def _compare(
    output_format: OutputFormat, labels: NDArray[np.int64], beliefs: Beliefs
) -> tuple[OutputFormat, list[str]]:
    """The reading that the model's labels bear out, and what to say where they do not."""
    share = share_differing(labels, beliefs)
    changed = output_format.how in ("softmax", "sigmoid")
    if (
        changed
        and share >= 1.0 - RARELY
        and beliefs.shape[1] == 2
        and output_format.columns is None
    ):
        return replace(output_format, columns=(1, 0)), [
            "the teacher's two scores are in the order opposite to its labels (as skl2onnx writes"
            " SVC); they were exchanged"
        ]
    if changed and share > MOSTLY:
        raise TeacherError(
            "the teacher's labels contradict its scores",
            found=f"another label than the largest score's on {share:.1%} of the rows",
            hint="--hard-labels takes the teacher's labels alone",
        )
    if share <= RARELY:
        return output_format, []
    return output_format, [
        f"the teacher's own labels are not its most probable classes on {share:.1%} of the rows;"
        " its probabilities are what counts here"
    ]


def _doubts(output_format: OutputFormat, answers: Mapping[str, Scores]) -> list[str]:
    """What to say of one score a row that is put through a sigmoid and may be past it."""
    scores = joined(answers, output_format.outputs)
    if (
        output_format.how != "sigmoid"
        or scores.shape[1] > 1
        or scores.min() < 0
        or scores.max() > 1
    ):
        return []
    return [
        "every score lies between 0 and 1, as probabilities do, and --activation sigmoid was"
        " applied all the same; leave the option out if they are probabilities"
    ]


RARELY = 0.01  # share of rows above which a disagreement is worth a sentence
CLOSE = 1e-6  # beliefs nearer than this are a tie


def one_hot(labels: NDArray[np.int64], classes: int, rows: Sequence[int]) -> Beliefs:
    """Certain beliefs, float32 (n, c), from class indices (n,).

    Raises:
        TeacherError: a label outside 0..c-1, named by its row's number in `rows`.
    """
    unknown = np.flatnonzero((labels < 0) | (labels >= classes))
    if unknown.size:
        raise TeacherError(
            f"the teacher gives row {rows[unknown[0]]} a label that is none of its classes",
            wanted=f"one of {classes} classes",
        )
    certain: Beliefs = np.eye(classes, dtype=np.float32)[labels]
    return certain


def share_differing(labels: NDArray[np.int64], beliefs: Beliefs) -> float:
    """The share of rows whose label, a class index, is not a most probable class; ties count
    as agreement.
    """
    return float(_differing(labels, beliefs).mean())


def refuse_unproved(labels: NDArray[np.int64], beliefs: Beliefs) -> None:
    """Raises TeacherError where labels, taken for the outputs' numbers, are something else."""
    differing = _differing(labels, beliefs)
    if differing.mean() > RARELY:
        row = int(differing.argmax())
        raise TeacherError(
            "which class each of the teacher's scores belongs to could not be found",
            found=f"the label {labels[row]} where the largest score is number"
            f" {beliefs[row].argmax()}, counted from 0",
            hint="save the model with its scores alone; its classes are then numbered from 0",
        )


def _differing(labels: NDArray[np.int64], beliefs: Beliefs) -> NDArray[np.bool_]:
    known = (labels >= 0) & (labels < beliefs.shape[1])
    own = np.take_along_axis(beliefs, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    return np.asarray(~known | (own < beliefs.max(axis=1) - CLOSE))
