"""What a run works on: the rows, what the teacher believes of them, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError, TeacherError
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import Progress, Teacher


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A table as arrays, n rows, with the teacher's answers."""

    table: Table
    columns: Columns
    encoding: Encoding
    frame: pd.DataFrame  # the features, as the teacher takes them
    rows: Floats  # (n, p) the features, as students take them
    beliefs: Floats  # (n, c)
    truth: Indices | None  # (n,) class indices of the true labels; None where there are none

    def said(self) -> Indices:
        """The teacher's own answers, the class with the largest belief: int64 (n,)."""
        return np.asarray(np.argmax(self.beliefs, axis=1), np.int64)


def gather(
    table: Table,
    teacher: Teacher,
    *,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    class_names: tuple[str, ...] | None = None,
    encoding: Encoding | None = None,
    progress: Progress | None = None,
    judged: bool = True,
) -> Evidence:
    """Match the columns of `table`, ask `teacher` about every row, and match the labels.

    `encoding`, of an earlier table, is used where given, and the features are then those of that
    table by name: test data must be read as the training data was. Otherwise it is learned from
    this table. Raises DataError or TeacherError where table and teacher do not fit together.
    """
    from crembo_cli.dataset.cells import check_cells
    from crembo_cli.dataset.columns import choose_columns
    from crembo_cli.dataset.encode import learn_encoding
    from crembo_cli.dataset.kinds import as_kinds
    from crembo_cli.dataset.labels import match_labels

    columns = choose_columns(
        table,
        label=label,
        features=features,
        drop=drop,
        wanted_names=(
            teacher.feature_names
            if encoding is None
            else tuple(each.name for each in encoding.features)
        ),
        wanted_count=teacher.n_features,
    )
    table = as_kinds(table, **_kinds(columns.features, teacher, encoding))
    check_cells(table, columns)
    frame = table.frame[list(columns.features)]
    if teacher.rows is not None and teacher.rows != len(frame):
        raise DataError(
            f"{teacher.name} has another number of rows",
            where=table.name,
            found=f"{len(frame)} rows",
            wanted=f"{teacher.rows}, one for each row of beliefs",
        )
    beliefs = teacher.beliefs(frame, progress)
    frame = _as_taken(frame, teacher)
    if beliefs.shape[1] < 2:
        raise TeacherError(
            "a classifier with one class has nothing to compress",
            where=teacher.name,
            found=f"the class {teacher.classes[0]!r} alone",
            wanted="two classes or more",
        )
    if encoding is None:
        encoding = learn_encoding(frame, beliefs)
    truth = None
    if judged and columns.label is not None:
        truth = match_labels(
            table.frame[columns.label],
            teacher.classes,
            table,
            numbered=teacher.numbered,
            names=class_names,
        )
    return Evidence(
        table=table,
        columns=columns,
        encoding=encoding,
        frame=frame,
        rows=encoding.encode(frame),
        beliefs=beliefs,
        truth=truth,
    )


def _kinds(
    features: tuple[str, ...], teacher: Teacher, encoding: Encoding | None
) -> dict[str, list[str]]:
    """Which features must be numbers and which text: as they were, else as an ONNX declares."""
    if encoding is not None:
        is_text = [bool(each.categories) for each in encoding.features]
    else:
        is_text = [each.type == "string" for each in teacher.inputs for _ in range(each.width)]
        if len({each.type == "string" for each in teacher.inputs}) == 1:
            is_text = [teacher.inputs[0].type == "string"] * len(features)
    kinds: dict[str, list[str]] = {"numbers": [], "text": []}
    for name, text in zip(features, is_text, strict=False):
        kinds["text" if text else "numbers"].append(name)
    return kinds


def _as_taken(frame: pd.DataFrame, teacher: Teacher) -> pd.DataFrame:
    """`frame` as the inputs of `teacher` take it: a student in its place sees no more.

    What goes into a half is rounded to one; what goes into an integer or a bool, which the
    teacher has checked, has that type, so that whatever is made of it keeps to it.
    """
    types = [each.type for each in teacher.inputs for _ in range(each.width)]
    for name, type_ in zip(frame.columns, types, strict=False):
        if type_ == "float16":
            frame = frame.assign(**{name: frame[name].astype("float16").astype("float32")})
        elif type_ == "bool":
            frame = frame.assign(**{name: frame[name].astype(bool)})
        elif "int" in type_ and frame[name].dtype.kind != "i":
            frame = frame.assign(**{name: frame[name].astype("int64")})
    return frame


def refuse_one_class(evidence: Evidence, teacher: Teacher) -> None:
    """Raise DataError where there is nothing to tell apart: one class said, or one true."""
    for classes, whose in ((evidence.said(), "the teacher says"), (evidence.truth, "the label is")):
        if classes is not None and (classes == classes[0]).all():
            raise DataError(
                f"{whose} {str(teacher.classes[classes[0]])!r} on every row",
                where=evidence.table.name,
                found="one class",
                wanted="rows of at least two classes",
                hint="give it rows of the other classes too",
            )


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The evidence of one run, apart: no row is in two of them."""

    fit: Evidence  # rows that students are fitted on
    held: Evidence  # rows that the student is chosen by
    test: Evidence  # rows that neither was done on: the report is measured there
    contest: Evidence | None = None  # rows that several families are chosen between by
    fitted_on: bool = False  # the test rows were asked for, and are the table of the others

    def untested(self) -> tuple[Evidence, ...]:
        """All parts but the rows that the report is measured on."""
        return (self.fit, self.held, *(() if self.contest is None else (self.contest,)))


def part(evidence: Evidence, rows: NDArray[np.int64]) -> Evidence:
    """The evidence on `rows` (row numbers) alone."""
    return replace(
        evidence,
        frame=evidence.frame.iloc[rows],
        rows=evidence.rows[rows],
        beliefs=evidence.beliefs[rows],
        truth=None if evidence.truth is None else evidence.truth[rows],
    )
