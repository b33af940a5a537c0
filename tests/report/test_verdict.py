"""The verdict."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from crembo_cli.report.model import Report, Requirement
from crembo_cli.report.verdict import full_worth, verdict_of
from crembo_cli.robustness.model import WithBaselines
from tests.report.example_reports import metrics, report
from tests.report.test_status import losing

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
    agreement = WithBaselines(
        student=student, baseline_labels=0.94, baseline_teacher=0.92, baseline_soft=0.91
    )
    return replace(made, robustness=replace(made.robustness, agreement=agreement))


def less_stable(made: Report) -> Report:
    """Build a report whose student agrees less than the better baseline."""
    return agreeing(made, 0.93)


def test_every_line() -> None:
    """The loss with its interval, the status with its reason, and what to try."""
    made = replace(losing(10, 71, 1000), command="crembo compress forest.onnx people.csv")
    verdict = verdict_of(made)
    assert verdict.status == "weak"
    assert verdict.headline == (
        "Weak: 6.1 points less accurate than its teacher (95% interval 4.4 to 7.8)"
    )
    assert full_worth(made) == (
        "accuracy 0.900, 6.1 points below the teacher (95% interval 4.4 to 7.8); fidelity 0.930; "
        "54.2x smaller and 18.5x faster"
    )
    assert verdict.decision == "not recommended: it loses more than 5 points of accuracy"
    assert verdict.command == "crembo explain forest.student.onnx"


@pytest.mark.parametrize(
    ("made", "headline", "decision"),
    [
        (
            losing(0, 0, 1000),
            "Good: as accurate as its teacher (95% interval -0.2 to 0.2)",
            "ship it: it loses at most 1 point of accuracy, and the interval ends below 3",
        ),
        (
            losing(30, 10, 1000),
            "Good: 2.0 points more accurate than its teacher (95% interval 0.7 to 3.2)",
            "ship it: it loses at most 1 point of accuracy, and the interval ends below 3",
        ),
        (
            replace(losing(0, 20, 1000), requirements=[MET]),
            "Usable: 2.0 points less accurate than its teacher (95% interval 1.1 to 2.9)",
            "ship it where that is acceptable: it loses more than 1 point of accuracy",
        ),
        (
            replace(losing(0, 20, 1000), requirements=[FAILED]),
            "Failed: 2.0 points less accurate than its teacher (95% interval 1.1 to 2.9); not met: "
            "bytes<=100 (it is 4245)",
            "do not ship it: not met: bytes<=100 (it is 4245)",
        ),
    ],
)
def test_headlines(made: Report, headline: str, decision: str) -> None:
    """The teacher comes first, then what is graver than the loss."""
    verdict = verdict_of(made)
    assert (verdict.headline, verdict.decision) == (headline, decision)


def test_a_verdict_has_its_sentences() -> None:
    """CART trees of depth 5, new rows, requirements."""
    verdict = verdict_of(replace(against(0.95, 0.2), requirements=[MET, MET]))
    assert verdict.sentences == [
        "All 2 requirements are met.",
        "Better than all CART trees of depth 5 in accuracy, fidelity and agreement.",
        "Level with the best of them in AUC and log loss and behind it in depth at 5 %.",
        "On new rows like these, each with 95% confidence: accuracy is at least 0.850, fidelity is "
        "at least 0.875 and the teacher probability of the predicted class is below 0.5 on at most "
        "12.5% of the rows.",
    ]
    one = verdict_of(replace(against(0.95, 0.2), requirements=[MET]))
    assert one.sentences[0] == "The requirement is met."


def test_the_json_report_has_the_same_verdict() -> None:
    """Every renderer draws this one."""
    made = losing(10, 71, 1000)
    assert json.loads(made.to_json())["verdict"] == asdict(made.verdict) == asdict(verdict_of(made))


def test_a_single_baseline_is_named_in_the_singular() -> None:
    """With one CART tree there is no best of them."""
    made = agreeing(against(0.95, 0.3), 0.9)
    alone = {name: made.metrics[name] for name in ("student", "teacher", "baseline_teacher")}
    agreement = WithBaselines(
        student=0.9, baseline_labels=None, baseline_teacher=0.92, baseline_soft=0.91
    )
    made = replace(made, metrics=alone, robustness=replace(made.robustness, agreement=agreement))
    assert [each for each in verdict_of(made).sentences if "CART" in each or "it in" in each] == [
        "Better than the CART tree of depth 5 in accuracy and fidelity.",
        "Level with it in AUC, log loss and depth at 5 % and behind it in agreement.",
    ]


def test_behind_the_best_of_three_is_not_behind_all() -> None:
    """A student that is better in nothing is compared with the best tree."""
    made = less_stable(report())
    assert [each for each in verdict_of(made).sentences if "CART" in each] == [
        "Level with the best CART tree of depth 5 in accuracy, fidelity, AUC, log loss and "
        "depth at 5 % and behind it in agreement."
    ]


def test_without_teacher_or_labels_the_verdict_is_shorter() -> None:
    """An evaluated student without a teacher, with and without labels."""
    alone = replace(metrics(), fidelity=None, insensitive_depth=dict.fromkeys(("0.05",)))
    verdict = verdict_of(report(teacher=None, metrics={"student": alone}, search=None))
    assert verdict.status is verdict.loss is None
    assert verdict.headline == "Accuracy 0.900 on 114 test rows"
    assert verdict.worth == "accuracy 0.900"
    assert verdict.decision == "unknown: without a teacher the loss cannot be measured"
    nothing = report(teacher=None, metrics={"student": replace(alone, accuracy=None)}, search=None)
    assert verdict_of(nothing).headline == "114 test rows without labels and without a teacher"
