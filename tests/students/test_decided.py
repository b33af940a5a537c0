"""A student that decides by expected utility, in memory and in onnxruntime."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.students.capabilities import exact_margins
from crembo_cli.students.contract import Feature, Student
from crembo_cli.students.decided import DecidedStudent, decide
from crembo_cli.students.registry import make_family
from crembo_cli.testing.tasks import small_tasks
from tests.families import FOR_TABLES

TASK = next(each.task for each in small_tasks() if each.task.beliefs.shape[1] > 2)
CLASSES = TASK.beliefs.shape[1]
COSTS = np.where(np.eye(CLASSES) > 0, 1.0, np.linspace(0, 0.8, CLASSES**2).reshape(CLASSES, -1))


def run_student(student: Student, rows: np.ndarray) -> list[np.ndarray]:
    """Labels and probabilities of the student's nodes in onnxruntime."""
    nodes, constants = student.to_onnx("rows", "index", "probabilities")
    graph = helper.make_graph(
        nodes,
        "student",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, rows.shape[1]])],
        [
            helper.make_tensor_value_info("index", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, CLASSES]),
        ],
        constants,
    )
    opsets = [helper.make_opsetid("", 11), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=6)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"rows": rows})


@pytest.mark.parametrize("name", FOR_TABLES)
def test_every_family_decides_by_the_utilities(name: str) -> None:
    """In memory and in onnxruntime, the label is the argmax of probabilities @ utilities."""
    task = replace(TASK, utilities=COSTS)
    learner = make_family(name, {}).learner(task)
    rewards = expected_utilities(task.beliefs, COSTS)
    student = decide(learner.finish(learner.fit(rewards)), COSTS)
    wanted = (student.predict_proba(task.rows).astype(float) @ COSTS).argmax(axis=1)
    assert np.array_equal(student.predict(task.rows), wanted)
    labels, probabilities = run_student(student, task.rows)
    assert np.array_equal(labels, wanted)
    assert probabilities == pytest.approx(student.predict_proba(task.rows), abs=1e-5)
    assert np.array_equal(pickle.loads(pickle.dumps(student)).predict(task.rows), wanted)


@pytest.mark.parametrize("name", ["tree", "oblique", "rules"])
def test_leaves_and_rules_predict_the_class_of_largest_utility(name: str) -> None:
    """The student itself, whose texts show its classes, predicts what the utilities decide."""
    task = replace(TASK, utilities=COSTS)
    learner = make_family(name, {}).learner(task)
    student = learner.finish(learner.fit(expected_utilities(task.beliefs, COSTS)))
    decided = decide(student, COSTS)
    assert np.array_equal(student.predict(task.rows), decided.predict(task.rows))


@pytest.mark.parametrize("name", ["linear", "additive", "mlp", "boosted"])
def test_costs_do_not_change_the_probabilities_of_families_of_scores(name: str) -> None:
    """They decide by the utilities of their probabilities, which are the teacher's, not costs'."""
    task = replace(TASK, utilities=COSTS)
    costly, plain = (make_family(name, {}).learner(each) for each in (task, TASK))
    found = costly.finish(costly.fit(expected_utilities(task.beliefs, COSTS)))
    wanted = plain.finish(plain.fit(TASK.beliefs))
    assert np.array_equal(found.predict_proba(TASK.rows), wanted.predict_proba(TASK.rows))


def test_margins_of_other_decisions_are_not_available() -> None:
    """A linear student's margins are those of its plain labels: none are reported."""
    learner = make_family("linear", {}).learner(TASK)
    student = learner.finish(learner.fit(TASK.beliefs))
    units = np.ones(TASK.rows.shape[1])
    assert exact_margins(student, TASK.rows, units) is not None
    assert exact_margins(decide(student, COSTS), TASK.rows, units) is None


def test_the_text_explains_how_classes_are_decided() -> None:
    """Of two classes, the threshold in one line."""
    task = next(each.task for each in small_tasks() if each.task.beliefs.shape[1] == 2)
    learner = make_family("tree", {}).learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    decided = decide(student, np.diag([0.25, 1.0]))
    features = [Feature(name=f"x{j}") for j in range(task.rows.shape[1])]
    assert isinstance(decided, DecidedStudent)
    last = decided.describe(features, ["no", "yes"]).splitlines()[-1]
    assert last == "yes is predicted if its probability is above 0.2."
