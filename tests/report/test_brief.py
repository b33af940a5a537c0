"""The report on one screen: the verdict first, one table, the tree, and where the rest is."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from crembo_cli.arrays import LEAF
from crembo_cli.evaluation.differences import Difference
from crembo_cli.report.brief_table import brief_table
from crembo_cli.report.console import draw, render_text
from crembo_cli.report.model import Report
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree
from tests.report.example_reports import metrics, report, report_with_comparison
from tests.report.test_status import losing

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def lines(found: Report, width: int = 100) -> list[str]:
    """The lines of the short report."""
    return render_text(found, width=width).splitlines()


def full_tree(levels: int, region: int = 0) -> Tree:
    """Build a tree whose leaves are all at depth `levels`; feature 0 has `region` categories."""
    splits, m = 2**levels - 1, 2 ** (levels + 1) - 1
    inner = np.arange(m) < splits
    left = np.where(inner, 2 * np.arange(m) + 1, np.arange(m)).astype(np.int32)
    return Tree(
        feature=np.where(inner, 0 if region else 1, LEAF).astype(np.int32),
        threshold=np.where(inner, np.arange(m), 0).astype(np.float32),
        missing_left=np.zeros(m, np.bool_),
        left=left,
        right=np.where(inner, left + 1, left).astype(np.int32),
        label=np.arange(m) % 2,
        probabilities=np.eye(2, dtype=np.float32)[np.arange(m) % 2],
    )


def with_tree(tree: Tree, categories: tuple[str, ...] = ()) -> Report:
    """Build the report of a student that is `tree`."""
    features = (
        Feature(name="region", categories=categories, missing=False),
        Feature(name="age", categories=(), missing=False),
    )
    internals = ReadableStudent(
        name="s.onnx", student=tree, features=features, classes=("no", "yes"), missing_texts=()
    )
    made = losing(10, 71, 1000)
    student = replace(made.student, size={**tree.size(), "bytes": 4_245})
    return replace(
        made,
        student=student,
        internals=internals,
        description="the tree",
        command="crembo compress forest.onnx people.csv",
    )


@pytest.mark.parametrize("width", [80, 100])
def test_a_tree_of_16_leaves_fits_on_a_screen_of_40_lines(width: int) -> None:
    """With the verdict in the first six lines."""
    text = lines(with_tree(full_tree(4)), width)
    assert len(text) <= 40
    first = "\n".join(text[:6])
    for words in (
        "worth  accuracy 0.900, 6.1 points below",
        "weak   not recommended",
        "next   read",
    ):
        assert words in first
    assert sum("age" in line for line in text) == 15  # a line for each split
    assert text[-1].startswith("more: --details, --report report.html")


def test_a_larger_tree_is_named_with_its_command() -> None:
    """In place of the drawing."""
    text = lines(with_tree(full_tree(5)))
    assert text[-1].endswith("; its 32 leaves: crembo explain forest.student.onnx")
    assert not any("age" in line for line in text)


def test_the_tree_is_a_chain_of_conditions() -> None:
    """A leaf comes first, and what follows is its else."""
    tree = Tree(
        feature=np.array([1, 1, LEAF, LEAF, LEAF], np.int32),
        threshold=np.array([30, 10, 0, 0, 0], np.float32),
        missing_left=np.zeros(5, np.bool_),
        left=np.array([1, 3, 2, 3, 4], np.int32),
        right=np.array([2, 4, 2, 3, 4], np.int32),
        label=np.array([0, 0, 1, 0, 1]),
        probabilities=np.array([[1, 0], [1, 0], [0.25, 0.75], [1, 0], [0, 1]], np.float32),
    )
    text = lines(with_tree(tree))
    at = text.index("if age > 30: yes (0.75)")
    assert text[at + 1] == "else if age <= 10: no (1.00), else yes (1.00)"


def test_a_list_of_categories_is_cut_to_the_screen() -> None:
    """And leaves out those that went the other way above."""
    names = tuple(f"region {k:02}" for k in range(40))
    tree = full_tree(2, region=40)
    tree = replace(tree, threshold=np.array([19, 9, 29, 0, 0, 0, 0], np.float32))
    text = lines(with_tree(tree, names))
    rows = [line for line in text if "region in" in line]
    assert len(rows) == 3
    assert rows[0].startswith("if region in {region 00, region 01,")
    assert re.search(r", \+\d+\}:$", rows[0])
    assert all(cell_len(line) <= 100 for line in rows)
    # Below the first, 0 to 19 remain; after it, 20 to 39.
    assert rows[1].startswith("   if region in {region 00, ")
    assert rows[2].startswith("else if region in {region 20, ")


def test_the_table_has_the_teacher_and_the_best_baseline() -> None:
    """Differences stand beside values, with a mark where they are sure."""
    made = losing(10, 71, 1000)
    better = replace(metrics(), accuracy=0.95)
    made = replace(made, metrics={**made.metrics, "baseline_teacher": better})
    text = lines(made)
    head = next(line for line in text if line.startswith("1,000 test rows"))
    assert head.split()[3:] == ["accuracy", "fidelity", "AUC", "log", "loss", "depth", "5%"]
    row = next(line for line in text if line.startswith("CART on teacher, depth 5"))
    assert row.split()[5:7] == ["0.950", "-0.050"]
    teacher = next(line for line in text if line.startswith("teacher"))
    assert teacher.split()[:3] == ["teacher", "0.900", "+0.000▼"]
    assert "▲ better, ▼ worse by more than 2 standard errors" in "\n".join(text)


def test_marks_show_what_colours_show() -> None:
    """A sure loss is red with a mark, a tie plain; a screen of ASCII has other marks."""
    made = losing(10, 71, 1000)
    sure = replace(made.differences["teacher"], roc_auc=Difference(value=0.03, error=0.01))
    made = replace(made, differences={**made.differences, "teacher": sure})
    page = io.StringIO()
    draw(made, Console(file=page, width=100, color_system="standard", force_terminal=True))
    teacher = next(line for line in page.getvalue().splitlines() if line.startswith("teacher"))
    assert re.search("\x1b\\[31m *\\+0.000▼\x1b", teacher)
    assert re.search("\x1b\\[32m *\\+0.000▲\x1b", teacher)
    screen = io.TextIOWrapper(io.BytesIO(), "ascii")
    draw(made, Console(file=screen, width=100))
    screen.seek(0)
    assert "^ better, v worse" in screen.read()


@pytest.mark.parametrize(("width", "count"), [(60, 2), (80, 4), (100, 5)])
def test_a_narrow_screen_has_fewer_columns(width: int, count: int) -> None:
    """Accuracy and fidelity always stay."""
    table = brief_table(report(), width)
    assert len(table.headings) == count
    assert table.headings[:2] == ["accuracy", "fidelity"]


def test_the_path_is_drawn_only_where_another_step_was_kept() -> None:
    """With the soft-label student it says nothing."""
    search = report().search
    assert search is not None
    assert "the path" not in "\n".join(lines(report()))
    other = replace(search, threshold=0.25, chosen=3)
    assert "the path" in "\n".join(lines(report(search=other)))


def test_a_teacher_that_is_certain_gets_a_sentence() -> None:
    """With .99 or more on 95 % of the rows."""
    teacher = report().teacher
    assert teacher is not None
    for share, there in ((0.949, False), (0.95, True)):
        text = " ".join(lines(report(teacher=replace(teacher, certain=share))))
        assert ("cannot tell students apart. --temperature auto softens" in text) is there


def test_the_pareto_front_names_its_rows() -> None:
    """The same student has another fidelity there."""
    text = " ".join(" ".join(lines(report_with_comparison())).split())
    assert "The figures below are of these rows, real and synthetic" in text
    assert "Pareto front" in text
    assert "bytes (log)" not in text


def test_without_a_teacher_there_is_one_row() -> None:
    """And no differences to explain."""
    alone = replace(metrics(), fidelity=None, insensitive_depth={"0.05": None})
    made = report(teacher=None, metrics={"student": alone}, search=None, differences={})
    text = "\n".join(lines(made))
    assert "verdict  unknown: without a teacher" in text
    assert "beside a value" not in text
