"""Who is to blame for what goes wrong in a family."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crembo_cli.errors import ReplayError, StudentError
from crembo_cli.students.contract import Family, Student
from crembo_cli.students.registry import attribute_errors, size_of
from crembo_cli.students.tree.family import TreeFamily


class Centroids:
    """A family of somebody else."""

    name = "centroids"


THEIRS = cast(Family, Centroids())


@pytest.mark.parametrize("error", [ZeroDivisionError("1 / 0"), SystemExit(0), MemoryError("much")])
def test_a_family_plugged_in_is_named_with_its_package(error: BaseException) -> None:
    """Whatever it raises, an end of the run as well."""
    with (
        pytest.raises(StudentError, match=r"'centroids' from package 'tests' failed; found \w+: "),
        attribute_errors(THEIRS),
    ):
        raise error


def test_our_own_defect_is_not_attributed_to_a_plugin() -> None:
    """It is reported as a defect of crembo."""
    with pytest.raises(ZeroDivisionError), attribute_errors(TreeFamily()):
        raise ZeroDivisionError


def test_an_error_that_was_meant_stays_as_it_is() -> None:
    """The replay reports a student that predicts differently in ONNX."""
    with pytest.raises(ReplayError, match="otherwise"), attribute_errors(THEIRS):
        raise ReplayError("otherwise")


def test_ctrl_c_is_nobodys_mistake() -> None:
    """It passes through."""
    with pytest.raises(KeyboardInterrupt), attribute_errors(THEIRS):
        raise KeyboardInterrupt


@pytest.mark.parametrize("size", [{}, {"leaves": 3}, {"parameters": 2.5}, None])
def test_a_size_without_parameters(size: Any) -> None:
    """The report and the budgets rest on it."""
    student = cast(Student, SimpleNamespace(size=lambda: size))
    with pytest.raises(
        StudentError, match=r"invalid size of a student of family 'centroids'; found .*wanted"
    ):
        size_of(THEIRS, student)


def test_a_size() -> None:
    """As the student tells it."""
    student = cast(Student, SimpleNamespace(size=lambda: {"parameters": 3, "leaves": 2}))
    assert size_of(THEIRS, student) == {"parameters": 3, "leaves": 2}
