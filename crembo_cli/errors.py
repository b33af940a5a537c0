"""Every error that crembo raises on purpose, and the exit code it ends with.

    CremboError
    +-- GateError            1   a --require was not met; the outputs are written
    +-- InputError           2   invalid usage or input; nothing is written
    |   +-- UsageError            an option, a name or a number on the command line
    |   +-- DataError             a table, a column, a cell, a label
    |   +-- TeacherError          a teacher's file, or its answers
    |   +-- StudentError          a student's file, its family, or an option of the family
    |   +-- OutputError           a path that cannot be written
    |   +-- ClusterError          the scheduler of --dask, or a worker of it
    +-- DefectError          3   a defect of crembo
    |   +-- ReplayError           the exported student predicts differently from the fitted one
    +-- PublishError         4   the outputs are written, but the result could not be printed

`commands/app.py` is the one place that turns them into a line and an exit code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

MOST_LISTED, FEW = 16, 4
PLAIN = re.compile(r"[\w.\-]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


class CremboError(Exception):
    """An error with everything a reader at 3 a.m. needs, in one line.

    `what` is the cause; `where` a file, a column or a line; `found` is what the user gave;
    `wanted` what would be valid; `hint` the next step to take. White space is folded and
    unprintable characters are escaped, so that a message stays one line in a cron mail.
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


def suggest(name: str, names: Iterable[str], hint: str | None = None) -> dict[str, str]:
    """The end of an error about a `name` that is none of `names`, as keywords of `CremboError`.

    The name that it is nearest to, by its letters; or else the names that there are, and `hint`.
    """
    from difflib import get_close_matches

    offered = list(names)
    folded = {_fold(each): each for each in reversed(offered)}
    close = [folded[each] for each in get_close_matches(_fold(name), folded, n=1)]
    if close:
        shown = close[0] if close[0].startswith("--") else repr(close[0])
        return {"hint": f"did you mean {shown}?"}
    listed = {"wanted": list_names(offered)} if offered else {}
    return listed if hint is None else {**listed, "hint": hint}


def list_names(names: Sequence[str]) -> str:
    """List the names, quoted where they are not plain words; of many, the first ones."""
    shown = [each if PLAIN.fullmatch(each) else repr(each) for each in names[:MOST_LISTED]]
    if len(names) > MOST_LISTED:
        shown.append(f"... ({len(names)} in all)")
    return " or ".join(shown) if len(shown) <= FEW else f"one of {', '.join(shown)}"


def _fold(name: str) -> str:
    return name.casefold().replace("_", "-")


def printable(text: str) -> str:
    """Escape the characters of `text` that a terminal cannot show or would obey: \\x1b, \\n."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def escape_controls(text: str) -> str:
    """Escape the characters of `text` that a terminal would obey, in text that is data.

    Tabs, line feeds and all other characters stay, so that honest data do not change.
    """
    return CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


class GateError(CremboError):
    """A `--require` was not met. The outputs are written."""

    exit_code = 1


class InputError(CremboError):
    """Invalid usage or input. Nothing is written."""

    exit_code = 2


class UsageError(InputError):
    """An option, a name or a number on the command line is invalid."""


class DataError(InputError):
    """A table, a column, a cell or a label is invalid."""


class TeacherError(InputError):
    """A teacher's file is invalid, or its answers are not class probabilities."""


class StudentError(InputError):
    """A student's file, its family or an option of the family is invalid."""


class OutputError(InputError):
    """An output path cannot be written, or would overwrite an input."""


class ClusterError(InputError):
    """The scheduler of `--dask` cannot be reached, or a worker cannot do its work."""


class DefectError(CremboError):
    """A defect of crembo."""


class ReplayError(DefectError):
    """The exported student predicts differently from the fitted one; it was not written."""


class PublishError(CremboError):
    """The outputs are written, but the result could not be printed."""

    exit_code = 4
