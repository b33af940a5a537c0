"""Errors of families from other packages, with the name of the family and its package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions

from crembo_cli.errors import CremboError, StudentError
from crembo_cli.students.contract import Family, Student

OURS = "crembo_cli"


@contextmanager
def attribute_errors(family: Family) -> Iterator[None]:
    """Turn errors of a plugin `family` into a StudentError that names the plugin.

    Errors of our own families and CremboErrors pass unchanged. SystemExit counts as an error,
    because a family must not end the run.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, CremboError) or _top(family) == OURS:
            raise
        raise StudentError(
            f"student family {family.name!r} from package {_package(family)!r} failed",
            found=f"{type(error).__name__}: {error}",
            hint="its authors can locate the error with `crembo_cli.testing.check_family`",
        ) from error


def size_of(family: Family, student: Student) -> dict[str, int]:
    """The sizes of `student`. Raises StudentError if they break the contract."""
    size = student.size()
    if not isinstance(size, dict) or not isinstance(size.get("parameters"), int):
        raise StudentError(
            f"invalid size of a student of family {family.name!r}",
            found=repr(size),
            wanted="a dictionary with a whole number 'parameters'",
        )
    return size


def _top(family: Family) -> str:
    return type(family).__module__.split(".")[0]


def _package(family: Family) -> str:
    """The package that installed `family`, or its module."""
    return " or ".join(packages_distributions().get(_top(family), [_top(family)]))
