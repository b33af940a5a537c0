"""The status of a student: good, usable, weak or failed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.evaluation.differences import Difference
from crembo_cli.evaluation.metrics import ClassMetrics
from crembo_cli.report.faults import lost_classes
from crembo_cli.report.model import Report, Requirement
from crembo_cli.report.status import loss_of, rare_class_of, status_of
from tests.report.example_reports import differences, metrics, report

MET = Requirement(expression="fidelity>=0.9", value=0.93, met=True)
FAILED = Requirement(expression="bytes<=100", value=4245, met=False)


def losing(better: int, worse: int, rows: int) -> Report:
    """Build the report of a student that is right on `better` rows where its teacher is wrong,
    and wrong on `worse` rows where its teacher is right.
    """
    each = np.repeat([1.0, -1.0, 0.0], [better, worse, rows - better - worse])
    error = float(each.std() / np.sqrt(rows))
    found = replace(differences(), accuracy=Difference(value=float(each.mean()), error=error))
    made = report(by_class=None)
    return replace(
        made,
        data=replace(made.data, test_rows=rows),
        differences={**made.differences, "teacher": found},
    )


@pytest.mark.parametrize(
    ("better", "worse", "rows", "status", "reason"),
    [
        (0, 0, 1000, "good", None),
        (5, 15, 1000, "good", None),  # 1 point, at most 1.9
        (40, 10, 1000, "good", None),
        (5, 16, 1000, "usable", "it loses more than 1 point of accuracy"),
        (0, 0, 50, "usable", "50 test rows cannot rule out a loss of 3.8 points"),
        (10, 60, 1000, "usable", "it loses more than 1 point of accuracy"),
        (10, 61, 1000, "weak", "it loses more than 5 points of accuracy"),
    ],
)
def test_the_loss_of_accuracy_decides(
    better: int, worse: int, rows: int, status: str, reason: str | None
) -> None:
    """At most one point and significantly less than three is good, more than five is weak."""
    found, reasons = status_of(losing(better, worse, rows))
    assert (found, [each.text for each in reasons]) == (status, [reason] if reason else [])


def test_the_interval_is_that_of_agresti_and_min() -> None:
    """Checked by hand: half a row is added to each of the four cells."""
    loss = loss_of(losing(3, 12, 100))
    assert loss is not None
    assert loss.value == pytest.approx(0.09)
    error = np.sqrt(16 - 81 / 102) / 102
    assert (loss.low, loss.high) == pytest.approx(
        (9 / 102 - 1.96 * error, 9 / 102 + 1.96 * error), abs=1e-5
    )
    none_apart = loss_of(losing(0, 0, 100))
    assert none_apart is not None
    assert none_apart.high == pytest.approx(1.96 / 102, abs=1e-5)


def test_without_labels_fidelity_decides() -> None:
    """97 % is good, 90 % usable, less weak."""
    made = report(by_class=None)
    unlabelled = replace(differences(), accuracy=None, roc_auc=None)
    for fidelity, status in ((0.97, "good"), (0.969, "usable"), (0.9, "usable"), (0.899, "weak")):
        own = {**made.metrics, "student": replace(metrics(None), fidelity=fidelity)}
        found = replace(made, metrics=own, differences={**made.differences, "teacher": unlabelled})
        assert status_of(found)[0] == status, fidelity
        loss = loss_of(found)
        assert loss is not None
        assert (loss.measure, loss.value) == ("fidelity", pytest.approx(1 - fidelity))


def test_auc_decides_where_a_class_is_rare_or_scores_were_requested() -> None:
    """At most .01 below the teacher's is good, .05 usable."""
    good = losing(0, 0, 1000)
    assert good.search is not None
    for auc, status in ((-0.01, "good"), (-0.011, "usable"), (-0.051, "weak"), (0.2, "good")):
        behind = replace(good.differences["teacher"], roc_auc=Difference(value=auc, error=0.001))
        made = replace(good, differences={**good.differences, "teacher": behind})
        assert status_of(made)[0] == "good"
        rare = replace(made, by_class=classes([900, 100], [880, 120], [890, 110]))
        assert status_of(rare)[0] == status
        scores = replace(made, search=replace(good.search, objective="scores"))
        assert status_of(scores)[0] == status


def test_a_class_is_rare_below_half_of_the_mean() -> None:
    """Of two classes below a quarter of the rows, of four below an eighth."""
    for rows, rare in (
        ([75, 25], None),
        ([76, 24], "1"),
        ([30, 30, 28, 12], "3"),
        ([30, 29, 28, 13], None),
        ([100, 0], None),
    ):
        made = report(by_class=classes(rows, rows, rows))
        made = replace(made, data=replace(made.data, test_rows=100))
        assert rare_class_of(made) == rare


