"""Families from other packages: errors are attributed to their name and package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions

from crembo_cli.errors import CremboError, StudentError
from crembo_cli.students.contract import Family, Student

OURS = "crembo_cli"


@contextmanager
def attribute_errors(family: Family) -> Iterator[None]:
    """Whatever `family` raises meanwhile, as a StudentError where it is not ours.

    A mistake in a family of ours, and an error that was raised on purpose, stay as they are.
    SystemExit counts as a mistake: a family has no business to end the run.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, CremboError) or _top(family) == OURS:
            raise
        raise StudentError(
            f"the family {family.name!r} of {_package(family)!r} failed",
            found=f"{type(error).__name__}: {error}",
            hint="`crembo_cli.testing.check_family` shows its authors where",
        ) from error


def size_of(family: Family, student: Student) -> dict[str, int]:
    """What `student` says of its size. Raises StudentError for what the contract does not allow."""
    size = student.size()
    if not isinstance(size, dict) or not isinstance(size.get("parameters"), int):
        raise StudentError(
            f"a student of the family {family.name!r} does not tell its size",
            found=repr(size),
            wanted="a dictionary with 'parameters', a whole number",
        )
    return size


def _top(family: Family) -> str:
    return type(family).__module__.split(".")[0]


def _package(family: Family) -> str:
    """The package that `family` was installed with, or the module it stands in."""
    return " or ".join(packages_distributions().get(_top(family), [_top(family)]))
