"""The verdict: the report in a few sentences, for a reader who must decide."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.report.drawings import (
    explain_bounds,
    explain_classes,
    explain_utilities,
    format_ratio,
    join_names,
)
from crembo_cli.report.faults import BASELINES, fault_sentences, faults_of
from crembo_cli.report.gates import format_requirement
from crembo_cli.report.metrics import find_metric, look_up, split_path
from crembo_cli.report.model import Report

# The metrics that decide whether a student is better than the baselines.
COMPARED = {
    "accuracy": "metrics.{}.accuracy",
    "fidelity": "metrics.{}.fidelity",
    "AUC": "metrics.{}.roc_auc",
    "log loss": "metrics.{}.log_loss",
    "depth at 5 %": "metrics.{}.insensitive_depth.0.05",
    "agreement": "robustness.agreement.{}",
}
TOLERANCE = 1e-9  # metrics that differ by less are equal


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A headline and its reasons."""

    good: bool | None  # None: there are no requirements, so that the reader must decide
    headline: str
    sentences: list[str]
    faults: list[str]  # the first of the sentences: each ends with what to try next


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The metrics in which the student is better than, level with and behind the baselines."""

    better: list[str]  # than every baseline
    level: list[str]  # with the best baseline
    behind: list[str]  # the best baseline


def verdict_of(report: Report) -> Verdict:
    """Judge by faults, then by the requirements, then by CART trees of the requested size."""
    standing = compare_baselines(report)
    sentences = [*_compare_teacher(report), *_compare_cost(report)]
    sentences += _describe_standing(report, standing)
    remarks = (explain_utilities(report), explain_classes(report), explain_bounds(report))
    sentences += [each for each in remarks if each]
    good, headline = _headline(report, standing)
    faults = faults_of(report)
    if not faults:
        return Verdict(good=good, headline=headline, sentences=sentences, faults=[])
    first = fault_sentences(report)
    stated = [f"{headline}."] if report.requirements else []
    return Verdict(
        good=False,
        headline=faults[0].headline,
        sentences=[*first, *stated, *sentences],
        faults=first,
    )


def _headline(report: Report, standing: Standing) -> tuple[bool | None, str]:
    failed = [format_requirement(each) for each in report.requirements if not each.met]
    if failed:
        return False, f"Not met: {'; '.join(failed)}"
    if report.requirements:
        count = len(report.requirements)
        return True, "The requirement is met" if count == 1 else f"All {count} requirements are met"
    if standing.better:
        only = f", but only in {join_names(standing.better)}" if standing.behind else ""
        return None, f"Better than CART trees{_size(report)}{only}"
    if standing.behind:
        return False, f"Not better than a CART tree{_size(report)}"
    if standing.level:
        return None, f"As good as a CART tree{_size(report)}"
    return None, "No baseline to compare with"


def _describe_standing(report: Report, standing: Standing) -> list[str]:
    """Compare the student with the baselines, in sentences."""
    every, best, pronoun = (
        ("all CART trees", f"the best CART tree{_size(report)}", "the best of them")
        if len(_baselines(report)) > 1
        else ("the CART tree", f"the CART tree{_size(report)}", "it")
    )
    sentences = []
    if standing.better:
        sentences.append(f"Better than {every}{_size(report)} in {join_names(standing.better)}.")
    names = iter([pronoun if standing.better else best, "it"])
    rest = [
        f"{word} {next(names)} in {join_names(metrics)}"
        for word, metrics in (("level with", standing.level), ("behind", standing.behind))
        if metrics
    ]
    if rest:
        line = join_names(rest)
        sentences.append(f"{line[0].upper()}{line[1:]}.")
    return sentences


def _size(report: Report) -> str:
    """Name the size of the baselines, after the word "tree"."""
    return "" if report.baselines is None else f" of {report.baselines.text()}"


def _compare_teacher(report: Report) -> list[str]:
    student, teacher = report.metrics["student"], report.metrics.get("teacher")
    rows = f"{report.data.test_rows:,} test rows"
    if teacher is None or student.fidelity is None:
        return [] if student.accuracy is None else [f"Accuracy {student.accuracy:.1%} on {rows}."]
    sentences = [f"Fidelity {student.fidelity:.1%} on {rows}."]
    if student.accuracy is not None and teacher.accuracy is not None:
        points = 100 * (student.accuracy - teacher.accuracy)
        difference = (
            f"{abs(points):.1f} points {'above' if points > 0 else 'below'} the teacher"
            if round(points, 1)
            else "the same as the teacher's"
        )
        sentences.append(f"Accuracy {student.accuracy:.1%}, {difference}.")
    return sentences


def _compare_cost(report: Report) -> list[str]:
    smaller, faster = report.times_smaller(), report.times_faster()
    found = [] if smaller is None else [format_ratio(smaller, "smaller", "larger")]
    if report.teacher is not None and faster is not None:
        found.append(format_ratio(faster, "faster", "slower"))
    return [f"{' and '.join(found)} than the teacher."] if found else []


def _baselines(report: Report) -> list[str]:
    return [name for name in BASELINES if name in report.metrics]


def compare_baselines(report: Report) -> Standing:
    """Compare the student with the baselines in each metric that all of them have."""
    standing = Standing(better=[], level=[], behind=[])
    for name, path in COMPARED.items():
        own = look_up(report, split_path(path.format("student")))
        others = [look_up(report, split_path(path.format(key))) for key in _baselines(report)]
        if own is None or not others or None in others:
            continue
        metric = find_metric(split_path(path.format("student")))
        lower = metric is not None and metric.better == "lower"
        gain = min(others) - own if lower else own - max(others)
        if gain > TOLERANCE:
            standing.better.append(name)
        elif gain > -TOLERANCE:
            standing.level.append(name)
        else:
            standing.behind.append(name)
    return standing
