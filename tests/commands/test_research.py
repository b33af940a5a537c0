"""For research: the steps as a table and a plot, and repeated runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.command_line import Crembo

FEW = ("--synthetic", "100", "--thresholds", "3", "--quick-report", "-q")


def test_the_steps_are_a_table_and_a_plot(crembo: Crembo, teacher: Path, data: Path) -> None:
    """A row for each step, with the numbers of the JSON report; the plot is an SVG with text."""
    reports = ("--report", "s.csv", "--report", "s.svg", "--report", "r.json")
    assert crembo("compress", teacher, data, *FEW, *reports).code == 0
    search = json.loads(Path("r.json").read_text())["search"]
    rows = list(csv.DictReader(Path("s.csv").read_text().splitlines()))
    assert list(rows[0]) == [
        "threshold",
        "depth",
        "insensitive_depth",
        "mean_belief",
        "accuracy",
        "selected",
    ]
    assert [row["threshold"] == "" for row in rows] == [True, False, False, False]
    for row, step in zip(rows, search["steps"], strict=True):
        for key, value in step.items():
            assert (float(row[key]) if row[key] else None) == value
    assert [int(row["selected"]) for row in rows].index(1) == search["chosen"]
    drawing = Path("s.svg").read_text()
    assert drawing.startswith("<?xml")
    for word in ("mean belief", "insensitive depth", "accuracy", "threshold"):
        assert word in drawing


def test_without_labels_the_accuracy_is_empty(
    crembo: Crembo, beliefs: Path, data: Path, teacher: Path
) -> None:
    """And it is not plotted; an objective without thresholds has one step."""
    words = ("--drop", "target", "--objective", "scores", "--synthetic", "0", "--quick-report")
    reports = ("--report", "s.csv", "--report", "s.svg")
    ran = crembo("compress", teacher, data, *words, *reports, "-q")
    assert ran.code == 0, ran.err
    (row,) = csv.DictReader(Path("s.csv").read_text().splitlines())
    assert (row["accuracy"], row["threshold"], row["selected"]) == ("", "", "1")
    assert "accuracy" not in Path("s.svg").read_text()


def test_an_evaluation_has_no_steps(crembo: Crembo, teacher: Path, data: Path) -> None:
    """The format is refused before any work."""
    ran = crembo("evaluate", teacher, data, "--report", "s.csv")
    assert ran.code == 2
    assert "unsupported output format" in ran.err


@pytest.mark.usefixtures("no_plots")
def test_repeats_report_means_and_errors_over_seeds(
    crembo: Crembo, teacher: Path, data: Path
) -> None:
    """The student and its metrics are those of the first seed; the means are those of all runs."""
    words = (*FEW, "--max-depth", "2")
    values = []
    for seed in ("4", "5", "6"):
        ran = crembo("compress", teacher, data, *words, "--seed", seed, "--report", f"{seed}.json")
        assert ran.code == 0, ran.err
        values.append(json.loads(Path(f"{seed}.json").read_text())["metrics"])
        if seed == "4":
            alone = Path("teacher.student.onnx").read_bytes()
    reports = [word for kind in ("json", "md", "html") for word in ("--report", f"r.{kind}")]
    again = ("compress", teacher, data, *FEW[:-1], "--max-depth", "2", "--seed", "4")
    ran = crembo(*again, "--repeats", "3", *reports)
    assert ran.code == 0, ran.err
    assert Path("teacher.student.onnx").read_bytes() == alone
    report = json.loads(Path("r.json").read_text())
    repeats = report["repeats"]
    assert repeats["seeds"] == [4, 5, 6]
    assert report["metrics"] == values[0]
    for classifier in ("student", "teacher", "baseline_soft"):
        accuracy = [each[classifier]["accuracy"] for each in values]
        found = repeats["metrics"][classifier]["accuracy"]
        assert found["mean"] == pytest.approx(np.mean(accuracy))
        assert found["error"] == pytest.approx(np.std(accuracy, ddof=1) / np.sqrt(3))
    for text in (ran.out, Path("r.md").read_text(), Path("r.html").read_text()):
        assert "over 3 runs with the seeds 4 to 6" in " ".join(text.split())
        assert "±" in text


def test_standard_input_cannot_be_repeated(crembo: Crembo, teacher: Path) -> None:
    """It can be read once."""
    ran = crembo("compress", teacher, "-", "--repeats", "2")
    assert ran.code == 2
    assert "standard input can be read once" in ran.err
