"""Measure students that exist on the rows of a table, while these are read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.utilities import decisions
from crembo_cli.dataset.labelled import LabelledRows, LabelledTable
from crembo_cli.evaluation.measured import Measured, measure_rows, sum_rows
from crembo_cli.evaluation.metrics import Prediction
from crembo_cli.evaluation.scores import compared_classes
from crembo_cli.evaluation.totals import TableTotals

if TYPE_CHECKING:
    from crembo_cli.runs.querying import Sum
    from crembo_cli.runs.rows import Draw
    from crembo_cli.teachers.contract import Teacher

Rows = TypeVar("Rows", bound=LabelledRows)


@dataclass(frozen=True, kw_only=True)
class ClassMapping:
    """How the scores of a student become predictions, by the numbers of the reference's classes."""

    indices: Indices  # (k,) the reference's number of each of the student's classes
    classes: int  # of the reference
    probable: bool  # whether its scores are probabilities
    utilities: Doubles | None  # (k, k) that it decides by; None: the most probable class

    def own_labels(self, scores: Floats) -> Indices:
        """Return the class of each row, by the student's own numbers, int64 (n,)."""
        return np.asarray(decisions(scores, self.utilities), np.int64)

    def predict(self, scores: Floats) -> Prediction:
        """Return what the student predicts; scores that are not probabilities do not count."""
        probabilities = None
        if self.probable:
            probabilities = np.zeros((len(scores), self.classes), np.float32)
            probabilities[:, self.indices] = scores
        labels = self.indices[self.own_labels(scores)]
        return Prediction(labels=labels, probabilities=probabilities)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How what models answer becomes totals; known once they have answered.

    The workers of `--dask` get it, by pickle.
    """

    mappings: Mapping[str, ClassMapping]  # of the students, by name
    teacher: bool  # whether the reference is a teacher, and not the first student
    utilities: Doubles | None  # (c, c) that fidelity and depth are measured by
    compared: Sequence[int] = ()  # the classes whose probabilities are counted

    def predict(self, rows: Rows, scores: Sequence[Floats]) -> tuple[Rows, dict[str, Prediction]]:
        """Return `rows` with the utilities, and what is predicted for them.

        Their beliefs are the reference's; `scores` are those of all other students.
        """
        rows = replace(rows, utilities=self.utilities)
        every = scores if self.teacher else [rows.beliefs, *scores]
        predicted = {
            name: mapping.predict(each)
            for (name, mapping), each in zip(self.mappings.items(), every, strict=True)
        }
        if self.teacher:
            labels = rows.teacher_labels()
            predicted["teacher"] = Prediction(labels=labels, probabilities=rows.beliefs)
        return rows, predicted

    def total(self, answers: Sequence[Floats], y_true: Indices | None) -> TableTotals:
        """Return the totals of the rows that the reference and the others answered."""
        beliefs, *scores = answers
        rows, predicted = self.predict(LabelledRows(beliefs=beliefs, y_true=y_true), scores)
        return sum_rows(rows, predicted, self.compared, teacher=self.teacher)


class Waiting:
    """The scores of a student for all measured rows, in a temporary file until they are needed.

    Students of different columns read a table one after the other, and are compared row by row.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._classes = self._taken = 0

    def put(self, scores: Floats) -> None:
        """Add the scores (n, c) of the next rows."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - see `close`
        self._classes = scores.shape[1]
        self._file.write(np.ascontiguousarray(scores).tobytes())

    def take(self, rows: int) -> Floats:
        """Return the scores of the next rows, from the first one on; all were put before."""
        assert self._file is not None, "no scores wait"
        if not self._taken:
            self._file.seek(0)
        self._taken += rows
        content = self._file.read(4 * rows * self._classes)
        return np.frombuffer(content, np.float32).reshape(rows, self._classes)

    def close(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.close()


@dataclass(kw_only=True)
class Tally:
    """Adds up what several models answer about the same rows, block by block.

    The reference of a table is what labels it: the teacher or, without one, the first student.
    `models` are queried besides. With `waiting`, nothing is added up: the scores of one model are
    stored there, for another `Tally` that takes them as `waited`.
    """

    hold: Draw  # of the measured rows of a large table, those that are held
    models: Sequence[Teacher] = ()
    # Called once, when all models have answered, with probabilities of the reference.
    rules_for: Callable[[Floats | None], Rules] | None = None
    needs_beliefs: bool = False  # whether `rules_for` needs them, of the rows that are held
    waiting: Waiting | None = None  # where scores go to
    waited: Waiting | None = None  # where the scores of the last student come from
    scores: list[Floats] | None = None  # of the models; None before they are queried
    totals: TableTotals | None = field(default=None, init=False)
    _rules: Rules | None = field(default=None, init=False)

    def begin(self, beliefs: Floats | None, labels: Indices | None) -> Sum:
        """Return what sums up the answers about a block.

        `beliefs` are those that `rules_for` needs, `labels` (c,) the rows by true class.
        """
        if self.waiting is not None:
            return _keep
        rules = self.rules(beliefs)
        if labels is not None:
            rules = replace(rules, compared=compared_classes(labels))
        if self.waited is None:
            return rules.total
        waited = self.waited

        def total(answers: Sequence[Floats], y_true: Indices | None) -> TableTotals:
            return rules.total([*answers, waited.take(len(answers[0]))], y_true)

        return total

    def collect(self, found: Any) -> None:
        """Add what `begin`'s function returned of a block."""
        if self.waiting is not None:
            self.waiting.put(found)
        else:
            self.totals = found if self.totals is None else self.totals + found

    def rules(self, beliefs: Floats | None) -> Rules:
        """Return the rules, once all models have answered."""
        if self._rules is None:
            assert self.rules_for is not None, "scores that only wait have no rules"
            self._rules = self.rules_for(beliefs)
        return self._rules

    def measure(
        self, test: LabelledTable, scores: Sequence[Floats]
    ) -> tuple[LabelledTable, Measured]:
        """Return `test`, which holds its rows, with the utilities, and what was measured.

        `scores` are those of the students for these rows, but for a student that is the reference.
        """
        rules = self.rules(test.beliefs)
        test, predicted = rules.predict(test, scores)
        if self.totals is None:
            return test, measure_rows(test, predicted, teacher=rules.teacher)
        return test, Measured(held=test, predicted=predicted, totals=self.totals)


def _keep(answers: Sequence[Floats], y_true: Indices | None) -> Floats:
    """Return the answers of the one model there is, for another `Tally` to add up."""
    del y_true
    return answers[0]
