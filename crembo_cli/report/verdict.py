"""The report in a few sentences: what someone who must decide reads first."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.assessment import Metrics
from crembo_cli.report.model import Report
from crembo_cli.report.require import told
from crembo_cli.report.trust import for_rows_not_seen
from crembo_cli.report.words import listed, ratio

COMPARED = ("accuracy", "fidelity", "depth at 5 %")
BASELINES = ("baseline_labels", "baseline_teacher")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A headline and its reasons."""

    good: bool | None  # None: nothing was required, so that whoever reads it must decide
    headline: str
    sentences: list[str]


def verdict_of(report: Report) -> Verdict:
    """By the requirements where there are any, else by the trees of the student's size."""
    sentences = [*_against_teacher(report), *_cost(report)]
    better, not_better = _against_baselines(report)
    if better:
        sentences.append(f"Better than both CART trees of its size in {listed(better)}.")
    if not_better:
        sentences.append(f"Not better than both CART trees of its size in {listed(not_better)}.")
    unseen = for_rows_not_seen(report.robustness.bounds)
    if unseen:
        sentences.append(unseen)
    failed = [told(each) for each in report.requirements if not each.met]
    if failed:
        return Verdict(good=False, headline=f"Not met: {'; '.join(failed)}", sentences=sentences)
    if report.requirements:
        many = len(report.requirements)
        headline = "The requirement is met" if many == 1 else f"All {many} requirements are met"
        return Verdict(good=True, headline=headline, sentences=sentences)
    if better:
        only = f", but only in {listed(better)}" if not_better else ""
        headline = f"Better than plain trees of its size{only}"
        return Verdict(good=None, headline=headline, sentences=sentences)
    if not_better:
        headline = "No better than a plain tree of its size"
        return Verdict(good=False, headline=headline, sentences=sentences)
    return Verdict(good=None, headline="Measured as it is", sentences=sentences)


def _against_teacher(report: Report) -> list[str]:
    student, teacher = report.metrics["student"], report.metrics.get("teacher")
    rows = f"{report.data.test_rows:,} rows"
    if teacher is None or student.fidelity is None:
        return [] if student.accuracy is None else [f"Right on {student.accuracy:.1%} of {rows}."]
    found = [f"Says what its teacher says on {student.fidelity:.1%} of {rows}."]
    if student.accuracy is not None and teacher.accuracy is not None:
        points = 100 * (student.accuracy - teacher.accuracy)
        word = "above" if points > 0 else "below"
        where = f"{abs(points):.1f} points {word}" if round(points, 1) else "level with"
        found.append(f"Right on {student.accuracy:.1%}, {where} the teacher.")
    return found


def _cost(report: Report) -> list[str]:
    speed = report.timing
    if report.teacher is None or speed.teacher_rows_per_second is None:
        return []
    smaller = ratio(report.teacher.bytes / report.student.size["bytes"], "smaller", "larger")
    times = speed.student_rows_per_second / speed.teacher_rows_per_second
    return [f"{smaller} and {ratio(times, 'faster', 'slower')} than the teacher."]


def _against_baselines(report: Report) -> tuple[list[str], list[str]]:
    """In what the student is better than each tree of its size, and in what it is not."""
    others = [report.metrics[name] for name in BASELINES if name in report.metrics]
    better: list[str] = []
    not_better: list[str] = []
    own = _figures(report.metrics["student"])
    for k, name in enumerate(COMPARED):
        figures = [own[k], *(_figures(each)[k] for each in others)]
        known = [each for each in figures if each is not None]
        if len(known) == len(figures) > 1:
            (better if known[0] > max(known[1:]) else not_better).append(name)
    return better, not_better


def _figures(metrics: Metrics) -> tuple[float | None, float | None, float | None]:
    return metrics.accuracy, metrics.fidelity, metrics.insensitive_depth["0.05"]
