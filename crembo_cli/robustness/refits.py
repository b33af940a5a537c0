"""What refitting tells: does the student stay the same on other rows, or on wrong beliefs?

A refit goes straight to the chosen threshold, from the belief student; a path for each would
cost ten times as much. The teacher is not asked again: a row that it labelled beside the real
ones goes with the real row nearest to it, so that what is left out leaves no copies behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.resampling import (
    owners,
    pairwise_agreement,
    resamples,
    with_wrong_beliefs,
    wrong_classes,
)
from crembo_cli.evaluation.baselines import predict_baseline
from crembo_cli.robustness.model import CONTAMINATION, WithBaselines
from crembo_cli.search.student import Compression, Progress, Search
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.contract import Family, Floats, Indices, Task

RESAMPLES, SHARE = 10, 0.8
MOST_MADE, FEW_MADE = 16_000, 2_000  # and synthetic ones; few where a fit is all of the path


@dataclass(frozen=True, kw_only=True)
class Refits:
    """How the student and the trees of its size are fitted again."""

    family: Family
    search: Search
    threshold: float | None  # the chosen one
    size: dict[str, int]  # the student's
    train: TrainingRows
    validation: TrainingRows
    test: Floats  # (m, p) rows to compare answers on

    def student(self, train: TrainingRows, validation: TrainingRows) -> Indices:
        """What a student fitted on `fit`, pruned by `validation`, says on the test rows."""
        # MEMO's consistency is about the rows it was fitted on; it was not pruned by others.
        pruned_by = 0 if self.search.algorithm == "memo" else len(validation.rows)
        learner = self.family.learner(
            Task(
                rows=train.rows,
                beliefs=train.beliefs,
                validation_rows=validation.rows[:pruned_by],
                validation_beliefs=validation.beliefs[:pruned_by],
                seed=self.search.seed,
                threads=self.search.threads,
                categories=train.categories,
            )
        )
        student = learner.fit(train.beliefs)
        if self.threshold is not None:
            student = learner.fit(allowed_labels(train.beliefs, self.threshold), student)
        return learner.finish(student).predict(self.test)

    def baselines(
        self, rows: Floats, beliefs: Floats, y_true: Indices | None
    ) -> dict[str, Indices]:
        """What the trees of the student's size, fitted on `rows`, say on the test rows."""
        labels = {"baseline_labels": y_true, "baseline_teacher": beliefs.argmax(axis=1)}
        return {
            name: predict_baseline(rows, each, self.test, self.size, self.search.seed)
            for name, each in labels.items()
            if each is not None
        }


def refits_of(found: Compression, family: Family, search: Search, test: Floats) -> Refits:
    """The refits of what was `found`, compared on the rows `test` (m, p).

    A family without thresholds spends its time on one fit: each refit of it would take as long
    as the search did, so that its refits have fewer synthetic rows.
    """
    rng = np.random.default_rng([search.seed, 5])
    made = FEW_MADE if family.thresholds == 0 else MOST_MADE
    return Refits(
        family=family,
        search=search,
        threshold=found.threshold,
        size=found.student.size(),
        train=at_most(found.train, made, rng),
        validation=at_most(found.validation, made, rng),
        test=test,
    )


def agreement(refits: Refits, done: Progress) -> WithBaselines:
    """Mean pairwise agreement on test rows of RESAMPLES students, each on SHARE of the fit rows.

    The rows that a student is pruned by stay; the trees of its size are fitted on the same
    resampled rows.
    """
    train = refits.train
    rng = np.random.default_rng([refits.search.seed, 6])
    owner = real_rows_of(train)
    answers: dict[str, list[Indices]] = {}
    for count, drawn in enumerate(resamples(RESAMPLES, train.real, SHARE, rng), start=1):
        predicted = {
            "student": refits.student(resampled(train, owner, drawn, rng), refits.validation)
        }
        y_true = None if train.y_true is None else train.y_true[drawn]
        predicted |= refits.baselines(train.rows[drawn], train.beliefs[drawn], y_true)
        for name, each in predicted.items():
            answers.setdefault(name, []).append(each)
        done(count)
    return _beside({name: pairwise_agreement(each) for name, each in answers.items()})


