# ruff: noqa: D101, D102 - each broken part is named for what it breaks
"""check_family passes a family that keeps the contract, and names the sentence that fails."""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass

import numpy as np
import pytest
from onnx import helper

from crembo_cli.testing import check_family
from tests.testing.cut import Cut, CutFamily, CutLearner


def test_a_family_that_keeps_the_contract_passes() -> None:
    """A family that keeps the contract passes, whether or not it promises never to lose."""
    check_family(CutFamily())
    check_family(CutFamily(unused=9), never_worse=False)


class Int32(Cut):
    def predict(self, rows):
        return super().predict(rows).astype(np.int32)


class Float64(Cut):
    def predict_proba(self, rows):
        return super().predict_proba(rows).astype(np.float64)


class Negative(Cut):
    def predict_proba(self, rows):
        return super().predict_proba(rows) - np.float32(0.2)


class NotOne(Cut):
    def predict_proba(self, rows):
        return super().predict_proba(rows) * np.float32(0.9)


class NotItsArgmax(Cut):
    def predict(self, rows):
        return np.full(len(rows), 0)


class ByOrder(Cut):
    def predict_proba(self, rows):
        predicted = super().predict_proba(rows)
        predicted[0] = predicted[0, ::-1]
        return predicted


class ByCompany(Cut):
    def predict_proba(self, rows):
        predicted = super().predict_proba(rows)
        return predicted[:, ::-1] if len(rows) == 1 else predicted


class Writes(Cut):
    def predict_proba(self, rows):
        predicted = super().predict_proba(rows)
        rows[np.isnan(rows)] = 0.0
        return predicted


class MissingOtherwise(Cut):
    def predict_proba(self, rows):
        return super().predict_proba(np.nan_to_num(rows, nan=-9.0, posinf=9.0, neginf=-9.0))


class WrongName(Cut):
    def to_onnx(self, rows, index, probabilities):
        nodes, constants = super().to_onnx(rows, index, probabilities)
        nodes[0].name = "gather"
        return nodes, constants


class TooNew(Cut):
    def to_onnx(self, rows, index, probabilities):
        nodes, constants = super().to_onnx(rows, index, probabilities)
        nodes[-1].op_type = "Gelu"
        del nodes[-1].attribute[:]
        return nodes, constants


class OtherProbabilities(Cut):
    def to_onnx(self, rows, index, probabilities):
        nodes, constants = super().to_onnx(rows, index, "student_shares")
        twice = ["student_shares", "student_shares"]
        return [*nodes, helper.make_node("Mul", twice, [probabilities], "student_mul")], constants


class NotTwice(Cut):
    calls = 0

    def to_onnx(self, rows, index, probabilities):
        nodes, constants = super().to_onnx(rows, index, probabilities)
        NotTwice.calls += 1
        nodes[0].name = f"student_{NotTwice.calls}"
        return nodes, constants


class NoParameters(Cut):
    def size(self):
        return {"leaves": 2}


class OwnSize(Cut):
    def size(self):
        return {"parameters": 3, "cuts": 1}


class NumpySize(Cut):
    def size(self):
        return {"parameters": np.int64(3)}


class FloatMargins(Cut):
    def margins(self, rows, units):
        return np.zeros(len(rows), np.float32)


class NegativeMargins(Cut):
    def margins(self, rows, units):
        return np.full(len(rows), -1.0)


class MixedGroups(Cut):
    def groups(self, rows):
        return np.zeros(len(rows), np.int64)

    def group_text(self, group, features):
        return "always"


class NoJson(Cut):
    def to_json(self, features, classes):
        return {"sides": self.sides}


class EmptyText(Cut):
    def to_text(self, features, classes, name):
        return ""


class Newline(Cut):
    def describe(self, features, classes):
        return super().describe(features, classes) + "\n"


