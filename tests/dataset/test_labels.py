"""Tests of crembo_cli.dataset.labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crembo_cli.dataset.labels import match_labels
from crembo_cli.errors import DataError, UsageError
from tests.dataset.conftest import table_of

Classes = tuple[Any, ...]


def match_student_classes(
    labels: object,
    classes: Classes,
    *,
    numbered: bool = False,
    names: tuple[str, ...] | None = None,
) -> list[int]:
    """The class index of each label in a column of a table."""
    table = table_of(y=labels)
    found = match_labels(table.frame["y"], classes, table, numbered=numbered, names=names)
    assert found.dtype == np.int64
    return found.tolist()


SPELLINGS = [[0, 1, 1], [0.0, 1.0, 1.0], [False, True, True], ["0", "1", "1"]]
SPELLINGS += [["0.0", "1.0", "1.0"], ["00", "01", "01"], ["False", "True", "True"]]
SPELLINGS += [["false", "true", "true"]]
SIDES = [(0, 1), (0.0, 1.0), (False, True), ("0", "1"), ("0.0", "1.0"), ("False", "True")]


@pytest.mark.parametrize("labels", SPELLINGS)
@pytest.mark.parametrize("classes", SIDES)
def test_by_value(labels: list[Any], classes: Classes) -> None:
    """Numbers, booleans and their spellings are matched by value, in every pairing."""
    assert match_student_classes(labels, classes) == [0, 1, 1]
    assert match_student_classes(labels, classes[::-1]) == [1, 0, 0]


def test_by_text() -> None:
    """Names are matched as they are written, in the teacher's order."""
    assert match_student_classes(["b", "a", "c", "b"], ("c", "b", "a")) == [1, 2, 0, 1]


def test_numbered() -> None:
    """The numbers of a teacher without labels are matched by value too."""
    assert match_student_classes(["2", "0", "2"], (0, 1, 2), numbered=True) == [2, 0, 2]


def test_writing_goes_before_value() -> None:
    """Classes that differ in writing alone are told apart by it."""
    assert match_student_classes(["1", "01", "1"], ("01", "1")) == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [([1, 2], ("1.0", "01", "2")), (["1", "1.0", "2"], (1, 2)), (["1", "True"], (0, 1))],
)
def test_ambiguous(labels: list[Any], classes: Classes) -> None:
    """Two classes, or two spellings among the labels, of one value are refused."""
    with pytest.raises(DataError, match=r"line 2, column 'y': labels that are none .* or not clea"):
        match_student_classes(labels, classes)


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
def test_unknown(labels: list[Any], classes: Classes, found: str) -> None:
    """A label that the teacher has not is refused with its place and both sides."""
    with pytest.raises(DataError, match=rf"line 3, column 'y': labels .*; found {found}"):
        match_student_classes(labels, classes)


def test_unknown_lists_are_cut() -> None:
    """Of many labels, as where a column of numbers is named, the first few are listed."""
    with pytest.raises(DataError, match=r"7\.5 and 12 more in 20 rows; wanted one of 'a', 'b'"):
        match_student_classes(np.arange(20) + 0.5, ("a", "b"))


def test_numbers_only() -> None:
    """Names for a teacher that has numbers only lead to --classes."""
    with pytest.raises(DataError, match=r"'a', 'b' in 3 rows.*numbers only\); --classes A,B"):
        match_student_classes(["a", "b", "a"], (0, 1), numbered=True)


@pytest.mark.parametrize("labels", [["a", None, "b"], [0.0, np.nan, 1.0]])
def test_missing(labels: list[Any]) -> None:
    """A missing label is refused with its place."""
    with pytest.raises(DataError, match="line 3, column 'y': a label is missing; found 1 rows"):
        match_student_classes(labels, ("a", "b"))


def test_names() -> None:
    """Names given by the user stand for the classes in their order, by writing or by value."""
    assert match_student_classes(["b", "a", "b"], (0, 1), numbered=True, names=("b", "a")) == [
        0,
        1,
        0,
    ]
    assert match_student_classes([2, 1, 2], (0, 1), numbered=True, names=("1", "2")) == [1, 0, 1]
    assert match_student_classes([1, 0], ("no", "yes"), names=("0", "1")) == [1, 0]
    assert match_student_classes(["no", "yes"], ("no", "yes"), names=("no", "yes")) == [0, 1]
    with pytest.raises(DataError, match=r"found 'c' in 1 rows; wanted one of 'b', 'a'$"):
        match_student_classes(["c", "a"], (0, 1), numbered=True, names=("b", "a"))


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c"), ("a", "a"), ("1", "1.0")])
def test_names_that_do_not_fit(names: tuple[str, ...]) -> None:
    """Too few, too many or repeated names are refused."""
    with pytest.raises(UsageError, match=r"--classes does not fit .* wanted 2 different names"):
        match_student_classes(["a", "b"], (0, 1), numbered=True, names=names)


@pytest.mark.parametrize("names", [("yes", "no"), ("yes", "other")])
def test_names_in_another_order(names: tuple[str, ...]) -> None:
    """The teacher's own classes in another order are refused: they would be swapped."""
    with pytest.raises(UsageError, match="the teacher's classes in another order"):
        match_student_classes(["yes", "no"], ("no", "yes"), names=names)
