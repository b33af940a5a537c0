"""What to try next, chosen by what this run knows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from crembo_cli.evaluation.differences import Difference
from crembo_cli.report.drawings import add_article
from crembo_cli.report.faults import lost_classes
from crembo_cli.report.gates import parse_gate
from crembo_cli.report.model import ReferenceInfo, Report
from crembo_cli.report.next_command import compress_again, explain_student
from crembo_cli.report.status import (
    GOOD,
    SURELY,
    auc_loss_of,
    decides_by_auc,
    loss_of,
    rare_class_of,
    status_of,
)

GAIN = 0.01  # a reference must be better by more, in accuracy or AUC, for its family to be named
ERRORS = 1.0  # and by this many standard errors of the paired difference
SIMPLER = 0.003  # a simpler family is named instead of one that gains at most so much more
DEEPER = 3  # levels that are added to a tree that has reached its limit
MOST_DEPTH = 16
LOW_RECALL = 0.5  # below it a rare class is missed more often than found
LARGER_TEST = 0.4  # share of the rows, for a narrower interval
# By family, the option that makes a student larger and how its next value follows.
LARGER = {"mlp": "hidden", "boosted": "trees", "rules": "max_rules"}
MOST = {"hidden": 1024, "trees": 1000, "max_rules": 50}
PAIRS = 10
# They fit probabilities with either objective: another would give the same student.
FAMILIES_OF_SCORES = frozenset({"linear", "additive", "mlp", "boosted", "cnn", "net"})
# Sizes that a student is held to by an option.
SIZES = {
    "bytes": "--max-bytes",
    "parameters": "--max-parameters",
    "leaves": "--max-leaves",
    "tree_depth": "--max-depth",
}
Advice = tuple[str, str]  # a clause, and the command


def advice_of(report: Report) -> Advice:
    """Return what to try next and its command; ("", "") where nothing is known that could help."""
    return next(_advice(report), ("", ""))


def better_reference(report: Report) -> tuple[str, ReferenceInfo] | None:
    """Return the family that is expected to be better than the student, and its reference."""
    name = choose_reference(report.references, by_auc=decides_by_auc(report))
    return None if name is None else (name, report.references[name])


def choose_reference(references: Mapping[str, ReferenceInfo], *, by_auc: bool) -> str | None:
    """Name the family whose reference is better than the student; None if there is none.

    It is better by more than GAIN and by more than ERRORS standard errors: in accuracy (without
    labels in fidelity) or in AUC. Of several the best is named, or a simpler one, which comes
    first, that is nearly as good: by AUC with `by_auc` and where none is better in accuracy.
    """
    labels = {name: each.accuracy_gain or each.fidelity_gain for name, each in references.items()}
    scores = {name: each.roc_auc_gain for name, each in references.items()}
    kinds = (scores, labels) if by_auc else (labels, scores)
    for gains in kinds:
        better = {name: gain.value for name, gain in gains.items() if _is_better(gain)}
        if better:
            best = max(better.values())
            return next(name for name, gain in better.items() if gain >= best - SIMPLER)
    return None


def _is_better(gain: Difference | None) -> TypeGuard[Difference]:
    """Whether it is one by more than GAIN and ERRORS standard errors."""
    return gain is not None and gain.value > max(GAIN, ERRORS * gain.error)


def _advice(report: Report) -> Iterator[Advice]:
    """Generate everything that could help, what is most likely to first."""
    if report.search is None:
        yield from _after_evaluation(report)
        return
    yield from _smaller(report)
    better = better_reference(report)
    if better is not None:
        family, reference = better
        text = f"{add_article(family)} student {_promise(reference, report)}"
        yield text, compress_again(report, {"--student": family}, family=True)
    decided = report.student.utilities is not None
    if list(lost_classes(report)) and not decided:
        text = "weigh the classes so that rare ones are predicted"
        yield text, compress_again(report, {"--class-weight": "balanced"}, family=False)
    auc = auc_loss_of(report)
    fitted = report.search.comparison is None and report.student.family in FAMILIES_OF_SCORES
    if auc is not None and auc > GOOD and report.search.objective == "labels" and not fitted:
        text = "fit the probabilities alone"
        changes = {"--objective": "scores"}
        yield text, compress_again(report, changes, family=_has_path_options(report))
    loss = loss_of(report)
    if loss is not None and (loss.value > GOOD or status_of(report)[0] in ("weak", "failed")):
        yield from _larger(report)
    rare = rare_class_of(report)
    recall = next((each.recall for each in report.by_class or [] if each.name == rare), None)
    if recall is not None and recall < LOW_RECALL and not decided:
        text = f"it finds {recall:.0%} of the rows of {rare!r}; a missed one may cost more"
        yield text, compress_again(report, {"--class-weight": "balanced"}, family=False)
    if loss is not None and loss.high > SURELY * GOOD and report.data.test_path is None:
        test, rest = report.data.test_rows, report.data.training_rows or 0
        if test < LARGER_TEST * (test + rest):
            text = f"{test:,} test rows leave the loss uncertain; test on more"
            yield text, compress_again(report, {"--test-size": f"{LARGER_TEST:g}"}, family=False)
    yield "read what it does", explain_student(report)


def _smaller(report: Report) -> Iterator[Advice]:
    """Generate how to look for a student within the sizes that requirements allow."""
    limits = {}
    for each in report.requirements:
        gate = parse_gate(each.expression)
        option = SIZES.get(gate.path[-1]) if gate.path[:2] == ("student", "size") else None
        if option is not None and not each.met and gate.comparison in ("<=", "<"):
            most = math.ceil(gate.limit) - 1 if gate.comparison == "<" else math.floor(gate.limit)
            limits[option] = str(max(most, 1))
    if limits:
        text = "look for the best student of that size"
        yield text, compress_again(report, {"--student": "auto", **limits}, family=True)


def _promise(reference: ReferenceInfo, report: Report) -> str:
    """What the family is expected to reach on all test rows: what the student does, and the gain.

    A reference's own values are those of the test rows that it was measured on, which may be fewer.
    """
    own, teacher = report.metrics["student"], report.metrics.get("teacher")
    gain, score = reference.accuracy_gain, reference.roc_auc_gain
    by_auc = decides_by_auc(report) or not _is_better(gain or reference.fidelity_gain)
    if by_auc and _is_better(score) and own.roc_auc is not None:
        reached = min(own.roc_auc + score.value, 1.0)
        return f"is expected to reach AUC {reached:.3f} instead of {own.roc_auc:.3f}"
    if teacher is None or teacher.accuracy is None or own.accuracy is None or gain is None:
        fidelity = own.fidelity or 0.0
        reached = min(fidelity + reference.fidelity_gain.value, 1.0)
        return f"is expected to reach fidelity {reached:.3f} instead of {fidelity:.3f}"
    points = 100 * (teacher.accuracy - own.accuracy - gain.value)
    if round(points, 1) <= 0:
        return "is expected to be as accurate as the teacher"
    return f"is expected to lose about {points:.1f} points"


def _larger(report: Report) -> Iterator[Advice]:
    """Generate how to allow a larger student of the same family."""
    options, size = report.student.options or {}, report.student.size
    family = report.student.family or ""
    limit, leaves = options.get("max_depth"), options.get("max_leaves")
    compared = report.search is not None and report.search.comparison is not None
    if compared:
        return
    if family != "boosted" and limit is not None and size.get("tree_depth") == limit < MOST_DEPTH:
        most = 8 if family == "oblique" else MOST_DEPTH
        deeper = min(limit + DEEPER, most)
        if deeper > limit:
            text = f"the tree has reached its depth of {limit}; allow {deeper}"
            yield text, compress_again(report, {"--max-depth": str(deeper)}, family=False)
    if leaves is not None and size.get("leaves") == leaves:
        text = f"the tree has reached its {leaves} leaves; allow {2 * leaves}"
        yield text, compress_again(report, {"--max-leaves": str(2 * leaves)}, family=False)
    key = LARGER.get(family)
    if key is not None and 2 * options[key] <= MOST[key]:
        text = f"allow a larger student: {key} {2 * options[key]}"
        yield text, compress_again(report, {"--set": f"{key}={2 * options[key]}"}, family=False)
    if family == "additive" and not options.get("pairs"):
        text = f"add tables of {PAIRS} pairs of features"
        yield text, compress_again(report, {"--set": f"pairs={PAIRS}"}, family=False)


def _has_path_options(report: Report) -> bool:
    """Whether options were given that the objective `scores` refuses."""
    search = report.search
    return search is not None and (search.algorithm == "memo" or search.select != "depth")


def _after_evaluation(report: Report) -> Iterator[Advice]:
    """Generate what to do with a student that was evaluated."""
    status, _ = status_of(report)
    if report.teacher is not None and status in ("weak", "failed", "usable"):
        changes = {"--student": "auto"}
        text = "compare every family on this teacher"
        yield text, compress_again(report, changes, family=True)
    if report.student.family is not None:
        yield "read what it does", explain_student(report)
