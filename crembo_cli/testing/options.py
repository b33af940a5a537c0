"""Checks of a family itself: its name, its options with help and ranges, its grid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from crembo_cli.students.contract import Family


def check_options(family: Family) -> None:
    """Check the name, summary, thresholds, options and grid of `family`.

    Raises AssertionError for the first sentence of the contract that does not hold.
    """
    keep(isinstance(family, Family), "a family has all parts of the protocol", type(family))
    for attribute in ("name", "summary"):
        line = getattr(family, attribute)
        one_line = isinstance(line, str) and line.strip() == line != "" and "\n" not in line
        keep(one_line, f"`{attribute}` is one line of text", repr(line))
    keep(" " not in family.name, "`name` has no spaces: it is typed after --student", family.name)
    count = family.thresholds
    counted = count is None or (type(count) is int and count >= 0)
    keep(counted, "`thresholds` is None or a whole number >= 0", repr(count))
    if not is_dataclass(family) or isinstance(family, type):
        raise AssertionError(f"a family is an instance of a dataclass; found {family!r}")
    for option in fields(family):
        with checking(f"option {option.name!r}"):
            _check_option(option, getattr(family, option.name))
    _check_grid(type(family), {option.name for option in fields(family)})


def _check_grid(family: type[Family], options: set[str]) -> None:
    """Check the optional `grid` and `readable`."""
    readable = getattr(family, "readable", False)
    keep(isinstance(readable, bool), "`readable` is True or False", repr(readable))
    grid: tuple[dict[str, int], ...] = getattr(family, "grid", ())
    for settings in grid:
        known = settings.keys() <= options
        keep(known, "`grid` names options of the family", sorted(settings.keys() - options))
        try:
            family(**settings)
        except Exception as error:
            raise AssertionError(
                f"a family can be made at each settings of `grid`; found {settings}: {error}"
            ) from error


def _check_option(option: Field[Any], value: object) -> None:
    """Check one field: its default, its help, and the range or choices of default and `value`."""
    has_default = option.default is not MISSING
    keep(has_default, "an option has a default", "none")
    text = option.metadata.get("help")
    keep(isinstance(text, str) and bool(text.strip()), "its metadata has `help`", repr(text))
    for given in (option.default, value):
        if isinstance(given, int | float) and not isinstance(given, bool):
            low, high = option.metadata.get("minimum"), option.metadata.get("maximum")
            if not isinstance(low, int | float) or not isinstance(high, int | float):
                raise AssertionError(
                    f"a number's metadata has `minimum` and `maximum`; found {low} and {high}"
                )
            in_range = low <= given <= high
            keep(in_range, f"a number lies from its minimum {low} to its maximum {high}", given)
        elif isinstance(given, str):
            choices = option.metadata.get("choices")
            listed = choices is not None and given in tuple(choices)
            keep(listed, "a text is one of the `choices` in its metadata", f"{given!r}, {choices}")
        else:
            plain = given is None or isinstance(given, bool)
            keep(plain, "an option is a number, a text, True or False, or None", repr(given))


def keep(kept: bool, sentence: str, found: object) -> None:
    """Raise AssertionError with the `sentence` and what was `found`, unless it is `kept`."""
    if not kept:
        raise AssertionError(f"{sentence}; found {found}")


@contextmanager
def checking(where: str) -> Iterator[None]:
    """Put `where` before a failed sentence, and in a note on any other error."""
    try:
        yield
    except AssertionError as failed:
        raise AssertionError(f"{where}: {failed}") from failed.__cause__
    except Exception as error:
        error.add_note(f"while checking {where}")
        raise
