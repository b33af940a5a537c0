"""What typer refuses, in the words of all other messages."""

from __future__ import annotations

from typing import Any

from typer.exceptions import TyperException

from crembo_cli.commands.invocation import option_spellings
from crembo_cli.errors import UsageError, suggest

NUMBERS = {int: "a whole number", float: "a number"}


def describe_usage_error(error: TyperException) -> str:
    """One line with the cause and what to do."""
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context else "crembo"
    hint: dict[str, str] = {"hint": f"try '{path} --help'"}
    option: Any = getattr(error, "param", None)
    name: str = getattr(error, "option_name", "")
    kind = type(error).__name__
    if kind == "NoSuchOption":
        near = suggest(name, option_spellings(context.command)) if context else {}
        return str(UsageError(f"no option {name}", **(near if "hint" in near else hint)))
    if kind == "BadOptionUsage":
        needs = "needs a value" if "requires" in error.message else "takes no value"
        return str(UsageError(f"{name} {needs}", **hint))
    if kind == "MissingParameter":
        usage = context.command.collect_usage_pieces(context)
        hint = {"hint": f"usage: {path} {' '.join(usage)}"}
        return str(UsageError(f"missing argument {option.metavar}", **hint))
    if kind == "BadParameter":
        return f"{max(option.opts, key=len)} must be {_expected_and_given(option, error)}"
    message = error.format_message().replace("Got unexpected extra argument(s)", "extra arguments:")
    return str(UsageError(message.rstrip("."), **hint))


def _expected_and_given(option: Any, error: TyperException) -> str:
    """What an option takes, and what it got: "a whole number; got 'abc'"."""
    # pydantic, which typer reads numbers with, keeps what it was given apart from its message.
    details: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    given = details[0] if details else {"type": "", "input": None}
    words = NUMBERS.get(option.type_descriptor.annotation, "text")
    if str(given["type"]).endswith(("_parsing", "_type")):
        return f"{words}; got {given['input']!r}"
    high = "" if option.max is None else f" to {option.max}"
    return f"{words}, {option.min}{high or ' or more'}; got {given['input']!r}"
