"""Tests of crembo_cli.dataset.labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from crembo_cli.dataset.labels import match_values
from crembo_cli.errors import DataError, UsageError
from tests.dataset.conftest import table_of

Classes = tuple[Any, ...]


def match(
    labels: object,
    classes: Classes,
    *,
    numbered: bool = False,
    names: tuple[str, ...] | None = None,
) -> list[int]:
    """The class index of each label in a column of a table."""
    table = table_of(y=labels)
    codes, values = pd.factorize(table.frame["y"])
    found = match_values(
        (codes, values.tolist()), "y", classes, table, numbered=numbered, names=names
    )
    assert found.dtype == np.int64
    return found[codes].tolist()


SPELLINGS = [[0, 1, 1], [0.0, 1.0, 1.0], [False, True, True], ["0", "1", "1"]]
SPELLINGS += [["0.0", "1.0", "1.0"], ["00", "01", "01"], ["False", "True", "True"]]
SPELLINGS += [["false", "true", "true"]]
SIDES = [(0, 1), (0.0, 1.0), (False, True), ("0", "1"), ("0.0", "1.0"), ("False", "True")]


@pytest.mark.parametrize("labels", SPELLINGS)
@pytest.mark.parametrize("classes", SIDES)
def test_labels_match_by_value(labels: list[Any], classes: Classes) -> None:
    """Numbers, booleans and their spellings are matched by value, in every pairing."""
    assert match(labels, classes) == [0, 1, 1]
    assert match(labels, classes[::-1]) == [1, 0, 0]


def test_labels_match_by_text() -> None:
    """Names are matched as they are written, in the teacher's order."""
    assert match(["b", "a", "c", "b"], ("c", "b", "a")) == [1, 2, 0, 1]


def test_numbered_classes_match_numbers() -> None:
    """The numbers of a teacher without labels are matched by value too."""
    assert match(["2", "0", "2"], (0, 1, 2), numbered=True) == [2, 0, 2]


def test_text_has_precedence_over_value() -> None:
    """Classes that differ in writing alone are told apart by it."""
    assert match(["1", "01", "1"], ("01", "1")) == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [([1, 2], ("1.0", "01", "2")), (["1", "1.0", "2"], (1, 2)), (["1", "True"], (0, 1))],
)
def test_ambiguous_labels_are_refused(labels: list[Any], classes: Classes) -> None:
    """Two classes, or two spellings among the labels, of one value are refused."""
    with pytest.raises(DataError, match=r"line 2, column 'y': labels that match none .* or more"):
        match(labels, classes)


@pytest.mark.parametrize(
    ("labels", "classes", "found"),
    [
        ([2, 3, 0], (0, 1, 2), "3 in 1 rows; wanted one of 0, 1, 2"),
        ([2, -1, -1], (0, 1, 2), "-1 in 2 rows"),
        ([2.0, 0.5, 0.0], (0, 1, 2), "0.5 in 1 rows"),
        (["2", "1.5", "x"], (0, 1, 2), "'1.5', 'x' in 2 rows"),
        (["yes", "Yes", "no"], ("no", "yes"), "'Yes' in 1 rows; wanted one of 'no', 'yes'"),
        ([True, False, True], (1, 2), "False in 1 rows; wanted one of 1, 2"),
        (["nan", "x"], ("nan", 1.5), "'x' in 1 rows; wanted one of 'nan', 1.5"),
    ],
)
def test_unknown_labels_are_refused(labels: list[Any], classes: Classes, found: str) -> None:
    """A label that the teacher has not is refused with its place and both sides."""
    with pytest.raises(DataError, match=rf"line 3, column 'y': labels .*; found {found}"):
        match(labels, classes)


def test_a_long_list_of_unknown_labels_is_cut() -> None:
    """Of many labels, as where a column of numbers is named, the first few are listed."""
    with pytest.raises(DataError, match=r"7\.5 and 12 more in 20 rows; wanted one of 'a', 'b'"):
        match(np.arange(20) + 0.5, ("a", "b"))


def test_a_model_without_class_labels_needs_classes() -> None:
    """Names for a teacher that has numbers only lead to --classes."""
    with pytest.raises(DataError, match=r"'a', 'b' in 3 rows.*no class labels\); name the classes"):
        match(["a", "b", "a"], (0, 1), numbered=True)


@pytest.mark.parametrize("labels", [["a", None, "b"], [0.0, np.nan, 1.0]])
def test_a_missing_label_is_refused(labels: list[Any]) -> None:
    """A missing label is refused with its place."""
    with pytest.raises(DataError, match="line 3, column 'y': missing label; found 1 rows"):
        match(labels, ("a", "b"))


def test_the_users_names_match_the_classes_in_order() -> None:
    """Names given by the user stand for the classes in their order, by writing or by value."""
    assert match(["b", "a", "b"], (0, 1), numbered=True, names=("b", "a")) == [
        0,
        1,
        0,
    ]
    assert match([2, 1, 2], (0, 1), numbered=True, names=("1", "2")) == [1, 0, 1]
    assert match([1, 0], ("no", "yes"), names=("0", "1")) == [1, 0]
    assert match(["no", "yes"], ("no", "yes"), names=("no", "yes")) == [0, 1]
    with pytest.raises(DataError, match=r"found 'c' in 1 rows; wanted one of 'b', 'a'$"):
        match(["c", "a"], (0, 1), numbered=True, names=("b", "a"))


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c"), ("a", "a"), ("1", "1.0")])
def test_names_that_do_not_fit_are_refused(names: tuple[str, ...]) -> None:
    """Too few, too many or repeated names are refused."""
    with pytest.raises(UsageError, match=r"--classes does not match .* wanted 2 different names"):
        match(["a", "b"], (0, 1), numbered=True, names=names)


@pytest.mark.parametrize("names", [("yes", "no"), ("yes", "other")])
def test_names_in_another_order_are_refused(names: tuple[str, ...]) -> None:
    """The teacher's own classes in another order are refused: they would be swapped."""
    with pytest.raises(UsageError, match="the teacher's classes in another order"):
        match(["yes", "no"], ("no", "yes"), names=names)