BROKEN_STUDENTS = {
    Int32: "`predict` gives int64",
    Float64: "`predict_proba` gives float32",
    Negative: "probabilities lie from 0 to 1",
    NotOne: "each row of probabilities sums to 1",
    NotItsArgmax: "`predict` is the argmax of `predict_proba`",
    ByOrder: "does not depend on the order of the rows",
    ByCompany: "a row alone is predicted as among others",
    Writes: "predicting leaves the rows as they are",
    MissingOtherwise: "onnxruntime predicts what `predict` predicts",
    WrongName: r"names that begin with student_, .*; found \['gather'\]",
    TooNew: "`to_onnx` makes a valid model of opset 18",
    OtherProbabilities: "onnxruntime's probabilities are `predict_proba`'s",
    NotTwice: "`to_onnx` gives the same bytes twice",
    NoParameters: "`size` has `parameters`",
    OwnSize: "`size` has no other keys",
    NumpySize: "sizes are whole numbers",
    Newline: "no line break at the end",
    FloatMargins: "`margins` gives float64",
    NegativeMargins: "margins are >= 0",
    MixedGroups: "rows of one group have one predicted class",
    NoJson: "`to_json` gives JSON values",
    EmptyText: "`to_text` gives lines of text",
}


@pytest.mark.parametrize("student", BROKEN_STUDENTS, ids=lambda student: student.__name__)
def test_a_broken_student_fails_with_its_sentence(student: type[Cut]) -> None:
    """The error names the sentence of the contract that the student breaks."""
    family = type("Broken", (CutFamily,), {"student": student})
    with pytest.raises(AssertionError, match=BROKEN_STUDENTS[student]) as told:
        check_family(family())
    assert str(told.value).startswith("family 'cut' on two classes: the soft-label student: ")


class Loses(CutLearner):
    def fit(self, rewards, start=None):
        found = super().fit(rewards, start)
        return found if start is None else Cut(9.0, found.sides[::-1])


class LosingFamily(CutFamily):
    learn = Loses


def test_a_student_that_is_read_back_must_predict_the_same() -> None:
    """The optional `read` is checked on the exported graph."""
    other = Cut(0.0, np.float32([[0.1, 0.9], [0.9, 0.1]]))
    family = type("Broken", (CutFamily,), {"read": staticmethod(lambda graph: other)})
    with pytest.raises(AssertionError, match="a student that `read` reads back predicts the same"):
        check_family(family())


class Constant(CutLearner):
    def fit(self, rewards, start=None):
        return Cut(1e30, super().fit(rewards, start).sides)


class ChangesRewards(CutLearner):
    def fit(self, rewards, start=None):
        found = super().fit(rewards, start)
        if start is not None:
            rewards[:] = 1.0
        return found


class ChangesRows(CutLearner):
    def fit(self, rewards, start=None):
        self.task.rows[0, 1] += 1.0
        return super().fit(rewards, start)


class ChangesStart(CutLearner):
    def fit(self, rewards, start=None):
        if start is not None:
            start.threshold = np.float32(9.0)
        return super().fit(rewards, None)


class Unseeded(CutLearner):
    draws = np.random.default_rng()

    def finish(self, student):
        return Cut(student.threshold + self.draws.random() / 100, student.sides)


class ByThreads(CutLearner):
    def finish(self, student):
        return Cut(student.threshold + self.task.threads / 100, student.sides)


BROKEN_LEARNERS = {
    Loses: "`fit` with a start reaches no lower reward than the start",
    Constant: "on an easy task, the reward is higher",
    ChangesRewards: "`fit` leaves the rewards as they are",
    ChangesRows: "fitting leaves the task's `rows` as they are",
    ChangesStart: "a student does not change once it is fitted",
    Unseeded: "the same task and seed give the same ONNX bytes",
    ByThreads: "the student does not depend on `threads`",
}


