"""The verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.report.model import Report, Requirement
from crembo_cli.report.verdict import verdict_of
from crembo_cli.robustness.model import WithBaselines
from tests.report.example_reports import metrics, report

MET = Requirement(expression="fidelity>=0.9", value=0.93, met=True)
FAILED = Requirement(expression="bytes<=100", value=4245, met=False)


def against(fidelity: float, depth: float) -> Report:
    """Build a report whose student has these metrics, and the others 0.93 and 0.3."""
    own = replace(
        metrics(),
        fidelity=fidelity,
        accuracy=0.99,
        insensitive_depth={"0.01": 0.1, "0.05": depth, "0.1": 0.9},
    )
    return report(metrics={**report().metrics, "student": own})


def agreeing(made: Report, student: float) -> Report:
    """Set the agreement of the student; the others have 0.94 and 0.92."""
    agreement = WithBaselines(student=student, baseline_labels=0.94, baseline_teacher=0.92)
    return replace(made, robustness=replace(made.robustness, agreement=agreement))


def less_stable(made: Report) -> Report:
    """Build a report whose student agrees less than the better baseline."""
    return agreeing(made, 0.93)


def equally_stable(made: Report) -> Report:
    """Build a report whose student agrees as much as the better baseline."""
    return agreeing(made, 0.94)


def test_all_sentences() -> None:
    """Teacher, size and speed, CART trees of the same size, new rows."""
    verdict = verdict_of(against(0.95, 0.2))
    assert verdict.headline == (
        "Better than CART trees of the same size, but only in accuracy, fidelity and agreement"
    )
    assert verdict.sentences == [
        "Fidelity 95.0% on 114 test rows.",
        "Accuracy 99.0%, 9.0 points above the teacher.",
        "54.2x smaller and 18.5x faster than the teacher.",
        "Better than both CART trees of the same size in accuracy, fidelity and agreement.",
        "Behind the better of them in depth at 5 %.",
        "On new rows like these, each with 95% confidence: accuracy is at least 0.850, fidelity is "
        "at least 0.875 and the teacher probability of the predicted class is below 0.5 on at most "
        "12.5% of the rows.",
    ]


@pytest.mark.parametrize(
    ("made", "good", "headline"),
    [
        (report(requirements=[MET]), True, "The requirement is met"),
        (report(requirements=[MET, MET]), True, "All 2 requirements are met"),
        (
            report(requirements=[MET, FAILED, FAILED]),
            False,
            "Not met: bytes<=100 (it is 4245); bytes<=100 (it is 4245)",
        ),
        (against(0.95, 0.4), None, "Better than CART trees of the same size"),
        (less_stable(report()), False, "Not better than a CART tree of the same size"),
        (equally_stable(report()), None, "As good as a CART tree of the same size"),
    ],
)
def test_headlines(made: Report, good: bool | None, headline: str) -> None:
    """Requirements decide if there are any; a student that beats CART gets no good verdict."""
    verdict = verdict_of(made)
    assert (verdict.good, verdict.headline) == (good, headline)


def test_a_single_baseline_is_named_in_the_singular() -> None:
    """Without labels there is one CART tree of the same size."""
    made = agreeing(against(0.95, 0.3), 0.9)
    alone = {name: each for name, each in made.metrics.items() if name != "baseline_labels"}
    agreement = WithBaselines(student=0.9, baseline_labels=None, baseline_teacher=0.92)
    made = replace(made, metrics=alone, robustness=replace(made.robustness, agreement=agreement))
    assert [each for each in verdict_of(made).sentences if "CART" in each or "it in" in each] == [
        "Better than the CART tree of the same size in accuracy and fidelity.",
        "Level with it in depth at 5 % and behind it in agreement.",
    ]


def test_behind_the_better_of_two_is_not_behind_both() -> None:
    """A student that is better in nothing is compared with the better tree."""
    made = less_stable(report())
    assert [each for each in verdict_of(made).sentences if "CART" in each] == [
        "Level with the better CART tree of the same size in accuracy, fidelity and depth at "
        "5 % and behind the better of them in agreement."
    ]


def test_without_teacher_or_labels_the_verdict_is_shorter() -> None:
    """An evaluated student without a teacher, with and without labels."""
    alone = replace(metrics(), fidelity=None, insensitive_depth=dict.fromkeys(("0.05",)))
    verdict = verdict_of(report(teacher=None, metrics={"student": alone}))
    assert verdict.headline == "No baseline to compare with"
    assert verdict.sentences[0] == "Accuracy 90.0% on 114 test rows."
    nothing = report(teacher=None, metrics={"student": replace(alone, accuracy=None)})
    assert verdict_of(nothing).sentences[0].startswith("On new rows like these")


def test_equal_accuracy_is_the_same_as_the_teachers() -> None:
    """A difference that rounds to 0.0 points is not shown."""
    assert "Accuracy 90.0%, the same as the teacher's." in verdict_of(report()).sentences
