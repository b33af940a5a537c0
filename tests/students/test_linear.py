"""The family `linear`: its fit, and its text."""

from __future__ import annotations

import numpy as np

from crembo_cli.student_file.build import build_model, model_bytes, session
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.teachers.contract import ModelInput

NOTHING = np.zeros((0, 2), np.float32)


def test_a_missing_cell_has_a_weight_of_its_own() -> None:
    """Where only missing cells tell the classes apart, they are told apart."""
    cells = np.array([1.0, np.nan, 2.0, np.nan] * 10, np.float32)
    rows = np.stack([cells, np.zeros(40, np.float32)], axis=1)
    beliefs = np.where(np.isnan(cells)[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(rows=rows, beliefs=beliefs, validation_rows=NOTHING, validation_beliefs=NOTHING)
    student = LinearFamily().learner(task).fit(beliefs)
    np.testing.assert_array_equal(student.predict(rows), np.isnan(cells))


def test_a_large_ridge_leaves_the_bias_alone() -> None:
    """Under the largest ridge the weights vanish; the class of highest mean belief remains."""
    rows = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    beliefs = np.where(rows > 0.2, [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(rows=rows, beliefs=beliefs, validation_rows=rows, validation_beliefs=beliefs)
    student = LinearFamily(ridge=1000.0).learner(task).fit(beliefs)
    assert np.abs(student.weights).max() < 1e-2
    assert set(student.predict(rows)) == {0}


def test_the_text_names_the_strongest_columns() -> None:
    """One line, of two classes: the log-odds at the means, then those of each column."""
    age = np.array([1.0, 2.0, 3.0, np.nan] * 25, np.float32)
    rows = np.stack([age, np.full(100, 7.0, np.float32)], axis=1)
    no = np.select([age == 1, age == 2, age == 3], [0.2, 0.6, 0.9], 0.7)
    beliefs = np.stack([no, 1 - no], axis=1).astype(np.float32)
    task = Task(rows=rows, beliefs=beliefs, validation_rows=NOTHING, validation_beliefs=NOTHING)
    learner = LinearFamily().learner(task)
    student = learner._student(*learner._nearest(beliefs))
    text = student.describe((Feature(name="age"), Feature(name="always 7")), ("no", "yes"))
    assert text.splitlines() == [
        "yes is predicted where its log-odds are above 0, else no.",
        "Below: the log-odds at the mean of every column, then what each standard deviation",
        "above it adds, for the 5 columns that matter most.",
        "yes: -0.41, -1.27 age, -0.44 if age is missing",
    ]


def test_numbers_beyond_the_training_rows_count_as_the_end_of_their_range() -> None:
    """Up to infinity: probabilities are those of the end, in the file as in memory, never NaN."""
    rows = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    beliefs = np.where(rows > 0.2, [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(rows=rows, beliefs=beliefs, validation_rows=rows, validation_beliefs=beliefs)
    learner = LinearFamily().learner(task)
    student = learner.finish(learner.fit(beliefs))
    far = np.array([[1e38], [np.inf], [1.0], [-3.4e38], [-np.inf], [-1.0]], np.float32)
    probabilities = student.predict_proba(far)
    assert probabilities[:3].tolist() == [probabilities[2].tolist()] * 3
    assert probabilities[3:].tolist() == [probabilities[5].tolist()] * 3
    assert probabilities[0, 1] > 0.5 > probabilities[3, 1]
    inputs = (ModelInput(name="X", type="float", shape=(None, 1), width=1),)
    signature = Signature(inputs=inputs, features=(Feature(name="a"),), missing_texts=())
    model = build_model(student, signature, ("no", "yes"), {}, "0")
    _, said = session(model_bytes(model), 1).run(None, {"X": far})
    np.testing.assert_allclose(said, probabilities, atol=1e-6)
