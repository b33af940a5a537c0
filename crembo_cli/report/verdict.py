"""The report in a few sentences: what someone who must decide reads first."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.report.gates import told
from crembo_cli.report.model import Report
from crembo_cli.report.robustness_table import for_rows_not_seen
from crembo_cli.report.words import listed, ratio

COMPARED = ("accuracy", "fidelity", "depth at 5 %", "agreement")
BASELINES = ("baseline_labels", "baseline_teacher")
LEVEL = 1e-9  # figures that differ by less are level


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A headline and its reasons."""

    good: bool | None  # None: nothing was required, so that whoever reads it must decide
    headline: str
    sentences: list[str]


def verdict_of(report: Report) -> Verdict:
    """By the requirements where there are any, else by the trees of the student's size."""
    sentences = [*_against_teacher(report), *_cost(report)]
    better, level, behind = _against_baselines(report)
    sentences += _beside_trees(report, better, level, behind)
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
        only = f", but only in {listed(better)}" if behind else ""
        headline = f"Better than plain trees of its size{only}"
        return Verdict(good=None, headline=headline, sentences=sentences)
    if behind:
        headline = "No better than a plain tree of its size"
        return Verdict(good=False, headline=headline, sentences=sentences)
    if level:
        headline = "As good as a plain tree of its size"
        return Verdict(good=None, headline=headline, sentences=sentences)
    return Verdict(good=None, headline="Measured as it is", sentences=sentences)


def _beside_trees(
    report: Report, better: list[str], level: list[str], behind: list[str]
) -> list[str]:
    """Where the student stands beside the trees of its size."""
    several = len(_baselines(report)) > 1
    both, best, it = (
        ("both CART trees", "the better CART tree of its size", "the better of them")
        if several
        else ("the CART tree", "the CART tree of its size", "it")
    )
    found = [f"Better than {both} of its size in {listed(better)}."] if better else []
    whom = iter([it, it] if better else [best, it])
    rest = [f"level with {next(whom)} in {listed(level)}"] if level else []
    rest += [f"behind {next(whom)} in {listed(behind)}"] if behind else []
    if rest:
        line = listed(rest)
        found.append(f"{line[0].upper()}{line[1:]}.")
    return found


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


def _baselines(report: Report) -> list[str]:
    return [name for name in BASELINES if name in report.metrics]


def _against_baselines(report: Report) -> tuple[list[str], list[str], list[str]]:
    """In what the student is better than each tree of its size, as good as the best, and worse."""
    others = [_figures(report, name) for name in _baselines(report)]
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for k, name in enumerate(COMPARED):
        own, theirs = _figures(report, "student")[k], [each[k] for each in others]
        known = [each for each in theirs if each is not None]
        if own is not None and known and len(known) == len(theirs):
            lead = own - max(known)
            found[0 if lead > LEVEL else 1 if lead > -LEVEL else 2].append(name)
    return found


def _figures(report: Report, name: str) -> tuple[float | None, ...]:
    """The figures of COMPARED."""
    metrics, agreement = report.metrics[name], report.robustness.agreement
    return (
        metrics.accuracy,
        metrics.fidelity,
        metrics.insensitive_depth["0.05"],
        None if agreement is None else getattr(agreement, name),
    )
