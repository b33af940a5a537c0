"""The verdict: what a student is worth, whether to ship it, and what to try next."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.report.advice import advice_of
from crembo_cli.report.drawings import (
    explain_bounds,
    explain_classes,
    explain_utilities,
    format_ratio,
    join_names,
)
from crembo_cli.report.faults import BASELINES
from crembo_cli.report.metrics import find_metric, look_up, split_path
from crembo_cli.report.model import Report
from crembo_cli.report.status import (
    GOOD,
    GOOD_FIDELITY,
    SURELY,
    Reason,
    decides_by_auc,
    loss_of,
    status_of,
)
from crembo_cli.report.verdict_model import Loss, Verdict

# The metrics that the student and the baselines are compared in.
COMPARED = {
    "accuracy": "metrics.{}.accuracy",
    "fidelity": "metrics.{}.fidelity",
    "AUC": "metrics.{}.roc_auc",
    "log loss": "metrics.{}.log_loss",
    "depth at 5 %": "metrics.{}.insensitive_depth.0.05",
    "agreement": "robustness.agreement.{}",
}
TOLERANCE = 1e-9  # metrics that differ by less are equal
MOST_REASONS = 3


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The metrics in which the student is better than, level with and behind the baselines."""

    better: list[str]  # than every baseline
    level: list[str]  # with the best baseline
    behind: list[str]  # the best baseline


def verdict_of(report: Report) -> Verdict:
    """Judge a report by the rules of `report.status`."""
    status, reasons = status_of(report)
    loss = loss_of(report)
    advice, command = advice_of(report)
    return Verdict(
        status=status,
        headline=_headline(report, status, loss, reasons),
        worth="; ".join(_worth(report, loss)),
        decision=_decision(status, loss, reasons),
        advice=advice,
        command=command,
        loss=loss,
        sentences=_sentences(report),
    )


def _headline(report: Report, status: str | None, loss: Loss | None, reasons: list[Reason]) -> str:
    """The status, the loss, and the gravest reason where that is not the loss."""
    rows = f"{report.data.test_rows:,} test rows"
    if loss is not None:
        text = _describe_loss(loss)
    elif report.metrics["student"].accuracy is not None:
        text = f"accuracy {report.metrics['student'].accuracy:.3f} on {rows}"
    else:
        text = f"{rows} without labels and without a teacher"
    start = "" if status is None else f"{status}: "
    more = f"; {reasons[0].text}" if reasons and not reasons[0].about_loss else ""
    line = f"{start}{text}{more}"
    return f"{line[0].upper()}{line[1:]}"


def _describe_loss(loss: Loss) -> str:
    """The loss with its interval."""
    low, high = 100 * loss.low, 100 * loss.high
    interval = f"(95% interval {low:.1f} to {high:.1f})"
    points = f"{abs(100 * loss.value):.1f}"
    if loss.measure == "fidelity":
        return f"another label than its teacher's on {points}% of the rows {interval}"
    if points == "0.0":
        return f"as accurate as its teacher {interval}"
    word = "less" if loss.value > 0 else "more"
    return f"{points} points {word} accurate than its teacher {_turned(loss)}"


def _turned(loss: Loss) -> str:
    """The interval in the direction that the sentence names."""
    low, high = (loss.low, loss.high) if loss.value > 0 else (-loss.high, -loss.low)
    return f"(95% interval {100 * low:.1f} to {100 * high:.1f})"


def full_worth(report: Report) -> str:
    """Return the verdict's worth with size and speed, which JSON has apart: they vary by run."""
    return "; ".join(each for each in (report.verdict.worth, _compare_cost(report)) if each)


def _worth(report: Report, loss: Loss | None) -> list[str]:
    """Accuracy and its loss, fidelity, AUC where it decides."""
    student, teacher = report.metrics["student"], report.metrics.get("teacher")
    found = []
    if student.accuracy is not None:
        found.append(f"accuracy {student.accuracy:.3f}")
        if loss is not None and loss.measure == "accuracy":
            points = f"{abs(100 * loss.value):.1f}"
            side = "below" if loss.value > 0 else "above"
            beside = f"{points} points {side} the teacher" if points != "0.0" else "as the teacher"
            found[0] += f", {beside} {_turned(loss)}"
    if student.fidelity is not None:
        found.append(f"fidelity {student.fidelity:.3f}")
        if loss is not None and loss.measure == "fidelity":
            least, most = 1 - loss.high, 1 - loss.low
            found[-1] += f" (95% interval {least:.3f} to {min(most, 1.0):.3f})"
    if student.roc_auc is not None and decides_by_auc(report):
        beside = "" if teacher is None else f", teacher {teacher.roc_auc:.3f}"
        found.append(f"AUC {student.roc_auc:.3f}{beside}")
    return found


def _compare_cost(report: Report) -> str:
    smaller, faster = report.times_smaller(), report.times_faster()
    found = [] if smaller is None else [format_ratio(smaller, "smaller", "larger")]
    if report.teacher is not None and faster is not None:
        found.append(format_ratio(faster, "faster", "slower"))
    return " and ".join(found)


def _decision(status: str | None, loss: Loss | None, reasons: list[Reason]) -> str:
    """Whether to ship it, and why."""
    if status is None:
        return "unknown: without a teacher the loss cannot be measured"
    if reasons:
        advice = {
            "usable": "ship it where that is acceptable",
            "weak": "not recommended",
            "failed": "do not ship it",
        }[status]
        texts = [each.text for each in reasons if each.status == status][:MOST_REASONS]
        return f"{advice}: {'; '.join(texts)}"
    if loss is not None and loss.measure == "fidelity":
        return f"ship it: fidelity is at least {GOOD_FIDELITY:.0%}"
    return (
        f"ship it: it loses at most {100 * GOOD:g} point of accuracy, and the interval ends below "
        f"{100 * SURELY * GOOD:g}"
    )


def _sentences(report: Report) -> list[str]:
    """Everything else in words: requirements, baselines, utilities, classes, new rows."""
    met = report.requirements and all(each.met for each in report.requirements)
    count = len(report.requirements)
    first = "The requirement is met." if count == 1 else f"All {count} requirements are met."
    remarks = (explain_utilities(report), explain_classes(report), explain_bounds(report))
    return [
        *([first] if met else []),
        *_describe_standing(report, compare_baselines(report)),
        *(each for each in remarks if each),
    ]


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
