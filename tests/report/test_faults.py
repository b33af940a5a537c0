"""Faults: what makes a student bad, whatever its accuracy is, and what to try next."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from crembo_cli.evaluation.differences import Difference
from crembo_cli.evaluation.metrics import ClassMetrics
from crembo_cli.report.advice import next_command
from crembo_cli.report.faults import fault_sentences, faults_of
from crembo_cli.report.model import Report, Requirement
from crembo_cli.report.verdict import verdict_of
from tests.command_line import Crembo
from tests.report.example_reports import differences, report

NEXT = 'Try: crembo.compress(teacher, data, student="additive")'


def predicting(student: list[int], teacher: list[int] | None, true: list[int]) -> Report:
    """Build a report in which each class is predicted on so many rows."""
    classes = [
        ClassMetrics(
            name=str(k),
            rows=rows,
            teacher_predicted=None if teacher is None else teacher[k],
            # Where the rows of a class are does not matter here: the first has all predictions.
            predicted=student if k == 0 else [0] * len(student),
            recall=None,
            precision=None,
            f1=None,
            mean_belief=None,
        )
        for k, rows in enumerate(true)
    ]
    made = report(by_class=classes)
    made = replace(made, data=replace(made.data, test_rows=sum(student)))
    return made if teacher is not None else replace(made, teacher=None)


def test_a_constant_student_is_bad_where_its_teacher_is_not_constant() -> None:
    """However rare the other class is, and however high the accuracy."""
    made = predicting([5000, 0], [4999, 1], [4900, 100])
    assert fault_sentences(made) == [f"The teacher predicts another class on 1 of them. {NEXT}"]
    verdict = verdict_of(replace(made, requirements=[MET]))
    assert (verdict.good, verdict.headline) == (
        False,
        "The student predicts '0' on all 5,000 test rows",
    )
    assert verdict.sentences[:2] == [*verdict.faults, "The requirement is met."]
    assert faults_of(predicting([5000, 0], [5000, 0], [4900, 100])) == []


MET = Requirement(expression="fidelity>=0.9", value=0.93, met=True)


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
    """It is a fault if the teacher predicts it on 1 row in 100, or on 20 rows."""
    n = sum(teacher)
    made = predicting([n - 5, 5, 0], teacher, teacher)
    found = fault_sentences(made)
    expected = f"The teacher predicts '2' on {teacher[2]} of {n:,} test rows. {NEXT}"
    assert found == ([expected] if lost else [])
    assert [each.headline for each in faults_of(made)] == (
        ["The student never predicts '2'"] if lost else []
    )


def test_without_a_teacher_the_true_labels_count() -> None:
    """As for an evaluated student."""
    (found,) = fault_sentences(predicting([50, 0], None, [40, 10]))
    assert "The true label is another class on 10 of them" in found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roc_auc": Difference(value=-0.021, error=0.01)}, "AUC 0.940 against 0.940"),
        ({"roc_auc": Difference(value=-0.019, error=0.01)}, None),
        ({"roc_auc": Difference(value=0.5, error=0.01)}, None),
        ({"log_loss": Difference(value=0.021, error=0.01)}, "log loss 0.250 against 0.250"),
        ({"kl": Difference(value=0.021, error=0.01)}, "KL divergence 0.062 against 0.062"),
        ({"kl": None, "log_loss": None, "roc_auc": None}, None),
        ({"accuracy": Difference(value=-0.5, error=0.01)}, None),
    ],
)
def test_a_baseline_with_surely_better_probabilities(
    changes: dict[str, Difference | None], words: str | None
) -> None:
    """By more than two standard errors of the paired difference."""
    made = report()
    behind = {**made.differences, "baseline_soft": replace(differences(), **changes)}
    found = fault_sentences(replace(made, differences=behind))
    expected = (
        f"Soft CART has better class probabilities by more than 2 standard errors: {words}. {NEXT}"
    )
    assert found == ([] if words is None else [expected])


def test_the_next_command_keeps_what_does_not_belong_to_the_family() -> None:
    """Options of the student and gates go, those of teacher, table and outputs stay."""
    typed = (
        "crembo compress forest.onnx people.csv -s tree --max-depth 5 --set alpha=0 --label churn "
        "--drop 'a b,c' --trust-pickle --seed=3 --require 'leaves<=9' -o out.onnx"
    )
    made = replace(report(), command=typed)
    assert next_command(made) == (
        "crembo compress forest.onnx people.csv --label churn --drop 'a b,c' --trust-pickle "
        "--seed=3 -o out.onnx --student additive"
    )
    assert next_command(made, 1).endswith("--student boosted")
    additive = replace(made, student=replace(made.student, family="additive"))
    assert next_command(additive).endswith("--student boosted")
    alone = replace(made, teacher=None, command="crembo evaluate s.onnx people.csv -y churn")
    assert next_command(alone) == ("crembo compress TEACHER people.csv -y churn --student additive")


def test_the_verdict_of_a_constant_student_on_a_rare_class(crembo: Crembo, tmp_path: Path) -> None:
    """A tree of one split cannot find the class; the command that the verdict names does."""
    cells = np.random.default_rng(0).random((2000, 3))
    rare = (cells > 0.65).all(axis=1)
    table = pd.DataFrame(cells, columns=["a", "b", "c"])
    teacher = DecisionTreeClassifier(random_state=0).fit(table, np.where(rare, "yes", "no"))
    joblib.dump(teacher, tmp_path / "teacher.joblib")
    table.assign(target=np.where(rare, "yes", "no")).to_csv(tmp_path / "data.csv", index=False)
    few = ("--synthetic", "2000", "--quick-report")
    ran = crembo("compress", "teacher.joblib", "data.csv", "--max-depth", "1", *few)
    assert (ran.code, ran.err) == (0, "")
    text = " ".join(ran.out.split())
    command = (
        "crembo compress teacher.joblib data.csv --synthetic 2000 --quick-report --student additive"
    )
    count = round(400 * rare.mean())
    assert (
        "The student predicts 'no' on all 400 test rows The teacher predicts another class on "
        f"{count} of them. Try: {command}"
    ) in text
    again = crembo(*shlex.split(command)[1:], "--json")
    assert again.code == 0
    found = json.loads(again.out)
    assert [each["recall"] > 0.5 for each in found["by_class"]] == [True, True]