def classes(true: list[int], student: list[int], teacher: list[int]) -> list[ClassMetrics]:
    """Build the metrics of classes that are predicted on so many rows."""
    return [
        ClassMetrics(
            name=str(k),
            rows=rows,
            teacher_predicted=teacher[k],
            # Where the rows of a class are does not matter here: the first has all predictions.
            predicted=student if k == 0 else [0] * len(student),
            recall=None,
            precision=None,
            f1=None,
            mean_belief=None,
        )
        for k, rows in enumerate(true)
    ]


def predicting(student: list[int], teacher: list[int], true: list[int]) -> Report:
    """Build the report of a student of no loss that predicts each class on so many rows."""
    return replace(losing(0, 0, sum(student)), by_class=classes(true, student, teacher))


def test_a_constant_student_failed_where_its_teacher_is_not_constant() -> None:
    """However rare the other class is, and however high the accuracy."""
    made = predicting([5000, 0], [4999, 1], [4900, 100])
    status, reasons = status_of(replace(made, requirements=[MET]))
    assert status == "failed"
    assert reasons[0].text == (
        "it predicts '0' on all 5,000 test rows; the teacher predicts another class on 1 of them"
    )
    assert list(lost_classes(predicting([5000, 0], [5000, 0], [4900, 100]))) == []


@pytest.mark.parametrize(
    ("teacher", "lost"),
    [
        ([2000, 981, 19], False),  # fewer than 20 rows, and fewer than 1 in 100
        ([2000, 980, 20], True),
        ([60, 39, 1], True),
        ([61, 39, 0], False),
    ],
)
def test_a_class_that_is_never_predicted(teacher: list[int], lost: bool) -> None:
    """The student failed if the teacher predicts it on 1 row in 100, or on 20 rows."""
    n = sum(teacher)
    made = predicting([n - 5, 5, 0], teacher, teacher)
    expected = f"it never predicts '2'; the teacher predicts '2' on {teacher[2]} of {n:,} test rows"
    assert list(lost_classes(made)) == ([expected] if lost else [])
    assert (status_of(made)[0] == "failed") is lost


def test_without_a_teacher_the_true_labels_count() -> None:
    """As for an evaluated student; without a lost class there is no status."""
    lost = replace(predicting([50, 0], [50, 0], [40, 10]), teacher=None)
    lost = replace(lost, metrics={"student": replace(metrics(), fidelity=None)}, differences={})
    (found,) = status_of(lost)[1]
    assert found.text.endswith("the true label is another class on 10 of them")
    assert status_of(replace(lost, by_class=None)) == (None, [])


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"roc_auc": Difference(value=-0.021, error=0.01)}, "weak", "AUC 0.940 against 0.940"),
        ({"roc_auc": Difference(value=-0.019, error=0.01)}, "good", None),
        ({"roc_auc": Difference(value=0.5, error=0.01)}, "good", None),
        ({"log_loss": Difference(value=0.021, error=0.01)}, "weak", "log loss 0.250 against 0.250"),
        ({"kl": Difference(value=0.021, error=0.01)}, "weak", "KL divergence 0.062 against 0.062"),
        ({"kl": None, "log_loss": None, "roc_auc": None}, "good", None),
        ({"accuracy": Difference(value=-0.04, error=0.01)}, "weak", "accuracy 0.900 against 0.900"),
        (
            {"accuracy": Difference(value=-0.06, error=0.01)},
            "failed",
            "accuracy 0.900 against 0.900",
        ),
    ],
)
def test_a_baseline_that_is_significantly_better(
    changes: dict[str, Difference | None], status: str, words: str | None
) -> None:
    """By more than two standard errors of the paired difference; by five points it failed."""
    made = losing(0, 0, 1000)
    behind = {**made.differences, "baseline_soft": replace(differences(), **changes)}
    found, reasons = status_of(replace(made, differences=behind))
    expected = f"a soft CART of depth 5 is better by more than chance: {words}"
    assert (found, [each.text for each in reasons]) == (status, [expected] if words else [])


def test_an_unmet_requirement_fails_and_a_met_one_does_not_save() -> None:
    """The gravest rule decides."""
    assert status_of(replace(losing(0, 0, 1000), requirements=[FAILED]))[0] == "failed"
    assert status_of(replace(losing(10, 61, 1000), requirements=[MET]))[0] == "weak"
    _, reasons = status_of(replace(losing(10, 61, 1000), requirements=[FAILED]))
    assert [each.text for each in reasons] == [
        "not met: bytes<=100 (it is 4245)",
        "it loses more than 5 points of accuracy",
    ]
