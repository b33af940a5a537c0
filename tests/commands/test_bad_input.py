"""What cannot be used ends with exit code 2, one line that says why, and no file written."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from tests import small_teachers
from tests.command_line import Crembo

Files = tuple[Path, Path]  # a good teacher and its table
Bad = Callable[[Path, Files], list[str | Path]]  # a folder and those -> arguments for `compress`


def refused(crembo: Crembo, arguments: list[str | Path], *phrases: str) -> None:
    """`compress` with these arguments ends as bad input must, and says each of the phrases."""
    folder = Path.cwd()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    ran = crembo("compress", *arguments)
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("crembo: ")
    assert ran.err.count("\n") == 1
    for phrase in phrases:
        assert phrase in ran.err
    assert before == after


def with_table(**columns: object) -> Bad:
    """The good teacher, and its table with these columns in place of its own (None: without)."""

    def build(folder: Path, good: Files) -> list[str | Path]:
        frame = small_teachers.table().astype(object)
        for name, cells in columns.items():
            frame = frame.drop(columns=name) if cells is None else frame.assign(**{name: cells})
        frame.to_csv(folder / "bad.csv", index=False)
        return [good[0], "bad.csv"]

    return build


def with_file(name: str, content: bytes) -> Bad:
    """A file of this name and content as the teacher, where it is a teacher's, or the table."""

    def build(folder: Path, good: Files) -> list[str | Path]:
        (folder / name).write_bytes(content)
        return [good[0], name] if name.endswith(".csv") else [name, good[1]]

    return build


def with_options(*options: str) -> Bad:
    """The good files and these options."""
    return lambda folder, good: [*good, *options]


