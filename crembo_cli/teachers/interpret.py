"""Interpret the outputs of a model on the first table: their format and the classes."""

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
    join_outputs,
)

Labels = NDArray[np.int64] | None  # class indices (n,) that the model predicts
HARD = "the predicted labels, as one-hot probabilities (--hard-labels)"
MOSTLY = 0.5  # share of contradicting labels above which an activation is refused


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """How the outputs of one model become class probabilities, fixed on the first table."""

    classes: tuple[ClassLabel, ...]  # in the order of the beliefs' columns
    output_format: OutputFormat | None  # None if only the predicted labels are used
    hard: bool  # whether to return one-hot probabilities of the most probable class
    notes: tuple[str, ...] = ()  # for the user
    threshold: float | None = None  # the second class's probability above which it is predicted,
    # if that is not one half; None: the most probable class, or unknown

    @property
    def words(self) -> str:
        """The same, in words."""
        return HARD if self.hard or self.output_format is None else self.output_format.words

    def beliefs(
        self, answers: Mapping[str, Scores], labels: Labels, rows: Sequence[int]
    ) -> Beliefs:
        """Return class probabilities, float32 (n, c), from outputs by name and labels.

        `rows` are the numbers of the rows in the table, from 1, for messages.

        Raises:
            TeacherError: the outputs do not have the format of the first table.
        """
        if self.output_format is None:
            assert labels is not None, "neither scores nor labels"
            return one_hot(labels, len(self.classes), rows)
        beliefs = self.output_format.beliefs(answers, rows)
        return one_hot(beliefs.argmax(axis=1), beliefs.shape[1], rows) if self.hard else beliefs


def interpret(
    answers: Mapping[str, Scores],
    labels: Labels,
    rows: Sequence[int],
    *,
    sample: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    classes: Sequence[ClassLabel] | None,
    info: ModelInfo,
    activation: str,
    hard: bool,
) -> Interpretation:
    """Decide how to read the outputs of a model from its outputs on a first table.

    `answers` are its scores by output name and `labels` its predicted labels; `rows` are the
    numbers of the rows in the table, from 1, for messages. `sample` are the numbers of some rows
    and their predicted labels, of a model whose other labels were not requested. `classes` are the
    class labels that the model stores, if any.

    Raises:
        TeacherError: the outputs are not probabilities, or their classes are unknown.
    """
    if not answers and labels is not None:
        named = range(int(labels.max()) + 1) if classes is None else classes
        return Interpretation(classes=tuple(named), output_format=None, hard=hard)
    count = None if classes is None else len(classes)
    output_format = _read_format(answers, rows, activation, count, info.regressor)
    threshold = None
    beliefs = output_format.beliefs(answers, rows)
    notes = _check_sigmoid(output_format, answers)
    if labels is not None and classes is None:
        check_class_order(labels, beliefs)
    elif labels is not None:
        output_format, more, threshold = _check_labels(output_format, labels, beliefs)
        notes += more
    elif sample is not None and len(sample[0]):
        more, threshold = _note_disagreement(sample[1], beliefs[sample[0]])
        notes += more
    named = range(beliefs.shape[1]) if classes is None else classes
    return Interpretation(
        classes=tuple(named),
        output_format=output_format,
        hard=hard,
        notes=tuple(notes),
        threshold=threshold,
    )