def contamination(refits: Refits, done: Progress) -> dict[str, WithBaselines]:
    """Agreement on test rows of refits on wrong beliefs with the refit on right ones, by share.

    That share of all rows, fitted on or pruned by, real and synthetic, gets the beliefs, and
    the true labels, of a wrong class. Held against the same refit without them, not against the
    student itself, which had a whole path and more rows: nothing but the beliefs differs.
    """
    clean = _refitted(refits, refits.train, refits.validation)
    done(1)
    found = {}
    for count, share in enumerate(CONTAMINATION, start=2):
        rng = np.random.default_rng([refits.search.seed, 7, round(1000 * share)])
        train, validation = (
            contaminated(part, share, rng) for part in (refits.train, refits.validation)
        )
        predicted = _refitted(refits, train, validation)
        found[f"{share:g}"] = _beside(
            {name: float(np.mean(each == clean[name])) for name, each in predicted.items()}
        )
        done(count)
    return found


def _refitted(refits: Refits, train: TrainingRows, validation: TrainingRows) -> dict[str, Indices]:
    """What the student and the trees of its size, all fitted anew, say on the test rows."""
    y_true = None
    if train.y_true is not None and validation.y_true is not None:
        y_true = np.concatenate([train.y_true, validation.y_true])
    baselines = refits.baselines(
        np.vstack([train.rows[: train.real], validation.rows[: validation.real]]),
        np.vstack([train.beliefs[: train.real], validation.beliefs[: validation.real]]),
        y_true,
    )
    return {"student": refits.student(train, validation), **baselines}


def _beside(shares: dict[str, float]) -> WithBaselines:
    return WithBaselines(
        student=shares["student"],
        baseline_labels=shares.get("baseline_labels"),
        baseline_teacher=shares["baseline_teacher"],
    )


MOST_REAL = 16_000  # real rows that a refit draws from
MOST_ROWS = 8_000  # rows of a resample among which there are synthetic ones


def at_most(part: TrainingRows, made: int, rng: np.random.Generator) -> TrainingRows:
    """`part` with at most MOST_REAL real rows, and at most `made` synthetic ones."""
    return _taken(
        part,
        _drawn(np.arange(part.real), MOST_REAL, rng),
        _drawn(np.arange(part.real, len(part.rows)), made, rng),
    )


def _drawn(numbers: Indices, most: int, rng: np.random.Generator) -> Indices:
    if len(numbers) <= most:
        return numbers
    return np.sort(rng.choice(numbers, most, replace=False))


def _taken(part: TrainingRows, real: Indices, made: Indices) -> TrainingRows:
    both = np.concatenate([real, made])
    return replace(
        part,
        rows=part.rows[both],
        beliefs=part.beliefs[both],
        y_true=None if part.y_true is None else part.y_true[real],
        real=len(real),
    )


def real_rows_of(train: TrainingRows) -> Indices:
    """The real row that each synthetic one goes with: int64 (n - real,)."""
    real = train.rows[: train.real]
    # A row of zeros beside them, so that a column without values has a deviation too.
    spread = np.nanstd(np.vstack([real, np.zeros_like(real[:1])]), axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
    return owners(real, train.rows[train.real :], scale)


def resampled(
    train: TrainingRows, owner: Indices, drawn: Indices, rng: np.random.Generator
) -> TrainingRows:
    """The real rows `drawn`, and of the synthetic ones that go with them as many as may be."""
    theirs = train.real + np.flatnonzero(np.isin(owner, drawn))
    return _taken(train, drawn, _drawn(theirs, max(0, MOST_ROWS - len(drawn)), rng))


def contaminated(part: TrainingRows, share: float, rng: np.random.Generator) -> TrainingRows:
    """`part` with a wrong class believed in, and true, on `share` of its rows."""
    n, classes = part.beliefs.shape
    at = np.sort(rng.choice(n, round(share * n), replace=False))
    wrong = wrong_classes(part.beliefs[at].argmax(axis=1), classes, rng)
    y_true = part.y_true
    if y_true is not None:
        real = at[at < part.real]
        y_true = y_true.copy()
        y_true[real] = wrong_classes(y_true[real], classes, rng)
    return replace(part, beliefs=with_wrong_beliefs(part.beliefs, at, wrong), y_true=y_true)
