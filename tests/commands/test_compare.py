"""`crembo compare`: two students on the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

import crembo_cli as crembo_library
from tests import small_teachers
from tests.command_line import Crembo
from tests.in_process import crembo as run_in
from tests.report.axe import ALL, COLOURS
from tests.report.browser import CHROMIUM, Browser

FEW = ("--synthetic", "200", "--thresholds", "2", "--quick-report", "-q")


@pytest.fixture(scope="module")
def students(
    tmp_path_factory: pytest.TempPathFactory, teacher: Path, data: Path
) -> tuple[Path, Path]:
    """A stump, and a tree that may replace it, of the same small teacher."""
    folder = tmp_path_factory.mktemp("students")
    for name, depth in (("old", "1"), ("new", "5")):
        words = ("compress", teacher, data, "-o", f"{name}.onnx", "--max-depth", depth, *FEW)
        ran = run_in(folder, *words)
        assert ran.code == 0, ran.err
    return folder / "old.onnx", folder / "new.onnx"


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """Other rows of the same kind."""
    path = tmp_path / "today.csv"
    small_teachers.table().iloc[::-2].to_csv(path, index=False)
    return path


def compared(crembo: Crembo, *arguments: str | Path) -> dict[str, Any]:
    """The JSON report."""
    ran = crembo("compare", *arguments, "--json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_differences_are_those_of_two_evaluations(
    crembo: Crembo, students: tuple[Path, Path], teacher: Path, today: Path
) -> None:
    """B less A, metric by metric, as `evaluate` measures each of the two."""
    found = compared(crembo, *students, today, "-t", teacher)
    each = [
        json.loads(crembo("evaluate", path, today, "-t", teacher, "--json").out)["metrics"]
        for path in students
    ]
    assert found["metrics"]["a"] == each[0]["student"]
    assert found["metrics"]["b"] == each[1]["student"]
    assert found["metrics"]["teacher"] == each[0]["teacher"]
    for name in ("accuracy", "fidelity", "mean_belief", "log_loss", "kl", "roc_auc"):
        delta = found["delta"][name]
        expected = each[1]["student"][name] - each[0]["student"][name]
        assert delta["value"] == pytest.approx(expected, abs=1e-6)
        assert delta["low"] < delta["value"] < delta["high"]
    assert found["delta"]["fidelity"]["low"] > 0
    assert [found["students"][key]["family"] for key in "ab"] == ["tree", "tree"]
    assert 0 < found["agreement"] < 1
    groups = found["disagreements"]
    assert sum(each["differing"] for each in groups) <= round((1 - found["agreement"]) * 30)
    assert groups[0]["differing"] >= groups[-1]["differing"] > 0


def test_a_worse_student_fails_the_gate(
    crembo: Crembo, students: tuple[Path, Path], teacher: Path, today: Path
) -> None:
    """Exit code 1, one line that names both, and the reports are written; a better one passes."""
    old, new = students
    gate = ("-t", teacher, "--require", "delta.fidelity>=-0.01", "-q", "--report", "r.json")
    assert crembo("compare", old, new, today, *gate).code == 0
    ran = crembo("compare", new, old, today, *gate)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert f"{old} in place of {new}: requirement not met: delta.fidelity>=-0.01" in ran.err
    assert json.loads(Path("r.json").read_text())["requirements"][0]["met"] is False


def test_every_format_has_the_same_results(
    crembo: Crembo, students: tuple[Path, Path], teacher: Path, today: Path
) -> None:
    """Terminal, Markdown and HTML have the verdict, the differences and the groups."""
    ran = crembo(
        *("compare", *students, today, "-t", teacher, "--report", "r.md", "--report", "r.html"),
        *("--require", "agreement>=0", "--require", "b.bytes<=90000"),
    )
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 100
    page = Path("r.html").read_text()
    markdown = Path("r.md").read_text()
    for text in (ran.out, markdown, page):
        words = " ".join(text.replace("\\", "").split())
        assert "B is better in accuracy, balanced, fidelity" in words
        assert "They predict the same class on" in words
        assert "A mostly predicts" in words
        assert "agreement>=0" in words or "agreement&gt;=0" in words
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    assert html.count("<table>") == 1
    assert html.count("<li>") > 2
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_student_beside_itself_does_not_differ(
    crembo: Crembo, students: tuple[Path, Path], today: Path
) -> None:
    """Without a teacher accuracy and scores remain; the intervals leave room for doubt."""
    old, _ = students
    found = compared(crembo, old, old, today)
    assert found["agreement"] == 1.0
    assert found["disagreements"] == []
    assert found["delta"]["fidelity"] is None
    assert found["delta"]["accuracy"]["value"] == 0
    assert found["delta"]["accuracy"]["low"] < 0 < found["delta"]["accuracy"]["high"]
    ran = crembo("compare", old, old, today)
    assert "B does not differ from A beyond chance." in ran.out
    assert "Both predict the same class on all 30 rows." in ran.out


def test_without_labels_and_teacher_agreement_is_measured(
    crembo: Crembo, students: tuple[Path, Path], today: Path
) -> None:
    """The groups are there too, and nobody is called better."""
    frame = pd.read_csv(today).drop(columns="target")
    frame.to_csv("bare.csv", index=False)
    ran = crembo("compare", *students, "bare.csv", "--require", "agreement>=0.1")
    assert ran.code == 0, ran.err
    assert "neither can be called better" in ran.out
    ran = crembo("compare", *students, "bare.csv", "--require", "delta.accuracy>=0")
    assert ran.code == 2
    assert "the metric is not available; found no label column and no --teacher" in ran.err


def test_students_of_different_columns_are_compared(
    crembo: Crembo, students: tuple[Path, Path], today: Path
) -> None:
    """Each reads its own; standard input, which can be read once, is refused."""
    fewer = small_teachers.table().drop(columns="d")

    def predict(rows: pd.DataFrame) -> np.ndarray:
        scores = small_teachers.scores(rows.assign(d=0.0)[list("abcd")].to_numpy(np.float32))
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    crembo_library.compress(predict, fewer, quick_report=True, synthetic=200, output="few.onnx")
    found = compared(crembo, students[1], "few.onnx", today)
    alone = json.loads(crembo("evaluate", "few.onnx", today, "--json").out)
    assert found["metrics"]["b"]["accuracy"] == alone["metrics"]["student"]["accuracy"]
    ran = crembo("compare", students[1], "few.onnx", "-")
    assert ran.code == 2
    assert "standard input can be read once" in ran.err


def test_a_warning_where_a_student_was_fitted_on_these_rows(
    crembo: Crembo, students: tuple[Path, Path], data: Path
) -> None:
    """Figures on them flatter."""
    ran = crembo("compare", *students, data)
    assert "A was fitted on rows of this table: its metrics are optimistic." in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--require", "delta.fidelty>=0"], "did you mean 'delta.fidelity'"),
        (["--require", "fidelity>=0"], "unknown metric 'fidelity'"),
        (["--require", "delta.fidelity"], "invalid requirement"),
        (["--report", "r.pdf"], "unsupported output format"),
        (["--teacher", "no.onnx"], "no.onnx"),
    ],
)
def test_invalid_arguments_are_refused(
    crembo: Crembo, students: tuple[Path, Path], today: Path, arguments: list[str], message: str
) -> None:
    """In one line, with exit code 2, and nothing is written."""
    before = set(Path().iterdir())
    ran = crembo("compare", *students, today, *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err
    assert set(Path().iterdir()) == before


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_axe_finds_nothing_on_the_page(
    crembo: Crembo,
    students: tuple[Path, Path],
    teacher: Path,
    today: Path,
    axe: str,
    chromium: Browser,
) -> None:
    """On a telephone, where its table scrolls, in both themes."""
    gate = ("--require", "delta.fidelity>=-1")
    ran = crembo("compare", *students, today, "-t", teacher, *gate, "--report", "r.html", "-q")
    assert ran.code == 0, ran.err
    for dark in (False, True):
        check = COLOURS if dark else ALL
        page = chromium.open(
            Path("r.html").resolve(), dark=dark, width=400, ask=(f"{axe}; 0", check)
        )
        assert page.answers[check] == []


def test_names_from_files_are_escaped_in_the_page(
    crembo: Crembo, students: tuple[Path, Path], today: Path
) -> None:
    """A path that looks like a tag stays text."""
    hostile = Path("<b>.onnx")
    hostile.write_bytes(students[0].read_bytes())
    assert crembo("compare", hostile, students[1], today, "--report", "r.html", "-q").code == 0
    page = Path("r.html").read_text()
    assert "<b>" not in page
    assert "&lt;b&gt;.onnx" in page


def test_the_library_compares(students: tuple[Path, Path], teacher: Path, today: Path) -> None:
    """The report prints as on the terminal and shows in a notebook as a page in a frame."""
    found = crembo_library.compare(*students, today, teacher=teacher, require=["agreement>2"])
    assert found.report.requirements[0].met is False
    assert "NOT MET  agreement>2" in str(found.report)
    assert found.report._repr_html_().startswith("<iframe sandbox")