def truncated(folder: Path, good: Files) -> list[str | Path]:
    """The good teacher, cut in the middle."""
    whole = good[0].read_bytes()
    (folder / "half.onnx").write_bytes(whole[: len(whole) // 2])
    return ["half.onnx", good[1]]


def regressor(folder: Path, good: Files) -> list[str | Path]:
    """A linear regression, as skl2onnx writes it."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    model = LinearRegression().fit(np.eye(4), np.arange(4.0))
    onnx_model = convert_sklearn(model, initial_types=[("X", FloatTensorType([None, 4]))])
    (folder / "regressor.onnx").write_bytes(onnx_model.SerializeToString())
    return ["regressor.onnx", good[1]]


def pickled_regressor(folder: Path, good: Files) -> list[str | Path]:
    """The same as a pickle."""
    model = LinearRegression().fit(np.eye(4), np.arange(4.0))
    (folder / "regressor.pkl").write_bytes(pickle.dumps(model))
    return ["regressor.pkl", good[1]]


def one_cell(value: object) -> pd.Series:
    """Column b of the table with this value in row 16, line 18 of the file."""
    cells = small_teachers.table()["b"].astype(object)
    cells[16] = value
    return cells


FEW = small_teachers.table(12)
BAD: dict[str, tuple[Bad, tuple[str, ...]]] = {
    "no such teacher": (lambda _, good: ["gone.onnx", good[1]], ("gone.onnx: no such file",)),
    "no such table": (lambda _, good: [good[0], "gone.csv"], ("gone.csv", "no such file")),
    "unknown extension": (with_file("model.h5", b"x"), ("model.h5", "'.h5'", ".onnx, .pkl")),
    "not an ONNX file": (
        with_file("text.onnx", b"hello, this is no model"),
        ("text.onnx", "not an ONNX model", "23 bytes"),
    ),
    "an empty ONNX file": (with_file("empty.onnx", b""), ("empty.onnx", "not an ONNX model")),
    "a truncated ONNX file": (truncated, ("half.onnx", "incomplete")),
    "a regressor": (regressor, ("regressor.onnx", "regressor")),
    "a pickled regressor": (pickled_regressor, ("regressor.pkl", "LinearRegression")),
    "too few features": (with_table(c=None, d=None), ("bad.csv", "found 2 columns", "wanted 4")),
    "too many features": (
        with_table(e=[1.5] * small_teachers.ROWS),
        ("bad.csv", "found 5 columns", "wanted 4"),
    ),
    "a feature that is not there": (
        with_options("--features", "a,b,c,f"),
        ("data.csv", "'f'", "--features"),
    ),
    "a feature that is no number": (
        with_table(b=one_cell("often")),
        ("bad.csv, line 18, column 'b'", "expected a number", "'often'"),
    ),
    "an infinite value": (
        with_table(b=one_cell("inf")),
        ("bad.csv, line 18, column 'b'", "infinite"),
    ),
    "a value that is infinite as float32": (
        with_table(b=one_cell("1e39")),
        ("bad.csv, line 18, column 'b'", "out of range", "1e+39"),
    ),
    "an empty file": (with_file("bad.csv", b""), ("bad.csv", "empty")),
    "a header alone": (
        with_file("bad.csv", b"a,b,c,d,target\n"),
        ("bad.csv", "the table is empty", "no row"),
    ),
    "a row that is cut short": (
        with_file("bad.csv", b"a,b,c,d,target\n1,2,3,4,0\n1,2\n"),
        ("bad.csv, line 3", "2 ", "5"),
    ),
    "one class in the label": (
        with_table(target=[1] * small_teachers.ROWS),
        ("bad.csv", "one class", "'1'"),
    ),
    "one class from the teacher": (
        with_table(**dict.fromkeys("abcd", [5] * small_teachers.ROWS)),
        ("bad.csv", "the teacher predicts", "one class"),
    ),
    "no such label column": (
        with_options("--label", "diagnosis"),
        ("data.csv", "--label", "'diagnosis'"),
    ),
    "labels that the teacher does not know": (
        with_table(target=["x", "y"] * (small_teachers.ROWS // 2)),
        ("bad.csv, line 2, column 'target'", "'x', 'y'", "one of 0, 1, 2"),
    ),
    "a missing label": (
        with_table(target=[0, 1, None] * (small_teachers.ROWS // 3)),
        ("bad.csv, line 4, column 'target'", "missing label"),
    ),
    "two columns that may be the label": (
        with_table(label=[0, 1] * (small_teachers.ROWS // 2)),
        ("bad.csv", "ambiguous", "--label"),
    ),
    "fewer rows than a split needs": (
        with_file("bad.csv", FEW.to_csv(index=False).encode()),
        ("bad.csv", "12 rows", "wanted", "or more"),
    ),
    "a share that leaves too few rows": (
        with_options("--test-size", "0.01"),
        ("too few rows", "60 rows"),
    ),
    "fewer drawn rows than a split needs": (
        with_options("--rows", "5"),
        ("--rows: too few rows", "5 rows: 0 training", "wanted", "or more"),
    ),
    "an unknown family": (with_options("--student", "oak"), ("'oak'", "linear", "tree")),
    "an unknown option of a family": (with_options("--set", "colour=red"), ("'colour'", "alpha")),
    "an option set twice": (
        with_options("--max-depth", "3", "--set", "max_depth=4"),
        ("max_depth is set twice",),
    ),
    "a setting without a value": (with_options("--set", "alpha"), ("KEY=VALUE",)),
    "a tree depth of zero": (with_options("--max-depth", "0"), ("'0'", "1 to 16")),
    "a tree depth beyond the range": (with_options("--max-depth", "17"), ("'17'", "1 to 16")),
    "a tree depth that is no number": (with_options("--max-depth", "deep"), ("'deep'",)),
    "an option that is NaN": (with_options("--set", "alpha=nan"), ("'nan'", "0 to 1")),
    "an option of another family": (
        with_options("-s", "linear", "--max-depth", "3"),
        ("'linear'", "'max_depth'", "ridge"),
    ),
    "delta out of range": (with_options("--delta", "1"), ("--delta", "found 1", "0 to 0.999")),
    "a negative delta": (with_options("--delta", "-0.1"), ("--delta", "found -0.1")),
    "delta NaN": (with_options("--delta", "nan"), ("--delta", "found nan")),
    "no thresholds": (with_options("--thresholds", "0"), ("--thresholds", "1 to 1000")),
    "a test share of one": (with_options("--test-size", "1"), ("--test-size", "0.01 to 0.9")),
    "a test share that is NaN": (with_options("--test-size", "nan"), ("--test-size", "found nan")),
    "a negative seed": (with_options("--seed", "-1"), ("--seed", "-1")),
    "a seed beyond 32 bits": (with_options("--seed", str(2**32)), ("--seed", str(2**32))),
    "no threads": (with_options("--jobs", "0"), ("--jobs", "0")),
    "a time-out that is NaN": (with_options("--teacher-timeout", "nan"), ("timeout", "nan")),
    "synthetic rows that are no number": (
        with_options("--synthetic", "many"),
        ("--synthetic", "'many'", "auto"),
    ),
    "more synthetic rows than fit": (with_options("--synthetic", "9" * 5000), ("--synthetic",)),
    "an unknown algorithm": (with_options("--algorithm", "magic"), ("'magic'", "crembo or memo")),
    "an unknown selection": (with_options("--select", "luck"), ("'luck'", "depth or accuracy")),
    "a selection for MEMO, which has none": (
        with_options("--algorithm", "memo", "--select", "depth"),
        ("--select", "--algorithm memo"),
    ),
    "a share of rows beside a table to test on": (
        with_options("--test-data", "x.csv", "--test-size", "0.3"),
        ("--test-size", "--test-data"),
    ),
    "an unknown activation": (with_options("--activation", "relu"), ("'relu'", "softmax")),
    "quiet and verbose": (with_options("-q", "-v"), ("--quiet and --verbose",)),
    "an unknown metric": (with_options("--require", "beauty>=1"), ("'beauty'", "fidelity")),
    "a requirement without a comparison": (
        with_options("--require", "fidelity"),
        ("'fidelity'", ">= <= > < =="),
    ),
    "a requirement without a number": (
        with_options("--require", "fidelity>=high"),
        ("'high'", "a number"),
    ),
    "a requirement that nothing meets": (with_options("--require", "depth>=nan"), ("nan",)),
    "an ambiguous metric": (
        with_options("--require", "insensitive_depth>=0.1"),
        ("ambiguous", "insensitive_depth.0.05"),
    ),
    "a metric that the family has not": (
        with_options("-s", "linear", "--synthetic", "0", "--require", "leaves<=9"),
        ("leaves", "'linear'"),
    ),
    "an unknown option": (with_options("--colour", "red"), ("--colour",)),
    "a name that comes twice": (with_options("--features", "a,a"), ("'a'", "twice")),
    "an empty name": (with_options("--drop", "a,,b"), ("empty", "--drop")),
    "a column that is label and dropped": (
        with_options("--label", "target", "--drop", "target"),
        ("'target'", "two roles"),
    ),
    "one more class name than classes": (
        with_options("--classes", "x,y,z,w"),
        ("--classes", "3 different names"),
    ),
    "pickles and activations": (
        lambda folder, good: [*pickled_regressor(folder, good), "--activation", "softmax"],
        ("--activation", "ONNX"),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_one_line(
    case: str, crembo: Crembo, tmp_path: Path, teacher: Path, data: Path
) -> None:
    """Exit code 2, one line on standard error, nothing on standard output, nothing written."""
    build, phrases = BAD[case]
    refused(crembo, build(tmp_path, (teacher, data)), *phrases)


def test_a_gate_on_accuracy_needs_labels(
    crembo: Crembo, tmp_path: Path, teacher: Path, data: Path
) -> None:
    """Where the rows to test on have no labels, a gate on accuracy is refused, not skipped."""
    frame = small_teachers.table()
    frame.drop(columns="target").to_csv(tmp_path / "bare.csv", index=False)
    refused(crembo, [teacher, "bare.csv", "--require", "accuracy>0"], "accuracy", "no label column")
    refused(
        crembo,
        [teacher, data, "--test-data", "bare.csv", "--require", "balanced_accuracy>0"],
        "balanced_accuracy",
        "no label column",
    )


def test_a_table_of_beliefs_answers_no_other_rows(
    crembo: Crembo, tmp_path: Path, data: Path
) -> None:
    """Neither test data nor synthetic rows can be labelled by a table of beliefs."""
    beliefs = np.full((small_teachers.ROWS, 3), 0.2)
    beliefs[np.arange(small_teachers.ROWS), small_teachers.table()["target"]] = 0.6
    pd.DataFrame(beliefs, columns=["0", "1", "2"]).to_csv(tmp_path / "beliefs.csv", index=False)
    refused(
        crembo,
        ["beliefs.csv", data, "--test-data", data],
        "--test-data",
        "a table of class probabilities covers the rows of DATA only",
    )
    refused(crembo, ["beliefs.csv", data, "--synthetic", "5"], "beliefs.csv", "--synthetic 5")
    small_teachers.table(59).to_csv(tmp_path / "short.csv", index=False)
    refused(crembo, ["beliefs.csv", "short.csv"], "short.csv", "found 59 rows", "wanted 60")


def test_standard_input_is_read_once(crembo: Crembo, teacher: Path) -> None:
    """`-` for both tables is refused before anything is read."""
    refused(crembo, [teacher, "-", "--test-data", "-"], "standard input can be read once")


def test_a_column_may_not_have_the_name_of_an_output(crembo: Crembo, tmp_path: Path) -> None:
    """A feature that would become an input called `label` is refused, with the way out."""
    inputs = [(name, "FLOAT", (None, 1)) for name in ("a", "b", "label", "crembo_x")]
    small_teachers.teacher(tmp_path / "named.onnx", inputs)
    frame = small_teachers.table().rename(columns={"c": "label", "d": "crembo_x"})
    frame.to_csv(tmp_path / "named.csv", index=False)
    refused(crembo, ["named.onnx", "named.csv"], "input 'label'", "rename the column")
