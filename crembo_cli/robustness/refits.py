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
from crembo_cli.evaluation.metrics import baseline_says
from crembo_cli.robustness.model import CONTAMINATION, Beside
from crembo_cli.search.student import Compression, Progress, Search
from crembo_cli.search.training_rows import Rows
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
    fit: Rows
    held: Rows
    test: Floats  # (m, p) rows to compare answers on

    def student(self, fit: Rows, held: Rows) -> Indices:
        """What a student fitted on `fit`, pruned by `held`, says on the test rows."""
        # MEMO's consistency is about the rows it was fitted on; it was not pruned by others.
        pruned_by = 0 if self.search.algorithm == "memo" else len(held.rows)
        learner = self.family.learner(
            Task(
                rows=fit.rows,
                beliefs=fit.beliefs,
                held_rows=held.rows[:pruned_by],
                held_beliefs=held.beliefs[:pruned_by],
                seed=self.search.seed,
                threads=self.search.threads,
                categories=fit.categories,
            )
        )
        student = learner.fit(fit.beliefs)
        if self.threshold is not None:
            student = learner.fit(allowed_labels(fit.beliefs, self.threshold), student)
        return learner.finish(student).predict(self.test)

    def baselines(self, rows: Floats, beliefs: Floats, truth: Indices | None) -> dict[str, Indices]:
        """What the trees of the student's size, fitted on `rows`, say on the test rows."""
        labels = {"baseline_labels": truth, "baseline_teacher": beliefs.argmax(axis=1)}
        return {
            name: baseline_says(rows, each, self.test, self.size, self.search.seed)
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
        fit=at_most(found.fit, made, rng),
        held=at_most(found.held, made, rng),
        test=test,
    )


def agreement(refits: Refits, done: Progress) -> Beside:
    """Mean pairwise agreement on test rows of RESAMPLES students, each on SHARE of the fit rows.

    The rows that a student is pruned by stay; the trees of its size are fitted on the same
    resampled rows.
    """
    fit = refits.fit
    rng = np.random.default_rng([refits.search.seed, 6])
    owner = owners_of(fit)
    answers: dict[str, list[Indices]] = {}
    for count, drawn in enumerate(resamples(RESAMPLES, fit.real, SHARE, rng), start=1):
        said = {"student": refits.student(resampled(fit, owner, drawn, rng), refits.held)}
        truth = None if fit.truth is None else fit.truth[drawn]
        said |= refits.baselines(fit.rows[drawn], fit.beliefs[drawn], truth)
        for name, each in said.items():
            answers.setdefault(name, []).append(each)
        done(count)
    return _beside({name: pairwise_agreement(each) for name, each in answers.items()})


def contamination(refits: Refits, done: Progress) -> dict[str, Beside]:
    """Agreement on test rows of refits on wrong beliefs with the refit on right ones, by share.

    That share of all rows, fitted on or pruned by, real and synthetic, gets the beliefs, and
    the true labels, of a wrong class. Held against the same refit without them, not against the
    student itself, which had a whole path and more rows: nothing but the beliefs differs.
    """
    clean = _refitted(refits, refits.fit, refits.held)
    done(1)
    found = {}
    for count, share in enumerate(CONTAMINATION, start=2):
        rng = np.random.default_rng([refits.search.seed, 7, round(1000 * share)])
        fit, held = (contaminated(part, share, rng) for part in (refits.fit, refits.held))
        said = _refitted(refits, fit, held)
        found[f"{share:g}"] = _beside(
            {name: float(np.mean(each == clean[name])) for name, each in said.items()}
        )
        done(count)
    return found


def _refitted(refits: Refits, fit: Rows, held: Rows) -> dict[str, Indices]:
    """What the student and the trees of its size, all fitted anew, say on the test rows."""
    truth = None
    if fit.truth is not None and held.truth is not None:
        truth = np.concatenate([fit.truth, held.truth])
    baselines = refits.baselines(
        np.vstack([fit.rows[: fit.real], held.rows[: held.real]]),
        np.vstack([fit.beliefs[: fit.real], held.beliefs[: held.real]]),
        truth,
    )
    return {"student": refits.student(fit, held), **baselines}


def _beside(shares: dict[str, float]) -> Beside:
    return Beside(
        student=shares["student"],
        baseline_labels=shares.get("baseline_labels"),
        baseline_teacher=shares["baseline_teacher"],
    )


MOST_REAL = 16_000  # real rows that a refit draws from
MOST_ROWS = 8_000  # rows of a resample among which there are synthetic ones


def at_most(part: Rows, made: int, rng: np.random.Generator) -> Rows:
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


def _taken(part: Rows, real: Indices, made: Indices) -> Rows:
    both = np.concatenate([real, made])
    return replace(
        part,
        rows=part.rows[both],
        beliefs=part.beliefs[both],
        truth=None if part.truth is None else part.truth[real],
        real=len(real),
    )


def owners_of(fit: Rows) -> Indices:
    """The real row that each synthetic one goes with: int64 (n - real,)."""
    real = fit.rows[: fit.real]
    # A row of zeros beside them, so that a column without values has a deviation too.
    spread = np.nanstd(np.vstack([real, np.zeros_like(real[:1])]), axis=0, dtype=np.float64)
    scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
    return owners(real, fit.rows[fit.real :], scale)


def resampled(fit: Rows, owner: Indices, drawn: Indices, rng: np.random.Generator) -> Rows:
    """The real rows `drawn`, and of the synthetic ones that go with them as many as may be."""
    theirs = fit.real + np.flatnonzero(np.isin(owner, drawn))
    return _taken(fit, drawn, _drawn(theirs, max(0, MOST_ROWS - len(drawn)), rng))


def contaminated(part: Rows, share: float, rng: np.random.Generator) -> Rows:
    """`part` with a wrong class believed in, and true, on `share` of its rows."""
    n, classes = part.beliefs.shape
    at = np.sort(rng.choice(n, round(share * n), replace=False))
    wrong = wrong_classes(part.beliefs[at].argmax(axis=1), classes, rng)
    truth = part.truth
    if truth is not None:
        real = at[at < part.real]
        truth = truth.copy()
        truth[real] = wrong_classes(truth[real], classes, rng)
    return replace(part, beliefs=with_wrong_beliefs(part.beliefs, at, wrong), truth=truth)
