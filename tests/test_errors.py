"""The error tree: what a message holds, and its exit code."""

from __future__ import annotations

import pytest

from crembo_cli import errors


def test_a_message_holds_all_its_parts_in_order() -> None:
    """Where, what, found, wanted and the next step stand in one line."""
    error = errors.DataError("odd", where="a.csv", found="1", wanted="2", hint="mend it")
    assert str(error) == "a.csv: odd; found 1; wanted 2; mend it"
    assert str(errors.DataError("odd")) == "odd"


def test_a_message_is_one_printable_line() -> None:
    """Breaks are folded, and what a terminal would obey is escaped; letters of all scripts stay."""
    error = errors.TeacherError("two\r\n lines\t", found="\x1b[31mred\x07 \udcff é 数")
    assert str(error) == "two lines ; found \\x1b[31mred\\x07 \\udcff é 数"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.CremboError, 3),
        (errors.GateError, 1),
        (errors.UsageError, 2),
        (errors.DataError, 2),
        (errors.TeacherError, 2),
        (errors.StudentError, 2),
        (errors.OutputError, 2),
        (errors.DefectError, 3),
        (errors.ReplayError, 3),
    ],
)
def test_exit_codes(kind: type[errors.CremboError], code: int) -> None:
    """Each class ends with the code that the contract gives it."""
    assert kind("x").exit_code == code


def test_the_docstring_draws_the_tree() -> None:
    """Every class is in the module's drawing, and nothing else."""
    classes = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, Exception)
    }
    words = set((errors.__doc__ or "").split())
    assert classes == {word for word in words if word.endswith("Error")}
