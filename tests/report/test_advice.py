"""What to try next, and the command for it."""

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
from typer.main import get_command

from crembo_cli.commands.app import app
from crembo_cli.evaluation.differences import Difference
from crembo_cli.report.advice import advice_of, choose_reference
from crembo_cli.report.model import ReferenceInfo, Report, Requirement
from crembo_cli.report.next_command import FLAGS, KEPT, compress_again
from tests.command_line import Crembo
from tests.report.example_reports import differences, metrics, reference, report
from tests.report.test_status import classes, losing

TYPED = (
    "crembo compress forest.onnx people.csv -s tree --max-depth 5 --set alpha=0 --label churn "
    "--drop 'a b,c' --trust-pickle --seed=3 --require 'leaves<=9' --require 'accuracy>=0.8' "
    "-o out.onnx"
)


def test_another_family_keeps_what_does_not_belong_to_the_first() -> None:
    """Options of the student and gates on its size go, all others stay."""
    made = replace(report(), command=TYPED)
    assert compress_again(made, {"--student": "mlp"}, family=True) == (
        "crembo compress forest.onnx people.csv --label churn --drop 'a b,c' --trust-pickle "
        "--seed=3 --require 'accuracy>=0.8' -o out.onnx --student mlp"
    )


def test_the_same_family_keeps_everything_but_what_changes() -> None:
    """An option that is given is replaced."""
    made = replace(report(), command=TYPED)
    assert compress_again(made, {"--max-depth": "8"}, family=False) == (
        "crembo compress forest.onnx people.csv -s tree --set alpha=0 --label churn --drop 'a b,c' "
        "--trust-pickle --seed=3 --require 'leaves<=9' --require 'accuracy>=0.8' -o out.onnx "
        "--max-depth 8"
    )
    assert "--set alpha=1" in compress_again(made, {"--set": "alpha=1"}, family=False)
    assert "alpha=0" not in compress_again(made, {"--set": "alpha=1"}, family=False)
    assert "alpha=0" in compress_again(made, {"--set": "beta=1"}, family=False)


def test_without_a_command_line_it_is_a_call() -> None:
    """As in a notebook."""
    for changes, call in (
        ({"--student": "mlp"}, 'crembo.compress(teacher, data, student="mlp")'),
        ({"--max-depth": "8"}, "crembo.compress(teacher, data, max_depth=8)"),
        ({"--test-size": "0.4"}, "crembo.compress(teacher, data, test_size=0.4)"),
        ({"--set": "pairs=10"}, 'crembo.compress(teacher, data, set_={"pairs": 10})'),
    ):
        assert compress_again(report(), changes, family=False) == call


def test_the_command_knows_every_option() -> None:
    """Which have no value, so that none is taken for an argument; and which are kept."""
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group
    options = [each for name in ("compress", "evaluate") for each in commands[name].params]
    flags = {name for each in options if getattr(each, "is_flag", False) for name in each.opts}
    assert flags - {"--explain-report", "--help", "-h"} == FLAGS
    assert {name for each in options for name in each.opts} >= KEPT


# Options of `compress` that a command for another family leaves out: those of the family, of the
# search, and of how this run is shown. --require is kept where every family can meet it.
LEFT_OUT = {
    *("--student", "--max-depth", "--max-leaves", "--max-bytes", "--max-parameters", "--prefer"),
    *("--set", "--quantize", "--quantize-loss", "--algorithm", "--select", "--delta"),
    *("--thresholds", "--repeats", "--require", "--no-clobber", "--dry-run", "--details"),
    *("--json", "--quiet", "--verbose", "--debug", "--explain-report"),
}


def test_every_option_is_kept_for_another_family_or_left_out_on_purpose() -> None:
    """A new option has to be listed: the advised command must not lose what the user needs."""
    params = get_command(app).commands["compress"].params  # type: ignore[attr-defined]  # a group
    names = [set(each.opts) for each in params if each.opts[0].startswith("-")]
    left = {name for each in names if not each & KEPT for name in each if name.startswith("--")}
    assert left == LEFT_OUT