def _read_format(
    answers: Mapping[str, Scores],
    rows: Sequence[int],
    activation: str,
    classes: int | None,
    regressor: str,
) -> OutputFormat:
    """Choose the output format; see `choose_output_format`.

    If only the largest score counts (`LARGEST`), scores that are not probabilities go through
    any function that keeps their order: softmax, or a sigmoid for a single score.
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


def _check_labels(
    output_format: OutputFormat, labels: NDArray[np.int64], beliefs: Beliefs
) -> tuple[OutputFormat, list[str], float | None]:
    """Compare the format with the predicted labels; return it, corrected, notes and threshold."""
    share = disagreement_rate(labels, beliefs)
    changed = output_format.how in ("softmax", "sigmoid")
    if (
        changed
        and share >= 1.0 - RARELY
        and beliefs.shape[1] == 2
        and output_format.columns is None
    ):
        note = (
            "the teacher's two scores are in the opposite order of its labels (as in an SVC from"
            " skl2onnx); crembo swapped them"
        )
        return replace(output_format, columns=(1, 0)), [note], None
    if changed and share > MOSTLY:
        raise TeacherError(
            "the teacher's labels contradict its scores",
            found=f"a label other than that of the largest score on {share:.1%} of the rows",
            hint="use the predicted labels only: --hard-labels",
        )
    return output_format, *_note_disagreement(labels, beliefs)


def _note_disagreement(
    labels: NDArray[np.int64], beliefs: Beliefs
) -> tuple[list[str], float | None]:
    """Return a note if labels differ from the most probable class on some rows, and the threshold.

    That is the one that explains the labels; None if they do not differ, or if there is none.
    """
    share = disagreement_rate(labels, beliefs)
    if share <= RARELY:
        return [], None
    threshold = find_threshold(labels, beliefs)
    note = (
        f"the teacher's predicted label is not its most probable class on {share:.1%} of the rows"
    )
    if threshold is None:
        return [f"{note}; crembo uses the probabilities (for the labels, use --hard-labels)"], None
    return [f"{note}: it uses the threshold {threshold:.3g}"], threshold


def find_threshold(labels: NDArray[np.int64], beliefs: Beliefs) -> float | None:
    """Return the threshold on the second class's probability that explains all labels.

    It is the middle of the gap between the rows of both labels, rounded to as few decimals as
    the gap allows. None without two classes with rows, or if no threshold explains the labels.
    """
    if beliefs.shape[1] != 2 or set(labels.tolist()) != {0, 1}:
        return None
    below = float(beliefs[labels == 0, 1].max())
    above = float(beliefs[labels == 1, 1].min())
    if below >= above:
        return None
    middle = (below + above) / 2
    rounded = (round(middle, digits) for digits in range(1, 8))
    return next((each for each in rounded if below < each <= above and each < 1), middle)


def _check_sigmoid(output_format: OutputFormat, answers: Mapping[str, Scores]) -> list[str]:
    """Return a note if scores that go through a sigmoid already look like probabilities."""
    scores = join_outputs(answers, output_format.outputs)
    if (
        output_format.how != "sigmoid"
        or scores.shape[1] > 1
        or scores.min() < 0
        or scores.max() > 1
    ):
        return []
    return [
        "--activation sigmoid was applied, but every score is already between 0 and 1; if the"
        " scores are probabilities, remove the option"
    ]


RARELY = 0.01  # share of disagreeing rows above which there is a note
CLOSE = 1e-6  # probabilities closer than this are tied


def one_hot(labels: NDArray[np.int64], classes: int, rows: Sequence[int]) -> Beliefs:
    """Return one-hot probabilities, float32 (n, c), for class indices (n,).

    Raises:
        TeacherError: a label outside 0..c-1; the message has its row number from `rows`.
    """
    unknown = np.flatnonzero((labels < 0) | (labels >= classes))
    if unknown.size:
        raise TeacherError(
            "the teacher predicts an unknown label",
            where=f"row {rows[unknown[0]]}",
            found=f"class number {labels[unknown[0]]}" if labels[unknown[0]] >= 0 else None,
            wanted=f"one of its {classes} classes",
        )
    certain: Beliefs = np.eye(classes, dtype=np.float32)[labels]
    return certain


def disagreement_rate(labels: NDArray[np.int64], beliefs: Beliefs) -> float:
    """Return the share of rows whose label is not a most probable class; a tie agrees."""
    return float(_disagreements(labels, beliefs).mean())


def check_class_order(labels: NDArray[np.int64], beliefs: Beliefs) -> None:
    """Raise TeacherError unless the labels are the numbers of the largest scores."""
    differing = _disagreements(labels, beliefs)
    if differing.mean() > RARELY:
        row = int(differing.argmax())
        raise TeacherError(
            "the order of the teacher's classes is unknown",
            found=f"the label {labels[row]}, but the largest score is number"
            f" {beliefs[row].argmax()} (counted from 0)",
            hint="save the model with its scores as the only output, to number its classes",
        )


def _disagreements(labels: NDArray[np.int64], beliefs: Beliefs) -> NDArray[np.bool_]:
    known = (labels >= 0) & (labels < beliefs.shape[1])
    own = np.take_along_axis(beliefs, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    return np.asarray(~known | (own < beliefs.max(axis=1) - CLOSE))