@pytest.mark.parametrize("learner", BROKEN_LEARNERS, ids=lambda learner: learner.__name__)
def test_a_broken_learner_fails_with_its_sentence(
    learner: type[CutLearner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the sentence of the contract that the learner breaks."""
    monkeypatch.setattr(CutFamily, "learn", learner)
    with pytest.raises(AssertionError, match=BROKEN_LEARNERS[learner]):
        check_family(CutFamily(), never_worse=learner is not ChangesStart)


def test_a_lower_reward_passes_without_the_promise() -> None:
    """A family that does not promise `never_worse` may lose reward."""
    check_family(LosingFamily(), never_worse=False)


class NotPickled(Cut):
    def __reduce__(self):
        raise TypeError("it holds a lock")


class OtherwisePickled(Cut):
    def __reduce__(self):
        return Cut, (self.threshold, self.sides[::-1])


@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        (NotPickled, "a family and its students can be pickled; found TypeError: it holds a lock"),
        (OtherwisePickled, "an unpickled student predicts the same"),
    ],
)
def test_what_cannot_be_pickled_fails(
    student: type[Cut], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student must survive the way from the process that fitted it."""
    monkeypatch.setattr(CutFamily, "student", student)
    with pytest.raises(AssertionError, match=sentence):
        check_family(CutFamily())


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (field(metadata={"help": "No default."}), "an option has a default"),
        (field(default=True), "its metadata has `help`"),
        (field(default=1, metadata={"help": "A number."}), "has `minimum` and `maximum`"),
        (
            field(default=9, metadata={"help": "A number.", "minimum": 1, "maximum": 8}),
            "lies from its minimum 1 to its maximum 8; found 9",
        ),
        (
            field(default="c", metadata={"help": "A text.", "choices": ("a", "b")}),
            "one of the `choices`",
        ),
        (field(default=(), metadata={"help": "A tuple."}), "a number, a text, True or False"),
    ],
)
def test_a_broken_option_fails_with_its_name(option: object, sentence: str) -> None:
    """Default, help, range and choices are checked."""
    family = make_dataclass(
        "Broken", [("extra", object, option)], bases=(CutFamily,), frozen=True, kw_only=True
    )
    given = family(extra=None) if "has a default" in sentence else family()
    with pytest.raises(AssertionError, match=f"the family: option 'extra': .*{sentence}"):
        check_family(given)


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("name", "two words", "`name` has no spaces"),
        ("summary", "", "`summary` is one line of text"),
        ("thresholds", -1, "`thresholds` is None or a whole number"),
        ("learner", None, "a family has all parts of the protocol"),
        ("grid", ({"speed": 1},), r"`grid` names options of the family; found \['speed'\]"),
        ("readable", 1, "`readable` is True or False"),
    ],
)
def test_a_broken_family_fails_with_its_sentence(
    attribute: str, value: object, sentence: str
) -> None:
    """Name, summary, thresholds, methods, grid and readable are checked."""
    with pytest.raises(AssertionError, match=sentence):
        check_family(type("Broken", (CutFamily,), {attribute: value})())


def test_a_family_must_be_a_dataclass() -> None:
    """A plain class with all attributes is refused."""

    class Plain:
        name, summary, thresholds = "plain", "no dataclass", None

        def learner(self, task):
            return CutLearner(self, task)

    with pytest.raises(AssertionError, match="a family is an instance of a dataclass"):
        check_family(Plain())


def test_an_error_of_the_family_passes_with_a_note() -> None:
    """An error that a family raises passes through, with a note of what was being checked."""

    class Fails(CutLearner):
        def finish(self, student):
            raise ZeroDivisionError("division by zero")

    @dataclass(frozen=True, kw_only=True)
    class Failing(CutFamily):
        learn = Fails

    with pytest.raises(ZeroDivisionError) as error:
        check_family(Failing())
    notes = ["while checking the finished student", "while checking family 'cut' on two classes"]
    assert error.value.__notes__ == notes
