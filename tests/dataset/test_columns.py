"""Tests of crembo_cli.dataset.columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.dataset.columns import (
    LARGEST,
    OVERFLOW,
    Columns,
    check_cells,
    choose_columns,
    format_list,
)
from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError
from tests.dataset.conftest import table_of


def table(*names: str) -> Table:
    """A table with these columns."""
    return table_of(**{name: [1, 2] for name in names})


def chosen(
    table: Table,
    *,
    label: str | None = None,
    features: tuple[str, ...] | None = None,
    drop: tuple[str, ...] = (),
    names: tuple[str, ...] | None = None,
    count: int | None = None,
) -> Columns:
    """`choose_columns`, with nothing asked for unless a test says so."""
    return choose_columns(
        table, label=label, features=features, drop=drop, wanted_names=names, wanted_count=count
    )


@pytest.mark.parametrize("name", ["target", "Label", "CLASS", "y", "Y"])
def test_a_column_with_a_label_name_is_the_label(name: str) -> None:
    """A column called target, label, class or y, in any case, is the label."""
    found = chosen(table("a", name, "b"), count=2)
    assert found == Columns(label=name, features=("a", "b"), extra=())


def test_the_named_label_has_precedence() -> None:
    """The label that the user names goes before one that could be guessed."""
    found = chosen(table("a", "y", "z"), label="z", count=2)
    assert found == Columns(label="z", features=("a", "y"), extra=())


def test_a_table_may_have_no_label() -> None:
    """Without a column that may be the label there is none."""
    assert chosen(table("a", "yes"), count=2).label is None


def test_a_label_name_that_the_teacher_needs_is_a_feature() -> None:
    """A column called y that the teacher needs, by name or by number, is a feature."""
    assert chosen(table("x", "y"), names=("x", "y")).label is None
    assert chosen(table("x", "y", "z"), count=3).features == ("x", "y", "z")
    assert chosen(table("x", "y", "z"), features=("y", "x")).label is None
    assert chosen(table("x", "y", "z"), drop=("y",)).label is None


def test_two_label_names_are_ambiguous() -> None:
    """Two columns that may be the label are refused, unless one is named or needed."""
    with pytest.raises(DataError, match=r"ambiguous.*'y', 'class'; choose it with --label y"):
        chosen(table("y", "a", "class"))
    assert chosen(table("y", "a", "class"), label="class", names=("a",)).extra == ("y",)
    assert chosen(table("y", "a", "class"), names=("a", "y")).label == "class"


def test_columns_are_matched_by_name() -> None:
    """Columns are matched by the teacher's names, in its order; the others are extra."""
    found = chosen(table("id", "b", "target", "a", "c"), names=("a", "b"), count=2)
    assert found == Columns(label="target", features=("a", "b"), extra=("id", "c"))


def test_the_order_of_the_teachers_names_does_not_matter() -> None:
    """The teacher's names in another order on the command line are still matched by name."""
    found = chosen(table("a", "b", "c"), features=("b", "a"), names=("a", "b"))
    assert found == Columns(label=None, features=("a", "b"), extra=("c",))


def test_columns_without_names_are_taken_in_order() -> None:
    """Without names, columns are taken as they come, or as the user lists them."""
    assert chosen(table("b", "a", "y"), count=2).features == ("b", "a")
    found = chosen(table("a", "b", "c", "d"), features=("c", "a"), drop=("d",), count=2)
    assert found == Columns(label=None, features=("c", "a"), extra=("b",))