def advice(made: Report) -> str:
    """The advice of a report with a command."""
    return advice_of(replace(made, command="crembo compress forest.onnx people.csv"))[1]


def with_reference(gain: float, error: float) -> Report:
    """Build the report of a student whose references are better by `gain`."""
    found = reference(gain)
    each = Difference(value=gain, error=error)
    found = replace(found, accuracy_gain=each, fidelity_gain=each, roc_auc_gain=each)
    return replace(losing(0, 0, 1000), references={"mlp": found})


def test_a_family_is_named_if_its_reference_is_better() -> None:
    """By more than a point, and by more than one standard error."""
    start = "crembo compress forest.onnx people.csv"
    for gain, error, named in ((0.02, 0.01, True), (0.02, 0.03, False), (0.009, 0.001, False)):
        expected = f"{start} --student mlp" if named else "crembo explain forest.student.onnx"
        assert advice(with_reference(gain, error)) == expected
    made = with_reference(0.02, 0.01)
    both = {"linear": reference(0.018), "mlp": reference(0.02)}
    assert advice(replace(made, references=both)) == f"{start} --student linear"
    both = {"linear": reference(0.015), "mlp": reference(0.02)}
    assert advice(replace(made, references=both)) == f"{start} --student mlp"
    assert advice_of(made)[0] == "an mlp student is expected to be as accurate as the teacher"
    behind = {**made.metrics, "teacher": replace(metrics(), accuracy=0.954)}
    assert advice_of(replace(made, metrics=behind))[0] == (
        "an mlp student is expected to lose about 3.4 points"
    )


def test_what_a_family_reaches_is_what_the_student_does_and_the_gain() -> None:
    """A reference is measured on fewer rows, which may be easier: its values promise nothing."""
    made = with_reference(0.02, 0.01)
    easy = replace(made.references["mlp"], accuracy=0.999, fidelity=0.999, roc_auc=0.999)
    own = replace(made.metrics["student"], accuracy=0.85, fidelity=0.8, roc_auc=0.86)
    teacher = replace(made.metrics["teacher"], accuracy=0.9)

    def promise(found: ReferenceInfo, accuracy: float | None = 0.85) -> str:
        every = {
            **made.metrics,
            "student": replace(own, accuracy=accuracy),
            "teacher": replace(teacher, accuracy=accuracy and 0.9),
        }
        return advice_of(replace(made, metrics=every, references={"mlp": found}))[0]

    same = Difference(value=0.0, error=0.001)
    assert promise(easy).endswith("to lose about 3.0 points")
    assert promise(easy, None).endswith("to reach fidelity 0.820 instead of 0.800")
    ranks = replace(easy, accuracy_gain=same, fidelity_gain=same)
    assert promise(ranks).endswith("to reach AUC 0.880 instead of 0.860")


def test_accuracy_decides_between_families_unless_auc_counts() -> None:
    """A family that is better in AUC alone is named where none is more accurate."""

    def gains(accuracy: float, auc: float) -> ReferenceInfo:
        return replace(
            reference(),
            accuracy_gain=Difference(value=accuracy, error=0.001),
            roc_auc_gain=Difference(value=auc, error=0.001),
        )

    found = {"linear": gains(0.02, 0.0), "mlp": gains(-0.005, 0.03), "boosted": gains(-0.1, 0.05)}
    assert choose_reference(found, by_auc=False) == "linear"
    assert choose_reference(found, by_auc=True) == "boosted"
    del found["linear"]
    assert choose_reference(found, by_auc=False) == "boosted"
    assert choose_reference({"mlp": gains(0.009, 0.01)}, by_auc=False) is None


