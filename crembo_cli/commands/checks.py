"""Words and numbers on the command line, checked before any work begins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crembo_cli.errors import UsageError

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
