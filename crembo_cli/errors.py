"""Every error that crembo raises on purpose, and the exit code it ends with.

    CremboError
    +-- GateError            1   a --require was not met; the outputs are written
    +-- InputError           2   what was asked or given cannot be used; nothing is written
    |   +-- UsageError            an option, a name or a number on the command line
    |   +-- DataError             a table, a column, a cell, a label
    |   +-- TeacherError          a teacher's file, or what it answered
    |   +-- StudentError          a student's family, or an option of it
    |   +-- OutputError           a path that cannot be written
    +-- DefectError          3   a promise of ours that did not hold
        +-- ReplayError           the exported student says something else than the fitted one

`commands/app.py` is the one place that turns them into a line and an exit code.
"""

from __future__ import annotations

from typing import ClassVar


class CremboError(Exception):
    """An error with everything a reader at 3 a.m. needs, in one line.

    `what` failed; `where` (a file, a column, a line); what was `found`; what was `wanted`;
    and `hint`, the next step to take. Blanks of every kind are folded to one and what cannot be
    printed is escaped, so that a message stays one line in a cron mail.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        found: str | None = None,
        wanted: str | None = None,
        hint: str | None = None,
    ) -> None:
        line = f"{where}: {what}" if where else what
        if found is not None:
            line += f"; found {found}"
        if wanted is not None:
            line += f"; wanted {wanted}"
        if hint is not None:
            line += f"; {hint}"
        super().__init__(printable(" ".join(line.split())))


def printable(text: str) -> str:
    """`text` with what no terminal can show, or would obey, written as its escape: \\x1b, \\n."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


class GateError(CremboError):
    """A `--require` was not met. The outputs are written all the same."""

    exit_code = 1


class InputError(CremboError):
    """What was asked or given cannot be used. Nothing is written."""

    exit_code = 2


class UsageError(InputError):
    """An option, a name or a number on the command line cannot be used."""


class DataError(InputError):
    """A table, a column, a cell or a label cannot be used."""


class TeacherError(InputError):
    """A teacher's file cannot be used, or its answers are no beliefs."""


class StudentError(InputError):
    """A student's family or an option of it is not there or out of range."""


class OutputError(InputError):
    """An output path cannot be written, or would overwrite an input."""


class DefectError(CremboError):
    """A promise of ours did not hold."""


class ReplayError(DefectError):
    """The exported student answers otherwise than the fitted one; it was not written."""