def test_each_shortcoming_has_its_command() -> None:
    """Without a better family."""
    start = "crembo compress forest.onnx people.csv"
    good, behind = losing(0, 0, 1000), losing(10, 40, 1000)
    full = {**good.student.size, "tree_depth": 5}
    at_limit = replace(behind, student=replace(behind.student, size=full))
    assert advice(at_limit) == f"{start} --max-depth 8"
    for family, options, expected in (
        ("mlp", {"hidden": 32}, "hidden=64"),
        ("boosted", {"trees": 40, "max_depth": 3}, "trees=80"),
        ("rules", {"max_rules": 15}, "max_rules=30"),
        ("additive", {"pairs": 0}, "pairs=10"),
    ):
        student = replace(behind.student, family=family, options=options)
        assert advice(replace(behind, student=student)) == f"{start} --set {expected}"
    assert advice(losing(0, 0, 50)) == f"{start} --test-size 0.4"
    assert advice(good) == "crembo explain forest.student.onnx"
    lost = replace(good, by_class=classes([900, 100], [1000, 0], [900, 100]))
    assert advice(lost) == f"{start} --class-weight balanced"
    low = classes([900, 100], [960, 40], [900, 100])
    missed = replace(good, by_class=[low[0], replace(low[1], recall=0.3)])
    assert advice(missed) == f"{start} --class-weight balanced"
    auc = replace(differences(), accuracy=good.differences["teacher"].accuracy,
                  roc_auc=Difference(value=-0.03, error=0.01))  # fmt: skip
    scores = replace(missed, differences={**good.differences, "teacher": auc})
    assert advice(scores) == f"{start} --objective scores"
    linear = replace(scores, student=replace(scores.student, family="linear", options={}))
    assert "--objective" not in advice(linear), "it fits probabilities with any objective"


def test_a_requirement_on_the_size_becomes_a_limit() -> None:
    """Of every family, the best student within it."""
    unmet = [
        Requirement(expression="bytes<=4000", value=4245, met=False),
        Requirement(expression="leaves<3", value=3, met=False),
        Requirement(expression="fidelity>=0.99", value=0.93, met=False),
    ]
    assert advice(replace(losing(0, 0, 1000), requirements=unmet)) == (
        "crembo compress forest.onnx people.csv --student auto --max-bytes 4000 --max-leaves 2"
    )


def test_an_evaluated_student_is_compared_with_every_family() -> None:
    """Where it falls short; without a teacher it can be read.

    The rows to measure on are not those to fit on.
    """
    typed = "crembo evaluate s.onnx people.csv -t forest.onnx -y churn --rows 300 --json"
    made = replace(losing(0, 100, 1000), search=None, references={}, command=typed)
    assert advice_of(made)[1] == ("crembo compress forest.onnx people.csv -y churn --student auto")
    alone = replace(made, teacher=None)
    assert advice_of(alone)[1] == "crembo explain forest.student.onnx"


@pytest.mark.references
@pytest.mark.parametrize("objective", ["labels", "scores"])
def test_the_command_runs_when_copied_and_does_better(
    crembo: Crembo, tmp_path: Path, objective: str
) -> None:
    """A tree of one split cannot find the class; what the verdict names does."""
    cells = np.random.default_rng(0).random((2000, 3))
    rare = (cells > 0.65).all(axis=1)
    table = pd.DataFrame(cells, columns=["a", "b", "c"])
    teacher = DecisionTreeClassifier(random_state=0).fit(table, np.where(rare, "yes", "no"))
    joblib.dump(teacher, tmp_path / "teacher.joblib")
    table.assign(target=np.where(rare, "yes", "no")).to_csv(tmp_path / "data.csv", index=False)
    few = ("--synthetic", "2000", "--quick-report", "--objective", objective)
    ran = crembo("compress", "teacher.joblib", "data.csv", "--max-depth", "1", *few, "--json")
    assert (ran.code, ran.err) == (0, "")
    verdict = json.loads(ran.out)["verdict"]
    assert verdict["status"] == "failed"
    assert "it predicts 'no' on all 400 test rows" in verdict["decision"]
    assert verdict["command"] == (
        f"crembo compress teacher.joblib data.csv {shlex.join(few)} --student additive"
    )
    again = crembo(*shlex.split(verdict["command"])[1:], "--json")
    assert again.code == 0
    found = json.loads(again.out)
    assert found["verdict"]["status"] != "failed"
    assert [each["recall"] > 0.5 for each in found["by_class"]] == [True, True]
