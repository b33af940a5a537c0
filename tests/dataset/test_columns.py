"""Tests of crembo_cli.dataset.columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.dataset.columns import Columns, choose_columns
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
def test_label_is_found(name: str) -> None:
    """A column called target, label, class or y, in any case, is the label."""
    found = chosen(table("a", name, "b"), count=2)
    assert found == Columns(label=name, features=("a", "b"), extra=())


def test_label_is_named() -> None:
    """The label that the user names goes before one that could be guessed."""
    found = chosen(table("a", "y", "z"), label="z", count=2)
    assert found == Columns(label="z", features=("a", "y"), extra=())


def test_no_label() -> None:
    """Without a column that may be the label there is none."""
    assert chosen(table("a", "yes"), count=2).label is None


def test_label_the_teacher_needs() -> None:
    """A column called y that the teacher needs, by name or by number, is a feature."""
    assert chosen(table("x", "y"), names=("x", "y")).label is None
    assert chosen(table("x", "y", "z"), count=3).features == ("x", "y", "z")
    assert chosen(table("x", "y", "z"), features=("y", "x")).label is None
    assert chosen(table("x", "y", "z"), drop=("y",)).label is None


def test_two_labels() -> None:
    """Two columns that may be the label are refused, unless one is named or needed."""
    with pytest.raises(DataError, match=r"more than one.*'y', 'class'; name it: --label y"):
        chosen(table("y", "a", "class"))
    assert chosen(table("y", "a", "class"), label="class", names=("a",)).extra == ("y",)
    assert chosen(table("y", "a", "class"), names=("a", "y")).label == "class"


def test_by_name() -> None:
    """Columns are matched by the teacher's names, in its order; the others are extra."""
    found = chosen(table("id", "b", "target", "a", "c"), names=("a", "b"), count=2)
    assert found == Columns(label="target", features=("a", "b"), extra=("id", "c"))


def test_by_name_as_the_user_lists_them() -> None:
    """The teacher's names in another order on the command line are still matched by name."""
    found = chosen(table("a", "b", "c"), features=("b", "a"), names=("a", "b"))
    assert found == Columns(label=None, features=("a", "b"), extra=("c",))


def test_by_order() -> None:
    """Without names, columns are taken as they come, or as the user lists them."""
    assert chosen(table("b", "a", "y"), count=2).features == ("b", "a")
    found = chosen(table("a", "b", "c", "d"), features=("c", "a"), drop=("d",), count=2)
    assert found == Columns(label=None, features=("c", "a"), extra=("b",))


def test_other_names_by_order() -> None:
    """A user who lists as many other names as the teacher knows means them in that order."""
    found = chosen(table("Alter", "Beruf"), features=("Beruf", "Alter"), names=("job", "age"))
    assert found.features == ("Beruf", "Alter")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"label": "wage"}, r"no such column as --label names; found 'age', .*; wanted 'wage'"),
        ({"features": ("aeg",)}, r"--features.*wanted 'aeg'; did you mean 'age'\?"),
        ({"drop": ("nope",)}, "no such column as --drop names"),
        ({"features": ("age", "age")}, "--features names a column twice; found 'age'"),
        ({"features": ("age",), "label": "age"}, "'age': a column cannot be two things; found the"),
        ({"features": ("age",), "drop": ("age",)}, "--features and dropped by --drop"),
        ({"names": ("age",), "drop": ("age",)}, "dropped by --drop and a feature that the teach"),
        ({"names": ("age",), "label": "age"}, "the label and a feature that the teacher needs"),
        ({"names": ("age", "Pay")}, r"a feature is missing; found .*wanted 'Pay'.*mean 'pay'\?"),
        ({"names": ("u", "v", "w")}, r"wanted 'u', 'v', 'w'; to match by order.*--features"),
        ({"features": ("age", "job"), "names": ("age", "x")}, "a feature is missing; found 'age'"),
        ({"features": ("age", "job"), "names": ("age",)}, "too many features are named"),
        ({"count": 2}, "found 3 columns and no label: 'age', 'job', 'pay'; wanted 2; if one of"),
        ({"count": 7}, "the number of features is not the teacher's; found 3 columns"),
        ({"label": "job", "count": 1}, "2 columns beside the label 'job'.*wanted 1; say which"),
        ({"drop": ("age", "job", "pay")}, "no feature is left"),
    ],
)
def test_refusals(asked: dict[str, object], message: str) -> None:
    """Names that are not there, twice or at odds, and features that do not fit, are refused."""
    with pytest.raises(DataError, match=r"data\.csv.*" + message):
        chosen(table("age", "job", "pay"), **asked)  # type: ignore[arg-type]  # by parametrize


def test_nameless_column() -> None:
    """A nameless column too many is pointed at: it is an index that pandas wrote."""
    with pytest.raises(DataError, match="'Unnamed: 0' has no name in the file, --drop it"):
        chosen(table("Unnamed: 0", "a", "b"), count=2)


def test_unusable_columns() -> None:
    """Columns of dates are refused as features and labels, and may be dropped or be extra."""
    dated = replace(table("a", "b"), unusable={"when": "date32[day]"})
    for asked in ({"count": 3}, {"count": 2}, {"features": ("when",)}, {"names": ("when",)}):
        with pytest.raises(DataError, match=r"column 'when': a column holds neither.*date32\[day"):
            chosen(dated, **asked)  # type: ignore[arg-type]  # several kinds of options
    with pytest.raises(DataError, match="--drop when"):
        chosen(dated, label="when")
    assert chosen(dated, drop=("when",), count=2).features == ("a", "b")
    assert chosen(dated, names=("a",)).extra == ("b", "when")


def test_names_with_underscores_for_blanks_are_matched() -> None:
    """LightGBM says `petal_width` of a column called `petal width`; both mean the column."""
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
