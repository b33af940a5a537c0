"""Options that commands share: one name, one meaning, one check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from crembo_cli.errors import UsageError

TeacherPath = Annotated[
    str,
    typer.Argument(
        metavar="TEACHER",
        help="The saved classifier: .onnx, .pkl, .pickle, .joblib, .skops, or a table of beliefs.",
        show_default=False,
    ),
]
DataPath = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="The table: .csv (also .gz), .tsv, .parquet, a folder of Parquet parts, or - for "
        "CSV on standard input.",
        show_default=False,
    ),
]
StudentPath = Annotated[
    str,
    typer.Argument(metavar="STUDENT", help="A student's .onnx file.", show_default=False),
]
Label = Annotated[
    str | None,
    typer.Option(
        "-y",
        "--label",
        metavar="COLUMN",
        help="The column with the true labels. Default: one called target, label, class or y "
        "that the teacher does not need.",
        show_default=False,
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        metavar="A,B", help="The columns that are features, in order.", show_default=False
    ),
]
Drop = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Columns that are no features.", show_default=False),
]
Activation = Annotated[
    str,
    typer.Option(
        metavar="auto|none|softmax|sigmoid",
        help="How an ONNX teacher's scores become probabilities.",
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help="The labels of the teacher's classes in order, where it names none itself.",
        show_default=False,
    ),
]
HardLabels = Annotated[
    bool,
    typer.Option("--hard-labels", help="Take a teacher's bare labels as beliefs of 0 and 1."),
]
TrustPickle = Annotated[
    bool,
    typer.Option("--trust-pickle", help="Load any class from a pickle. Runs the file's code."),
]
TeacherTimeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="Give a teacher up after so long without progress.", min=0.1
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Threads to fit on; 1 to 256. Default: the cores there are. The student does not "
        "depend on it.",
        min=1,
        max=256,
        show_default=False,
    ),
]
ReportPaths = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Write the report: .json, .html or .md; repeatable.",
        show_default=False,
    ),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'METRIC>=VALUE'",
        help="Exit with 1 unless this holds, e.g. 'fidelity>=0.95'; repeatable.",
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Every random draw comes from it.",
        min=0,
        max=2**32 - 1,  # scikit-learn's limit
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output in place of the drawing.")
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print nothing but errors (and --json, if asked).")
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Say on standard error what is done and found.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Print a traceback with an error.")]


def names(text: str | None, option: str) -> tuple[str, ...] | None:
    """The names in a comma-separated option; None where it was not given.

    A name with a comma in it stands in double quotes, as in a CSV file. Raises UsageError for an
    empty name or one that comes twice.
    """
    if text is None:
        return None
    import csv

    from crembo_cli.errors import UsageError

    found = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))
    if not found or not all(found):
        raise UsageError("a name is empty", where=f"{option} {text!r}", wanted="A,B,C")
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice!r} is named twice", where=f"{option} {text!r}")
    return found


def threads(jobs: int | None) -> int:
    """How many threads to use: as asked, else one for each core that this process may use."""
    if jobs is not None:
        return jobs
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def typed(context: typer.Context) -> str:
    """The command as it was typed, for a shell; see `app.run`."""
    import shlex

    return shlex.join(["crembo", *context.obj])


MOST_ROWS = 10_000_000  # that may be asked for: a slip of the pen should not fill the memory


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Raise UsageError unless `value` is one of `choices`."""
    if value not in choices:
        raise UsageError(
            "there is no such choice", where=option, found=repr(value), wanted=" or ".join(choices)
        )


def refuse_both(option: str, others: Mapping[str, object]) -> None:
    """Raise UsageError for the first of `others`, option to value, that is given (not None)."""
    for other, value in others.items():
        if value is not None:
            raise UsageError(
                f"{other} means nothing with {option}",
                where=f"{other} {value}",
                hint="leave out one of the two",
            )


def check_range(option: str, value: float, low: float, high: float) -> None:
    """Raise UsageError unless `value` lies in [low, high]; NaN lies nowhere."""
    if not low <= value <= high:
        raise UsageError(
            "out of range", where=option, found=f"{value:g}", wanted=f"{low:g} to {high:g}"
        )


def whole_or_auto(option: str, text: str) -> int | None:
    """The number of rows that `text` is, or None for "auto". Raises UsageError."""
    if text == "auto":
        return None
    if not re.fullmatch("[0-9]{1,8}", text) or int(text) > MOST_ROWS:
        raise UsageError(
            "this is no number of rows",
            where=option,
            found=repr(text),
            wanted=f"auto, or a whole number from 0 to {MOST_ROWS}",
        )
    return int(text)


def family_settings(settings: Sequence[str], asked: Mapping[str, int | None]) -> dict[str, str]:
    """The family's options: those `asked` for by an option of their own, and `--set KEY=VALUE`.

    Raises UsageError.
    """
    found = {key: str(value) for key, value in asked.items() if value is not None}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key and equals):
            raise UsageError("this sets nothing", where=f"--set {setting!r}", wanted="KEY=VALUE")
        if key in found:
            raise UsageError(f"{key} is set twice", where=f"--set {setting!r}")
        found[key] = value
    return found
