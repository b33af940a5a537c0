"""Refits: does the student stay the same on resampled rows, or with label noise?

A refit goes from the soft-label student straight to the chosen threshold; a path for each refit
would cost ten times as much. The teacher is not queried again: a synthetic row belongs to the
nearest real row, so that a row that is left out leaves no copies behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, starmap
from typing import NamedTuple

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.background import NONE, Background
from crembo_cli.core.beliefs import allowed_labels
from crembo_cli.core.resampling import (
    draw_resamples,
    draw_wrong_classes,
    nearest_real_rows,
    pairwise_agreement,
    swap_beliefs,
)
from crembo_cli.core.utilities import expected_utilities
from crembo_cli.evaluation.baselines import (
    BaselineRows,
    TreeSize,
    fit_baselines,
    requested_size,
)
from crembo_cli.robustness.model import CONTAMINATION, WithBaselines
from crembo_cli.search.student import Compression, Progress, Search
from crembo_cli.search.training_rows import TrainingRows, draw_subset, select_rows
from crembo_cli.students.contract import Family, Floats, Indices, Task
from crembo_cli.students.decided import decide

RESAMPLES, SHARE = 10, 0.8
MOST_REAL = 16_000  # real rows that a refit draws from
MOST_SYNTHETIC = 16_000  # synthetic rows that a refit draws from
FEW_SYNTHETIC = 2_000  # the same if one fit takes as long as the whole search
MOST_ROWS = 8_000  # rows of a part of a refit that has synthetic rows


class Refit(NamedTuple):
    """The rows of one refit: the student's, to fit and to prune by, and the baselines'."""

    train: TrainingRows
    validation: TrainingRows
    for_baselines: tuple[TrainingRows, ...]


@dataclass(frozen=True, kw_only=True)
class Refitter:
    """How the student and the baselines are refitted."""

    family: Family
    search: Search
    threshold: float | None  # the selected one; None: the soft-label student
    size: TreeSize  # of the baselines
    test: Floats  # (m, p) rows to compare predictions on

    def __call__(self, refit: Refit) -> dict[str, Indices]:
        """Refit the student and the baselines, and predict the test rows: by name, (m,)."""
        fitted = baseline_rows(*refit.for_baselines, utilities=self.search.utility_matrix())
        baselines = fit_baselines(fitted, self.size)
        return {
            "student": self._predict_student(refit.train, refit.validation),
            **{name: each.predict(self.test).labels for name, each in baselines.items()},
        }

    def _predict_student(self, train: TrainingRows, validation: TrainingRows) -> Indices:
        """Fit a student on `train`, prune it on `validation`, and predict the test rows."""
        # MEMO's consistency is about its training rows, so its students are not pruned.
        pruned_by = 0 if self.search.algorithm == "memo" else len(validation.rows)
        utilities = self.search.utility_matrix()
        learner = self.family.learner(
            Task(
                rows=train.rows,
                beliefs=train.beliefs,
                validation_rows=validation.rows[:pruned_by],
                validation_beliefs=validation.beliefs[:pruned_by],
                seed=self.search.seed,
                objective=self.search.objective,
                utilities=utilities,
                threads=self.search.threads,
                categories=train.categories,
                shape=train.shape,
                device=self.search.device,
            )
        )
        rewards = expected_utilities(train.beliefs, utilities)
        student = learner.fit(rewards)
        if self.threshold is not None:
            student = learner.fit(allowed_labels(rewards, self.threshold), student)
        return decide(learner.finish(student), utilities).predict(self.test)


@dataclass(frozen=True, kw_only=True)
class Refits:
    """The rows that refits draw from, and what refits on them."""

    refitter: Refitter
    train: TrainingRows
    validation: TrainingRows
    background: Background  # does some of the refits

    def predict(self, fits: Sequence[Refit]) -> Iterator[dict[str, Indices]]:
        """Generate what the refits predict, in order.

        This process does one for each that every thread of the background does, if that is
        another process: a plugin's fits need not go side by side in one. Some are begun ahead,
        not all: they hold copies of rows.
        """
        threads = self.background.threads if self.background.apart else 1

        def begin(number: int, refit: Refit) -> Callable[[], dict[str, Indices]]:
            if number % threads:
                return self.background.begin(self.refitter, refit)
            return partial(self.refitter, refit)

        ahead = starmap(begin, enumerate(fits))
        begun = deque(islice(ahead, 2 * threads))
        while begun:
            yield begun.popleft()()
            begun.extend(islice(ahead, 1))


def baseline_rows(*parts: TrainingRows, utilities: Doubles | None) -> BaselineRows:
    """Join the rows of `parts`, which need no validation rows, for the baselines."""
    labels = [each.y_true for each in parts if each.y_true is not None]
    return BaselineRows(
        rows=np.vstack([each.rows for each in parts]),
        beliefs=np.vstack([each.beliefs for each in parts]),
        real=np.vstack([each.rows[: each.real] for each in parts]),
        y_true=np.concatenate(labels) if len(labels) == len(parts) else None,
        utilities=utilities,
    )


def refits_of(
    found: Compression,
    family: Family,
    search: Search,
    test: Floats,
    *,
    background: Background = NONE,
    most_synthetic: int = MOST_SYNTHETIC,
) -> Refits:
    """The refits of the student that was `found`, compared on the rows `test` (m, p).

    If the search had no thresholds, it was one fit and each refit would take as long, so refits
    have fewer synthetic rows.
    """
    rng = np.random.default_rng([search.seed, 5])
    synthetic = FEW_SYNTHETIC if search.thresholds_for(family) == 0 else most_synthetic
    train = limit_rows(found.train, synthetic, rng)
    refitter = Refitter(
        family=family,
        search=search,
        threshold=found.threshold,
        size=requested_size(family, found.student.size()),
        test=test,
    )
    return Refits(
        refitter=refitter,
        train=train,
        validation=limit_rows(found.validation, synthetic, rng),
        background=background,
    )


def measure_agreement(
    refits: Refits, done: Progress, *, most_rows: int = MOST_ROWS
) -> WithBaselines:
    """Mean pairwise agreement on test rows of RESAMPLES refits, each on SHARE of the training rows.

    Validation rows are not resampled. The baselines are fitted on the same resamples.
    """
    train = refits.train
    rng = np.random.default_rng([refits.refitter.search.seed, 6])
    owner = real_rows_of(train)
    resamples = [
        take_resample(train, owner, drawn, most_rows, rng)
        for drawn in draw_resamples(RESAMPLES, train.real, SHARE, rng)
    ]
    answers: dict[str, list[Indices]] = {}
    fits = [Refit(each, refits.validation, (each,)) for each in resamples]
    for count, predicted in enumerate(refits.predict(fits), start=1):
        for name, each in predicted.items():
            answers.setdefault(name, []).append(each)
        done(count)
    return _with_baselines({name: pairwise_agreement(each) for name, each in answers.items()})


def measure_contamination(
    refits: Refits,
    done: Progress,
    *,
    shares: Sequence[float] = CONTAMINATION,
    most_rows: int = MOST_ROWS,
) -> dict[str, WithBaselines]:
    """Agreement on test rows of refits with label noise and the refit without, by share of noise.

    That share of the rows, training and validation, real and synthetic, gets the beliefs and the
    true label of a wrong class. The comparison is with a clean refit, not with the student
    itself, which had a whole path and more rows: so nothing but the noise differs.
    """
    rng = np.random.default_rng([refits.refitter.search.seed, 7])
    clean = [
        limit_rows(part, max(0, most_rows - min(part.real, MOST_REAL)), rng)
        for part in (refits.train, refits.validation)
    ]
    fits = [_refit(*clean)]
    for share in shares:
        rng = np.random.default_rng([refits.refitter.search.seed, 7, round(1000 * share)])
        fits.append(_refit(*(add_label_noise(part, share, rng) for part in clean)))
    predicted = []
    for each in refits.predict(fits):
        predicted.append(each)
        done(len(predicted))
    expected, *noisy = predicted
    return {
        f"{share:g}": _with_baselines(
            {name: float(np.mean(labels == expected[name])) for name, labels in each.items()}
        )
        for share, each in zip(shares, noisy, strict=True)
    }


def _refit(train: TrainingRows, validation: TrainingRows) -> Refit:
    return Refit(train, validation, (train, validation))


def _with_baselines(shares: dict[str, float]) -> WithBaselines:
    return WithBaselines(
        student=shares["student"],
        baseline_labels=shares.get("baseline_labels"),
        baseline_teacher=shares["baseline_teacher"],
        baseline_soft=shares["baseline_soft"],
    )


def limit_rows(part: TrainingRows, synthetic: int, rng: np.random.Generator) -> TrainingRows:
    """`part` with at most MOST_REAL real rows and at most `synthetic` synthetic rows."""
    return select_rows(
        part,
        draw_subset(np.arange(part.real), MOST_REAL, rng),
        draw_subset(np.arange(part.real, len(part.rows)), synthetic, rng),
    )


def real_rows_of(train: TrainingRows) -> Indices:
    """The real row to which each synthetic row belongs: int64 (n - real,)."""
    real = train.rows[: train.real].astype(np.float64)  # squares may overflow as float32
    # With a row of zeros, the deviation of a column without values is 0 and not NaN.
    spread = np.nanstd(np.vstack([real, np.zeros_like(real[:1])]), axis=0)
    scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
    return nearest_real_rows(train.rows[: train.real], train.rows[train.real :], scale)


def take_resample(
    train: TrainingRows, owner: Indices, drawn: Indices, most: int, rng: np.random.Generator
) -> TrainingRows:
    """The real rows `drawn` and synthetic rows that belong to them, `most` rows in all."""
    theirs = train.real + np.flatnonzero(np.isin(owner, drawn))
    return select_rows(train, drawn, draw_subset(theirs, max(0, most - len(drawn)), rng))


def add_label_noise(part: TrainingRows, share: float, rng: np.random.Generator) -> TrainingRows:
    """`part` with the beliefs and the true label of a wrong class on `share` of its rows."""
    n, classes = part.beliefs.shape
    at = np.sort(rng.choice(n, round(share * n), replace=False))
    wrong = draw_wrong_classes(part.beliefs[at].argmax(axis=1), classes, rng)
    y_true = part.y_true
    if y_true is not None:
        real = at[at < part.real]
        y_true = y_true.copy()
        y_true[real] = draw_wrong_classes(y_true[real], classes, rng)
    return replace(part, beliefs=swap_beliefs(part.beliefs, at, wrong), y_true=y_true)
