"""The report in a few sentences."""

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
    """A report where the student has these figures, and the others 0.93 and 0.3."""
    own = replace(
        metrics(),
        fidelity=fidelity,
        accuracy=0.99,
        insensitive_depth={"0.01": 0.1, "0.05": depth, "0.1": 0.9},
    )
    return report(metrics={**report().metrics, "student": own})


def agreeing(made: Report, student: float) -> Report:
    """The report with that agreement; the others have 0.94 and 0.92."""
    agreement = WithBaselines(student=student, baseline_labels=0.94, baseline_teacher=0.92)
    return replace(made, robustness=replace(made.robustness, agreement=agreement))


def unsteady(made: Report) -> Report:
    """Less steady than the steadier of the others."""
    return agreeing(made, 0.93)


def level(made: Report) -> Report:
    """As steady as the steadier of them."""
    return agreeing(made, 0.94)


def test_all_sentences_written_out() -> None:
    """Against the teacher, in size and speed, against the trees of its size, for rows not seen."""
    verdict = verdict_of(against(0.95, 0.2))
    assert verdict.headline == (
        "Better than plain trees of its size, but only in accuracy, fidelity and agreement"
    )
    assert verdict.sentences == [
        "Says what its teacher says on 95.0% of 114 rows.",
        "Right on 99.0%, 9.0 points above the teacher.",
        "54.2x smaller and 18.5x faster than the teacher.",
        "Better than both CART trees of its size in accuracy, fidelity and agreement.",
        "Behind the better of them in depth at 5 %.",
        "On rows like these, each with 95% confidence: accuracy is at least 0.850, fidelity is at "
        "least 0.875 and at most 12.5% of them have a belief below 0.5.",
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
        (against(0.95, 0.4), None, "Better than plain trees of its size"),
        (unsteady(report()), False, "No better than a plain tree of its size"),
        (level(report()), None, "As good as a plain tree of its size"),
    ],
)
def test_headlines(made: Report, good: bool | None, headline: str) -> None:
    """Requirements decide where there are any; being better than a plain tree is no verdict."""
    verdict = verdict_of(made)
    assert (verdict.good, verdict.headline) == (good, headline)


def test_beside_one_tree_it_speaks_of_one() -> None:
    """Without labels there is one tree of its size; nothing is said of two."""
    made = agreeing(against(0.95, 0.3), 0.9)
    alone = {name: each for name, each in made.metrics.items() if name != "baseline_labels"}
    agreement = WithBaselines(student=0.9, baseline_labels=None, baseline_teacher=0.92)
    made = replace(made, metrics=alone, robustness=replace(made.robustness, agreement=agreement))
    assert [each for each in verdict_of(made).sentences if "CART" in each or "it in" in each] == [
        "Better than the CART tree of its size in accuracy and fidelity.",
        "Level with it in depth at 5 % and behind it in agreement.",
    ]


def test_behind_the_better_of_two_is_not_behind_both() -> None:
    """Where it is better in nothing, it is held against the better tree, and told so."""
    made = unsteady(report())
    assert [each for each in verdict_of(made).sentences if "CART" in each] == [
        "Level with the better CART tree of its size in accuracy, fidelity and depth at 5 % and "
        "behind the better of them in agreement."
    ]


def test_without_teacher_or_labels_it_says_what_there_is() -> None:
    """An evaluated student, alone; and one of which nothing is known to be right."""
    alone = replace(metrics(), fidelity=None, insensitive_depth=dict.fromkeys(("0.05",)))
    verdict = verdict_of(report(teacher=None, metrics={"student": alone}))
    assert verdict.headline == "Measured as it is"
    assert verdict.sentences[0] == "Right on 90.0% of 114 rows."
    nothing = report(teacher=None, metrics={"student": replace(alone, accuracy=None)})
    assert verdict_of(nothing).sentences[0].startswith("On rows like these")


def test_level_with_the_teacher() -> None:
    """No points above or below are told where there are none to see."""
    assert "Right on 90.0%, level with the teacher." in verdict_of(report()).sentences
