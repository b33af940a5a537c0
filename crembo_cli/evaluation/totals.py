"""Sums and counts over rows that every metric is computed from; those of blocks add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.dataset.labelled import LabelledRows
from crembo_cli.evaluation import scores
from crembo_cli.evaluation.counts import Counts

CERTAIN = 0.99  # a teacher is certain of a row to whose most probable class it gives this or more

Own = TypeVar("Own", bound="Sums")


class Sums:
    """A dataclass of sums over rows; None for what is not known."""

    def __add__(self: Own, other: Own) -> Own:
        """Return the sums over the rows of both."""
        return replace(  # type: ignore[type-var]  # each is a dataclass
            self,
            **{
                each.name: _add(getattr(self, each.name), getattr(other, each.name))
                for each in fields(self)  # type: ignore[arg-type]  # same
            },
        )


def _add(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return None
    if isinstance(one, dict):
        return {key: _add(one[key], other[key]) for key in one}
    if isinstance(one, tuple):
        return tuple(a + b for a, b in zip(one, other, strict=True))
    return one + other


@dataclass(frozen=True, kw_only=True)
class Moments:
    """The mean of a number of each row, and how far the rows are from it."""

    rows: int
    mean: float
    squares: float  # sum of the squared differences from the mean

    @classmethod
    def of(cls, values: Doubles) -> Moments:
        """Return the moments of `values` (n,)."""
        mean = float(values.mean())
        return cls(rows=len(values), mean=mean, squares=float(np.square(values - mean).sum()))

    @classmethod
    def of_counts(cls, more: Indices, less: Indices, rows: int, by: Doubles) -> Moments:
        """Return those of `rows` numbers: `by` (k,) in `more` rows, -`by` in `less`, else 0."""
        mean = float((by * (more - less)).sum() / rows)
        apart = more * (by - mean) ** 2 + less * (by + mean) ** 2
        rest = rows - int(more.sum() + less.sum())
        return cls(rows=rows, mean=mean, squares=float(apart.sum() + rest * mean**2))

    def __add__(self, other: Moments) -> Moments:
        """Return the moments over the rows of both (Chan, Golub & LeVeque 1979)."""
        rows, gap = self.rows + other.rows, other.mean - self.mean
        return Moments(
            rows=rows,
            mean=self.mean + gap * other.rows / rows,
            squares=self.squares + other.squares + gap**2 * self.rows * other.rows / rows,
        )

    def error(self) -> float:
        """Return the standard error of the mean."""
        return float(np.sqrt(self.squares / self.rows) / np.sqrt(self.rows))


@dataclass(frozen=True, kw_only=True, eq=False)
class Totals(Sums):
    """What one classifier predicts for n rows of c classes.

    The known class of a row is its true label or, without labels, the teacher's label.
    """

    rows: int
    true: Indices | None  # (c, c) rows by true label and predicted class; None without labels
    expected: Indices | None  # (c, c) by the teacher's label and predicted class
    depths: Counts | None  # of the rows' depths: expected utilities of the predicted classes
    depth: Doubles | None  # (c,) sums of the depths, by known class
    costs: Mapping[str, float | None]  # sums of `scores.FROM_LABELS` and `FROM_TEACHER`, by name
    likely: tuple[Counts, ...] | None  # of the probabilities of each of the compared classes


@dataclass(frozen=True, kw_only=True, eq=False)
class PairTotals(Sums):
    """What one classifier predicts beside another for the same rows; None as in `Totals`."""

    same: int  # rows where they predict the same class
    right: tuple[Indices, Indices] | None  # (c,) each, by true label: only the first is right,
    # only the other is
    faithful: tuple[int, int] | None  # only the first predicts the teacher's label, only the other
    depth: Moments | None  # of the first one's less the other's
    costs: Mapping[str, Moments | None]  # the same, of those of `Totals`


@dataclass(frozen=True, kw_only=True, eq=False)
class TableTotals(Sums):
    """What several classifiers predict for the same rows."""

    rows: int
    labels: Indices | None  # (c,) rows by true label; None without labels
    certain: int | None  # rows of which the teacher is certain; None without a teacher
    each: Mapping[str, Totals]  # by the classifier's name
    pairs: Mapping[str, PairTotals]  # the first classifier beside each other one

    def rare_class(self, names: Sequence[str]) -> str | None:
        """Name the class with fewer rows of two; None with more classes, and without labels."""
        if self.labels is None or len(names) != 2:
            return None
        return next((names[k] for k in scores.compared_classes(self.labels)), None)


@dataclass(frozen=True, kw_only=True, eq=False)
class ByRow:
    """What one classifier predicts for each of n rows, and how good that is."""

    rows: LabelledRows
    labels: Indices  # (n,) predicted classes
    probabilities: Floats | None  # (n, c)
    expected: Indices | None  # (n,) the teacher's labels; None without a teacher
    depth: Floats | None  # (n,)
    costs: Mapping[str, Doubles | None]  # (n,) each, as in `Totals`

    @classmethod
    def of(
        cls,
        rows: LabelledRows,
        labels: Indices,
        probabilities: Floats | None,
        *,
        teacher: bool,
    ) -> ByRow:
        """Measure each row; `teacher`: whether the beliefs of `rows` are those of a teacher."""
        P, Q, y = rows.beliefs, probabilities, rows.y_true
        return cls(
            rows=rows,
            labels=labels,
            probabilities=Q,
            expected=rows.teacher_labels() if teacher else None,
            depth=np.asarray(depth_by_row(rows.rewards(), labels)) if teacher else None,
            costs={
                **{
                    name: None if Q is None or y is None else cost(Q, y)
                    for name, cost in scores.FROM_LABELS.items()
                },
                **{
                    name: None if Q is None or not teacher else cost(P, Q)
                    for name, cost in scores.FROM_TEACHER.items()
                },
            },
        )

    def totals(self, compared: tuple[int, ...]) -> Totals:
        """Sum over the rows; `compared` are the classes whose probabilities are counted."""
        y, Q, c = self.rows.y_true, self.probabilities, self.rows.beliefs.shape[1]
        depths = by_class = None
        if self.depth is not None:
            depths = Counts.of(self.depth)
            known = np.asarray(self.expected if y is None else y)
            by_class = np.zeros(c)
            by_class += np.bincount(known, self.depth.astype(np.float64), minlength=c)
        likely = None
        if y is not None and Q is not None:
            likely = tuple(Counts.of(Q[:, k], y == k) for k in compared)
        return Totals(
            rows=len(self.labels),
            true=_confusion(y, self.labels, c),
            expected=_confusion(self.expected, self.labels, c),
            depths=depths,
            depth=by_class,
            costs={
                name: None if each is None else float(each.sum())
                for name, each in self.costs.items()
            },
            likely=likely,
        )

    def beside(self, other: ByRow) -> PairTotals:
        """Sum the differences from `other` over the same rows."""
        y, c = self.rows.y_true, self.rows.beliefs.shape[1]
        right = faithful = None
        if y is not None:
            own, others = self.labels == y, other.labels == y
            only = own & ~others, others & ~own
            right = tuple(np.bincount(y[each], minlength=c) for each in only)
        if self.expected is not None:
            own, others = self.labels == self.expected, other.labels == self.expected
            faithful = int((own & ~others).sum()), int((others & ~own).sum())
        return PairTotals(
            same=int((self.labels == other.labels).sum()),
            right=right,  # type: ignore[arg-type]  # two of them
            faithful=faithful,
            depth=_moments(self.depth, other.depth),
            costs={name: _moments(each, other.costs[name]) for name, each in self.costs.items()},
        )


def _confusion(known: Indices | None, predicted: Indices, c: int) -> Indices | None:
    if known is None:
        return None
    return np.bincount(known * c + predicted, minlength=c * c).reshape(c, c)


def _moments(one: Floats | Doubles | None, other: Floats | Doubles | None) -> Moments | None:
    if one is None or other is None:
        return None
    return Moments.of(one.astype(np.float64) - other.astype(np.float64))
