"""Costs, class weights and thresholds, as options and in a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import crembo_cli as crembo
from crembo_cli.errors import UsageError
from crembo_cli.runs.decision import decision_options

SAMPLES = Path(__file__).parents[2] / "sample_models"
TEACHER, DATA = SAMPLES / "breast_cancer_forest.onnx", SAMPLES / "breast_cancer.csv"
CLASSES = ("benign", "malignant")
BELIEFS = np.array([[0.9, 0.1], [0.7, 0.3]] * 10, np.float32)


def test_each_option_is_a_utility_matrix() -> None:
    """Costs by pair, weights by class, and a probability from which on a class is predicted."""
    costs = decision_options(["malignant:benign=5"], None, None).utilities(CLASSES, BELIEFS)
    weights = decision_options(None, {"malignant": 4}, None).utilities(CLASSES, BELIEFS)
    balanced = decision_options(None, "balanced", None).utilities(CLASSES, BELIEFS)
    threshold = decision_options(None, None, "malignant=0.2").utilities(CLASSES, BELIEFS)
    for found, wanted in (
        (costs, [[1.0, 0.8], [0.0, 1.0]]),
        (weights, [[1.0, 0.75], [0.0, 1.0]]),
        (balanced, [[1.0, 0.75], [0.0, 1.0]]),
        (threshold, [[1.0, 0.75], [0.0, 1.0]]),
    ):
        assert found is not None
        assert found == pytest.approx(np.array(wanted), abs=1e-6)
    assert decision_options(None, None, 0.5).utilities(CLASSES, BELIEFS) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((["malignant:benign"], None, None), "invalid cost"),
        ((["malignant:unknown=1"], None, None), "with the classes benign, malignant"),
        ((["benign:benign=1"], None, None), "a cost needs two different classes"),
        ((["malignant:benign=0"], None, None), "wanted a number above 0"),
        ((["malignant:benign=1", "malignant:benign=2"], None, None), "given twice"),
        ((None, "unknown=2", None), "invalid class weight"),
        ((None, "benign=-1", None), "wanted a number above 0"),
        ((None, None, "1.5"), "a number between 0 and 1"),
        ((None, None, "unknown=0.5"), "unknown class"),
        ((None, "balanced", 0.3), "--decide-at"),
        ((["malignant:benign=2"], None, 0.3), "--decide-at"),
    ],
)
def test_invalid_options_name_themselves(options: tuple, message: str) -> None:
    """Each is refused in one line that says what is expected."""
    with pytest.raises(UsageError, match=message):
        decision_options(*options).utilities(CLASSES, BELIEFS)


def test_a_threshold_needs_two_classes() -> None:
    """With three classes the message names `--cost`."""
    with pytest.raises(UsageError, match="--cost TRUE:PREDICTED=VALUE"):
        decision_options(None, None, 0.3).utilities(("a", "b", "c"), np.ones((2, 3)) / 3)


def compress(**options: object) -> crembo.Result:
    """A student of the sample teacher."""
    few = {"quick_report": True, "synthetic": 200, "thresholds": 2}
    return crembo.compress(TEACHER, DATA, **few, **options)


def test_costs_that_change_nothing_give_the_same_bytes() -> None:
    """Equal costs, equal weights and a threshold of one half: byte for byte no utilities."""
    plain = compress().content
    assert compress(decide_at=0.5).content == plain
    assert compress(class_weight="benign=2,malignant=2").content == plain
    assert compress(cost=["benign:malignant=3", "malignant:benign=3"]).content == plain


@pytest.mark.parametrize("student", ["tree", "linear"])
def test_the_file_and_its_report_obey_the_threshold(student: str, tmp_path: Path) -> None:
    """The exported label is malignant from .1 on; `evaluate` reads that from the file."""
    result = compress(student=student, decide_at=0.1)
    frame = crembo_frame()
    probabilities = result.student.predict_proba(frame)[:, 1]
    predicted = result.student.predict(frame) == "malignant"
    assert np.array_equal(predicted, probabilities > 0.1)
    assert (predicted & (probabilities < 0.5)).sum() > 0
    result.save(tmp_path / "student.onnx")
    found = crembo.evaluate(tmp_path / "student.onnx", DATA, teacher=TEACHER)
    assert found.report.metrics["student"].accuracy == pytest.approx(
        np.mean(predicted == (read_labels() == "malignant"))
    )
    assert found.report.metrics["student"].fidelity == pytest.approx(
        np.mean(predicted == (teacher_probabilities() > 0.1)), abs=0.002
    )


def test_the_depth_curve_is_that_of_the_depths_of_the_report() -> None:
    """With a threshold: no row is below the depth, and a twentieth at most below that at 5 %."""
    report = compress(decide_at=0.1).report
    metrics, depth = report.metrics["student"], report.robustness.depth
    assert depth is not None
    assert metrics.depth is not None
    curve = dict(zip(depth.curve.d, depth.curve.student, strict=True))
    assert curve[int(100 * metrics.depth) / 100] == 0.0
    assert curve[int(100 * metrics.depth + 1) / 100] > 0.0
    least = metrics.insensitive_depth["0.05"]
    assert least is not None
    assert curve[int(100 * least) / 100] <= 0.05


def crembo_frame():  # a frame of the test's own table
    """The sample's features."""
    import pandas as pd

    frame = pd.read_csv(DATA)
    return frame.drop(columns=frame.columns[-1])


def read_labels() -> np.ndarray:
    """The sample's labels."""
    import pandas as pd

    return pd.read_csv(DATA).iloc[:, -1].to_numpy()


def teacher_probabilities() -> np.ndarray:
    """The teacher's probability of malignant on each row."""
    return crembo.score(TEACHER, DATA).frame.iloc[:, 1].to_numpy()


def test_a_student_decides_at_the_threshold_of_its_teacher() -> None:
    """Without an option of the user's, as the teacher does; --decide-at 0.5 undoes it."""
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import FixedThresholdClassifier

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=400), "b": rng.normal(size=400)})
    teacher = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.15, response_method="predict_proba"
    ).fit(frame, (frame.a + rng.normal(size=400) > 1).astype(int))
    result = crembo.compress(teacher, frame, quick_report=True, synthetic=500)
    assert any("decides at 0.15 as its teacher does" in note for note in result.notes)
    assert np.mean(result.student.predict(frame) == teacher.predict(frame)) > 0.93
    plain = crembo.compress(teacher, frame, quick_report=True, synthetic=500, decide_at=0.5)
    assert plain.report.student.utilities is None
