"""`--rows` of `evaluate` and `compare`: a large table is drawn from, and read to its end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crembo_cli as crembo
from crembo_cli.dataset.draw import draw_rows
from crembo_cli.errors import DataError, TeacherError
from crembo_cli.evaluation.paired import DEPTH
from crembo_cli.runs import querying
from crembo_cli.runs import rows as limits
from tests import small_teachers
from tests.command_line import Crembo
from tests.dataset.test_blocks import blocks_of
from tests.runs.test_blocks import answers, as_csv, as_parquet, mixed, same_numbers

FAST: dict[str, Any] = {"quick_report": True, "synthetic": 20, "thresholds": 4}
ROWS = 400


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stump and a tree of the same teacher."""
    folder = tmp_path_factory.mktemp("students")
    as_parquet(mixed(), folder / "train.parquet", random.Random(1))
    paths = folder / "a.onnx", folder / "b.onnx"
    for path, depth in zip(paths, (1, 4), strict=True):
        crembo.compress(answers, folder / "train.parquet", output=path, max_depth=depth, **FAST)
    return paths


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Rows that the students were not fitted on."""
    as_parquet(mixed(ROWS), tmp_path / "t.parquet", random.Random(2))
    return tmp_path / "t.parquet"


ESTIMATED = ("roc_auc", DEPTH)  # their intervals, from the rows that are held


def without_time(report: Any) -> dict[str, Any]:
    """The JSON report but for its times."""
    found: dict[str, Any] = json.loads(report.to_json())
    return {**found, "timing": None}


def measure(students: tuple[Path, Path], table: Path, **options: Any) -> list[dict[str, Any]]:
    """What `evaluate` and `compare` report."""
    return [
        without_time(crembo.evaluate(students[1], table, **options).report),
        without_time(crembo.compare(*students, table, **options).report),
    ]


@pytest.mark.parametrize(("teacher", "rows"), [(None, "all"), (answers, ROWS)])
def test_a_table_within_the_limit_is_measured_whole(
    students: tuple[Path, Path], table: Path, teacher: object, rows: str | int
) -> None:
    """`auto`, `all` and as many rows as there are give the same report; no draw is noted."""
    auto = crembo.evaluate(students[1], table, teacher=teacher)
    compared = without_time(crembo.compare(*students, table, teacher=teacher).report)
    found = [without_time(auto.report), compared]
    assert measure(students, table, teacher=teacher, rows=rows) == found
    assert [each["data"]["queried_rows"] for each in found] == [ROWS, ROWS]
    assert not any("drawn" in each for each in auto.notes)


def test_auto_draws_a_million_rows() -> None:
    """Of more; in the shares of the labels."""
    auto = limits.rows_to_measure("auto", 0)
    labels = (np.arange(1_200_000) % 10 == 0).astype(np.int8)
    drawn = auto.draw(1_200_000, labels)
    assert drawn is not None
    assert (len(drawn), labels[drawn].sum()) == (1_000_000, 100_000)
    assert limits.rows_to_measure("auto", 0).draw(1_000_000, None) is None
    assert limits.rows_to_measure("all", 0).draw(2_000_000, None) is None


@pytest.mark.parametrize(
    ("write", "suffix", "teacher", "label", "few"),
    [
        (as_csv, ".csv", answers, True, 0),
        (as_parquet, ".parquet", None, True, 0),
        (as_parquet, ".parquet", answers, False, querying.FEW_ROWS),
    ],
)
def test_the_report_does_not_depend_on_how_the_table_is_cut(
    students: tuple[Path, Path],
    tmp_path: Path,
    write: Callable[..., dict[str, int]],
    suffix: str,
    teacher: object,
    label: bool,
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole, and in random blocks of text or of Parquet, queried together or block by block."""
    frame = mixed(ROWS) if label else mixed(ROWS).drop(columns="target")
    path = tmp_path / f"t{suffix}"
    size = write(frame, path, random.Random(3))
    whole = measure(students, path, teacher=teacher, rows=150)
    assert [each["data"]["queried_rows"] for each in whole] == [150, 150]
    monkeypatch.setattr(querying, "FEW_ROWS", few)
    rng = random.Random(0)
    with blocks_of(**{name: rng.randrange(each // 2, each) for name, each in size.items()}):
        assert measure(students, path, teacher=teacher, rows=150) == whole


def test_parts_of_a_folder_are_one_table(students: tuple[Path, Path], tmp_path: Path) -> None:
    """Wherever the parts begin, the same rows are drawn; the hash of the files alone differs."""
    found = []
    for cut in (30, 170):
        folder = tmp_path / f"{cut}"
        folder.mkdir()
        for number in range(0, ROWS, cut):
            part = mixed(ROWS)[number : number + cut]
            part.to_parquet(folder / f"{number:03}.parquet", index=False)
        with blocks_of(rows=50):
            reports = measure(students, folder, teacher=answers, rows=150)
        for each in reports:
            each["data"] = each["data"]["queried_rows"]
        found.append(reports)
    assert found[0] == found[1]


@pytest.mark.parametrize("rows", [45, ROWS])
def test_only_drawn_rows_are_queried_and_fewer_are_held(
    students: tuple[Path, Path], table: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Teacher and student are queried about the same drawn rows, each once, block by block."""
    monkeypatch.setattr(limits, "HELD_ROWS", 30)
    monkeypatch.setattr(querying, "FEW_ROWS", 0)
    held: list[list[int]] = []
    own = querying.query_blocks

    def query(*asked: Any) -> Any:
        frame, found = own(*asked)
        held.append([len(frame), *map(len, found)])
        return frame, found

    monkeypatch.setattr("crembo_cli.runs.labelling.query_blocks", query)
    asked: list[float] = []

    def teacher(frame: pd.DataFrame) -> np.ndarray:
        if len(asked) < rows:  # later queries are about noisy rows
            asked.extend(frame["a"])
        return answers(frame)

    with blocks_of(rows=70):
        evaluated = crembo.evaluate(students[1], table, teacher=teacher, rows=rows).report
        compared = crembo.compare(*students, table, teacher=answers, rows=rows).report
    expected = draw_rows(ROWS, rows, 0, pd.factorize(mixed(ROWS)["target"])[0])
    assert asked == mixed(ROWS)["a"][expected].tolist()
    assert held == [[30] * 3, [30] * 4]  # the answers of teacher and student, or students
    assert evaluated.robustness.margin is not None
    assert (evaluated.data.test_rows, evaluated.robustness.margin.rows) == (rows, 30)
    assert (compared.data.queried_rows, compared.data.grouped_rows) == (rows, 30)
    assert sum(each.rows for each in compared.disagreements) <= 30
    assert "The groups are those of 30 drawn rows." in compared.to_markdown()


def test_few_drawn_rows_are_queried_together(students: tuple[Path, Path], table: Path) -> None:
    """So that how the teacher's outputs are read does not depend on where blocks end."""
    queried: list[int] = []

    def teacher(frame: pd.DataFrame) -> np.ndarray:
        queried.append(len(frame))
        return answers(frame)

    with blocks_of(rows=70):
        crembo.evaluate(students[1], table, teacher=teacher, rows=45)
    assert queried[0] == 45


def test_compare_measures_all_rows_of_a_table_in_blocks(
    students: tuple[Path, Path], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the groups and two intervals is as it is of the table that is read whole."""
    whole = crembo.compare(*students, table, teacher=answers).report
    monkeypatch.setattr(limits, "HELD_ROWS", 100)
    with blocks_of(rows=40):
        cut = crembo.compare(*students, table, teacher=answers)
    assert cut.report.agreement == whole.agreement
    same_numbers(cut.report.metrics, whole.metrics)
    for name, delta in cut.report.delta.items():
        expected = whole.delta[name]
        assert delta is not None, name
        assert expected is not None, name
        assert delta.value == pytest.approx(expected.value, abs=1e-12), name
        if name not in ESTIMATED:
            ends = (expected.low, expected.high)
            assert (delta.low, delta.high) == pytest.approx(ends, abs=1e-12), name
    assert cut.report.data == replace(whole.data, grouped_rows=100)
    assert any("differ are measured on 100 drawn rows" in each for each in cut.notes)


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({"teacher": answers}, True),
        ({"teacher": answers}, False),
        ({}, True),
        ({"teacher": answers, "cost": ["0:1=3"]}, True),
    ],
)
def test_totals_of_blocks_are_those_of_the_whole_table(
    students: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    label: bool,
) -> None:
    """Where few rows are held: with and without teacher, labels and costs, in random blocks."""
    frame = mixed(ROWS) if label else mixed(ROWS).drop(columns="target")
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    whole = measure(students, path, rows="all", **options)
    monkeypatch.setattr(limits, "HELD_ROWS", 60)
    with blocks_of(rows=random.Random(f"{label} {len(options)}").randrange(20, ROWS // 2)):
        cut = measure(students, path, rows="all", **options)
    for found, expected in zip(cut, whole, strict=True):
        for key in ("metrics", "by_class", "curves", "agreement", "teacher"):
            same_numbers(found.get(key), expected.get(key))
    for key in ("depth", "bounds"):
        same_numbers(cut[0]["robustness"][key], whole[0]["robustness"][key])
    same_numbers(cut[0]["data"], {**whole[0]["data"], "grouped_rows": 60})
    assert cut[0]["robustness"]["margin"]["rows"] == 60


@pytest.mark.parametrize(("frequent", "rare"), [((0, 1), 2), ((0, 0), 1)])
def test_a_class_that_no_held_row_has_counts_in_every_metric(
    students: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    frequent: tuple[int, int],
    rare: int,
) -> None:
    """Its area under the ROC curve is one of those averaged, or the only one."""
    frame = mixed(ROWS)
    frame["target"] = np.where(frame["a"] > 4, *frequent)
    frame.loc[ROWS - 5, "target"] = rare
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    whole = measure(students, path, rows="all")
    monkeypatch.setattr(limits, "HELD_ROWS", 60)
    held = limits.rows_to_measure("all", 0).hold(ROWS, frame["target"].to_numpy())
    assert held is not None
    assert rare not in frame["target"].to_numpy()[held]
    with blocks_of(rows=70):
        cut = measure(students, path, rows="all")
    for found, expected in zip(cut, whole, strict=True):
        same_numbers(found["metrics"], expected["metrics"])
    assert whole[0]["metrics"]["student"]["roc_auc"] is not None


def test_balanced_weights_are_those_of_the_rows_that_are_held(
    students: tuple[Path, Path], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are needed before all rows are queried: the rows that are held are queried twice."""
    queried: list[int] = []

    def teacher(frame: pd.DataFrame) -> np.ndarray:
        queried.append(len(frame))
        return answers(frame)

    options: dict[str, Any] = {"class_weight": "balanced", "rows": "all"}
    whole = crembo.evaluate(students[1], table, teacher=teacher, **options).report
    assert queried[0] == ROWS
    monkeypatch.setattr(limits, "HELD_ROWS", ROWS // 2)
    monkeypatch.setattr(querying, "FEW_ROWS", 0)
    queried.clear()
    with blocks_of(rows=ROWS // 4):
        cut = crembo.evaluate(students[1], table, teacher=teacher, **options).report
    assert {ROWS // 2, ROWS // 2 + ROWS} <= set(np.cumsum(queried).tolist())
    assert cut.student.utilities is not None
    assert cut.student.utilities != whole.student.utilities
    assert np.allclose(cut.student.utilities, whole.student.utilities, atol=0.1)
    assert cut.data.test_rows == ROWS


def test_students_of_different_columns_are_measured_on_the_same_rows(
    students: tuple[Path, Path], table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is read twice, and the second student gets the rows that the first one got."""

    def predict(rows: pd.DataFrame) -> np.ndarray:
        return answers(rows.assign(d="low"))

    crembo.compress(predict, mixed().drop(columns="d"), output=tmp_path / "few.onnx", **FAST)
    options: dict[str, Any] = {"teacher": answers, "rows": 120}
    with blocks_of(rows=60):
        pair = crembo.compare(students[1], tmp_path / "few.onnx", table, **options).report
        alone = crembo.evaluate(tmp_path / "few.onnx", table, rows=120).report
    assert pair.data.queried_rows == 120
    assert pair.metrics["b"].accuracy == alone.metrics["student"].accuracy
    assert pair.metrics["b"].log_loss == alone.metrics["student"].log_loss
    monkeypatch.setattr(limits, "HELD_ROWS", 30)
    monkeypatch.setattr(querying, "FEW_ROWS", 0)
    with blocks_of(rows=60):
        cut = crembo.compare(students[1], tmp_path / "few.onnx", table, **options).report
    assert cut.agreement == pair.agreement
    same_numbers(cut.metrics, pair.metrics)
    assert (cut.data.queried_rows, cut.data.grouped_rows) == (120, 30)


@pytest.mark.parametrize(("run", "cut"), [(crembo.evaluate, 1 << 17), (crembo.compare, 60)])
@pytest.mark.parametrize(
    ("column", "value", "error", "where"),
    [
        ("a", np.inf, DataError, r"row {row}, column 'a': infinite value"),
        ("target", "9", DataError, r"row {row}, column 'target'.*'9'"),
        ("target", None, DataError, r"row {row}, column 'target': missing label"),
    ],
)
def test_a_fault_in_a_row_that_is_not_drawn_is_named_by_its_row(
    students: tuple[Path, Path],
    tmp_path: Path,
    column: str,
    value: object,
    error: type[Exception],
    where: str,
    run: Callable[..., Any],
    cut: int,
) -> None:
    """Of a table in one block and of one in many."""
    frame = mixed(ROWS)
    frame["target"] = frame["target"].astype(str)
    frame.loc[others(frame)[-1], column] = value
    frame.to_parquet(tmp_path / "t.parquet")
    match = where.format(row=others(frame)[-1] + 1)
    files = students if run is crembo.compare else students[1:]
    with blocks_of(rows=cut), pytest.raises(error, match=match):
        run(*files, tmp_path / "t.parquet", rows=50, label="target")


def others(frame: pd.DataFrame) -> np.ndarray:
    """The rows that `--rows 50` leaves out."""
    drawn = draw_rows(ROWS, 50, 0, pd.factorize(frame["target"])[0])
    return np.setdiff1d(np.arange(ROWS), drawn)


@pytest.mark.parametrize("cut", [1 << 17, 60])
def test_a_cell_that_no_input_can_hold_is_named_where_its_row_is_not_drawn(
    tmp_path: Path, cut: int
) -> None:
    """A fraction for an integer input of the student."""
    model = small_teachers.teacher(tmp_path / "s.onnx", [("X", "INT64", (None, 4))])
    frame = small_teachers.table(ROWS, whole=True)
    row = int(others(frame)[-1])
    frame["a"] = frame["a"].astype(float)
    frame.loc[row, "a"] = 0.5
    frame.to_parquet(tmp_path / "t.parquet")
    with (
        blocks_of(rows=cut),
        pytest.raises(TeacherError, match=rf"row {row + 1}, column 'a'.*found 0\.5"),
    ):
        crembo.evaluate(model, tmp_path / "t.parquet", rows=50)


@pytest.mark.usefixtures("no_plots")
def test_every_report_tells_of_how_many_rows(
    crembo: Crembo, students: tuple[Path, Path], table: Path
) -> None:
    """JSON, Markdown, HTML, the terminal, and a note on standard error."""
    few = ("--rows", "50", "--report", "r.json", "--report", "r.md", "--report", "r.html")
    ran = crembo("evaluate", students[1], table, *few)
    assert ran.code == 0, ran.err
    assert "50 of 400 rows are drawn and measured; measure all of them with --rows all" in ran.err
    assert "50 of its 400 rows" in " ".join(ran.out.split())
    assert "50 of its 400 rows" in Path("r.md").read_text()
    assert "400 rows (measured on 50 of them)" in Path("r.html").read_text()
    data = json.loads(Path("r.json").read_text())["data"]
    assert (data["rows"], data["queried_rows"], data["test_rows"]) == (400, 50, 50)
    ran = crembo("compare", *students, table, *few)
    assert ran.code == 0, ran.err
    assert "50 of 400 rows are drawn and measured" in ran.err
    assert "50 of 400 rows" in " ".join(ran.out.split())
    assert "50 of 400 rows of" in Path("r.md").read_text()
    assert "50 of 400 rows of" in Path("r.html").read_text()
    data = json.loads(Path("r.json").read_text())["data"]
    assert (data["rows"], data["queried_rows"], data["grouped_rows"]) == (400, 50, 50)


@pytest.mark.usefixtures("no_plots")
def test_every_report_tells_of_how_many_rows_the_weakest_groups_are(
    crembo: Crembo, students: tuple[Path, Path], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those that are held, of a large table; the rows of a group are some of these."""
    monkeypatch.setattr(limits, "HELD_ROWS", 60)
    files = [Path(f"r.{suffix}") for suffix in ("json", "md", "html")]
    options = [word for each in files for word in ("--report", str(each))]
    teacher = table.with_name("beliefs.parquet")
    found = answers(pd.read_parquet(table))
    pd.DataFrame(found, columns=["0", "1", "2"]).to_parquet(teacher)
    with blocks_of(rows=70):
        ran = crembo("evaluate", students[1], table, "-t", teacher, "--details", *options)
    assert ran.code == 0, ran.err
    words = "where, on 60 of the test rows"
    assert words in " ".join(ran.out.split())
    assert all(words in each.read_text() for each in files[1:])
    report = json.loads(files[0].read_text())
    assert report["data"]["grouped_rows"] == 60
    assert sum(each["rows"] for each in report["robustness"]["weakest_groups"]) <= 60


def test_an_invalid_number_of_rows(
    crembo: Crembo, students: tuple[Path, Path], table: Path
) -> None:
    """One line with what is expected, and exit code 2."""
    for words in (("evaluate", students[1]), ("compare", *students)):
        ran = crembo(*words, table, "--rows", "few")
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "wanted auto, all, or a whole number from 1" in ran.err


def test_a_model_of_another_program_has_text_of_held_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Categories are learned from the rows that are held and what the model answers on them."""
    frame = mixed(ROWS)[["a", "d"]]
    frame["target"] = (frame["d"] == "high").astype(int)

    def teacher(rows: pd.DataFrame) -> np.ndarray:
        high = np.where(rows["d"] == "high", 0.9, 0.2)
        return np.stack([1 - high, high], axis=1)

    crembo.compress(teacher, frame, output=tmp_path / "s.onnx", metadata="none", **FAST)
    frame.to_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(limits, "HELD_ROWS", 60)
    with blocks_of(rows=50):
        found = crembo.evaluate(tmp_path / "s.onnx", tmp_path / "t.parquet", rows=200).report
    assert found.metrics["student"].accuracy == 1.0
    assert found.data.test_rows == 200


def test_the_error_of_a_change_is_that_of_all_measured_rows(
    students: tuple[Path, Path], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only of those that are held to measure drift on."""
    with blocks_of(rows=70):
        whole = crembo.evaluate(students[1], table, rows="all").report.drift
        monkeypatch.setattr(limits, "HELD_ROWS", 30)
        held = crembo.evaluate(students[1], table, rows="all").report.drift
    assert whole is not None
    assert held is not None
    assert held.error["accuracy"] == whole.error["accuracy"] != 0
    assert held.columns != whole.columns