def test_other_names_are_taken_in_order() -> None:
    """A user who lists as many other names as the teacher knows means them in that order."""
    found = chosen(table("Alter", "Beruf"), features=("Beruf", "Alter"), names=("job", "age"))
    assert found.features == ("Beruf", "Alter")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "wage"}, r"--label: no column 'wage'; did you mean 'age'"),
        ({"features": ("aeg",)}, r"--features: no column 'aeg'; did you mean 'age'\?"),
        ({"drop": ("nope",)}, "--drop: no column 'nope'; wanted age or job or pay"),
        ({"features": ("age", "age")}, "duplicate column in --features; found 'age'"),
        ({"features": ("age",), "label": "age"}, "'age': a column has two roles; found the"),
        ({"features": ("age",), "drop": ("age",)}, "--features and excluded by --drop"),
        ({"names": ("age",), "drop": ("age",)}, "excluded by --drop and a feature that the teach"),
        ({"names": ("age",), "label": "age"}, "the label and a feature that the teacher needs"),
        ({"names": ("age", "Pay")}, r"lacks features.*; wanted 'Pay'.*mean 'pay'\?"),
        ({"names": ("u", "v", "w")}, r"wanted 'u', 'v', 'w'; to match columns by order.*--feat"),
        ({"features": ("age", "job"), "names": ("age", "x")}, "of the teacher; found 'age'"),
        ({"features": ("age", "job"), "names": ("age",)}, "too many feature columns; found"),
        ({"count": 2}, "found 3 columns and no label: 'age', 'job', 'pay'; wanted 2; if one of"),
        ({"count": 7}, "the number of features does not match the teacher; found 3 columns"),
        ({"label": "job", "count": 1}, "2 columns and the label 'job'.*wanted 1; choose the"),
        ({"drop": ("age", "job", "pay")}, "no feature columns are left"),
    ],
)
def test_columns_that_do_not_fit_are_refused(asked: dict[str, object], message: str) -> None:
    """Names that are unknown, duplicate or contradictory, and a wrong set of features."""
    with pytest.raises(DataError, match=r"data\.csv.*" + message):
        chosen(table("age", "job", "pay"), **asked)  # type: ignore[arg-type]  # by parametrize


def test_the_hint_names_a_column_without_a_name() -> None:
    """It is probably an index that pandas wrote."""
    with pytest.raises(DataError, match=r"'Unnamed: 0' has no name in the file.*--drop it"):
        chosen(table("Unnamed: 0", "a", "b"), count=2)


def test_dates_are_refused_unless_they_are_excluded() -> None:
    """Columns of dates are refused as features and labels, and may be dropped or be extra."""
    dated = replace(table("a", "b"), unusable={"when": "date32[day]"})
    for asked in ({"count": 3}, {"count": 2}, {"features": ("when",)}, {"names": ("when",)}):
        with pytest.raises(
            DataError, match=r"column 'when': unsupported column type; found date32\[day"
        ):
            chosen(dated, **asked)  # type: ignore[arg-type]  # several kinds of options
    with pytest.raises(DataError, match="--drop when"):
        chosen(dated, label="when")
    assert chosen(dated, drop=("when",), count=2).features == ("a", "b")
    assert chosen(dated, names=("a",)).extra == ("b", "when")


def test_names_with_underscores_for_blanks_are_matched() -> None:
    """LightGBM stores `petal width` as `petal_width`."""
    table = table_of(**{"a b": [1], "c": [2], "y": [0]})
    chosen = choose_columns(
        table,
        label=None,
        features=None,
        drop=(),
        wanted_names=("c", "a_b"),
        wanted_count=2,
    )
    assert chosen.features == ("c", "a b")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (np.inf, "line 4, column 'b': infinite value; found inf"),
        (-np.inf, "line 4, column 'b': infinite value; found -inf"),
        (-1e39, "line 4, column 'b': value out of range; found -1e"),
    ],
)
def test_infinite_features_are_refused_with_their_place(cell: float, message: str) -> None:
    """A value that float32 makes infinite is refused too."""
    table = table_of(a=[1.0, 2.0, 3.0], b=[np.nan, LARGEST, cell], c=["x", None, "y"])
    with pytest.raises(DataError, match=message + r".*\(1 such cells in the column\)"):
        check_cells(table, Columns(label=None, features=("a", "b", "c"), extra=()))


def test_the_largest_float32_is_accepted_as_it_is_often_written() -> None:
    """3.4028235e38 is a little more than it and rounds to it: many rasters mark no data so."""
    table = table_of(a=[3.4028235e38, -3.4028235e38, 1.0])
    check_cells(table, Columns(label=None, features=("a",), extra=()))
    rows = table.frame["a"].to_numpy().astype(np.float32)
    assert rows.tolist() == [LARGEST, -LARGEST, 1.0]
    with pytest.raises(DataError, match="value out of range"):
        check_cells(table_of(a=[OVERFLOW, 1.0]), Columns(label=None, features=("a",), extra=()))


def test_other_columns_may_be_infinite() -> None:
    """Finite features and columns that are not features are accepted."""
    table = table_of(a=[np.nan, LARGEST], b=[True, False], c=[2**62, 1], d=[np.inf, 1.0])
    check_cells(table, Columns(label=None, features=("a", "b", "c"), extra=("d",)))


def test_a_long_list_is_cut() -> None:
    """The first items are listed, the others counted."""
    assert format_list(["a", 1, True]) == "'a', 1, True"
    assert format_list(list(range(12)), 3) == "0, 1, 2 and 9 more"
