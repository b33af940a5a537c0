"""The command line: assembly, and the one place that turns errors into a line and a code.

Exit codes: 0 done, 1 a requirement was not met, 2 invalid usage or input, 3 a defect of crembo,
4 the outputs are written but the result could not be printed, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from crembo_cli.commands import (
    compare,
    completion,
    compress,
    evaluate,
    explain,
    inspect,
    mlflow,
    schema,
    score,
    students,
)
from crembo_cli.commands.invocation import HELP, ConfiguredCommand, Invocation
from crembo_cli.commands.messages import answering, print_answer, print_error, print_line
from crembo_cli.commands.panels import PanelCommand, PanelGroup
from crembo_cli.commands.settings import is_set
from crembo_cli.commands.surroundings import (
    check_environment,
    describe_system_error,
    open_streams,
    silence_libraries,
)
from crembo_cli.commands.usage_errors import describe_usage_error
from crembo_cli.errors import CremboError, DefectError, InputError, printable
from crembo_cli.signals import Terminated, default_signals, end_on_signals, received_signal
from crembo_cli.terminal import wants_colour

INTERRUPTED, TERMINATED = 130, 143

app = typer.Typer(
    name="crembo",
    cls=PanelGroup,
    help="Compress a saved classifier into a small, deep, robust student.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": sorted(HELP), "max_content_width": 100},
)
for _module in (compress, score, inspect, evaluate, compare, explain, mlflow, students, schema):
    _name = _module.__name__.rpartition(".")[2]
    app.command(_name, cls=ConfiguredCommand, epilog=_module.EXAMPLE)(_module.command)


@app.command("help", cls=PanelCommand, hidden=True)
def _help(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="One of the commands.")
    ] = None,
) -> None:
    """Explain the program, or one of its commands."""
    program = context.parent
    assert program is not None, "a command belongs to the program"
    if name is None:
        print_answer(program.get_help() + "\n", styled=True)
        return
    _, command, _ = program.command.resolve_command(program, [name])  # type: ignore[attr-defined]  # a group
    with command.make_context(name, [], parent=program, resilient_parsing=True) as described:
        print_answer(described.get_help() + "\n", styled=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_answer(f"crembo {version('crembo-cli')}\n")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "-V",
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            callback=completion.install,
            is_eager=True,
            help="Install the completion of commands and options for this shell, and exit.",
        ),
    ] = False,
    show_completion: Annotated[
        bool,
        typer.Option(
            "--show-completion",
            callback=completion.show,
            is_eager=True,
            help="Print the script that completes commands and options in this shell, and exit.",
        ),
    ] = False,
) -> None:
    """Compress a saved classifier into a small, deep, robust student."""
    if context.invoked_subcommand is None:
        context.color = wants_colour(sys.stderr)
        print_line(context.get_help())
        raise typer.Exit(InputError.exit_code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments` (default: the process's) and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    open_streams()
    # matplotlib warns of a home where it cannot keep its cache, which changes no figure.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    if not _wants_debug(words):
        silence_libraries()
    end_on_signals()
    code = run(words)
    default_signals()
    return code


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code; an error is printed on standard error."""
    invocation = Invocation(arguments=list(arguments), debug=_wants_debug(arguments))
    try:
        check_environment()
        command = _build(app)
        completion.answer(command)
        # Not `app(arguments)`: it treats EOFError as Ctrl-C, and any broken pipe as ours.
        helped = not HELP.isdisjoint(arguments)  # typer prints then
        with (
            answering() if helped else nullcontext(),
            command.make_context(
                "crembo", arguments, obj=invocation, color=wants_colour(sys.stdout)
            ) as context,
        ):
            command.invoke(context)
        return 0
    except typer.Exit as done:
        return done.exit_code
    except KeyboardInterrupt as signal_:
        return _end(type(signal_))
    except Exception as error:
        received = received_signal()
        if received is not None:
            return _end(received)
        if invocation.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                print_line(printable(line))
        line, code = _line_and_code(error, invocation.debug)
        print_error(invocation.with_sources(line) if code == InputError.exit_code else line)
        return code


@cache
def _build(program: typer.Typer) -> Any:
    """Build the commands and their options: once, for a process that runs many command lines."""
    return typer.main.get_command(program)


def _end(signal_: type[KeyboardInterrupt]) -> int:
    terminated = issubclass(signal_, Terminated)
    word = "terminated" if terminated else "interrupted"
    print_error(f"{word}; no output is half written")
    return TERMINATED if terminated else INTERRUPTED


def _wants_debug(arguments: Sequence[str]) -> bool:
    return "--debug" in arguments or is_set("CREMBO_DEBUG")


def _line_and_code(error: Exception, debug: bool) -> tuple[str, int]:
    if isinstance(error, CremboError):
        return str(error), error.exit_code
    if isinstance(error, TyperException):
        return describe_usage_error(error), InputError.exit_code
    lack = describe_system_error(error)
    if lack is not None:
        return lack, InputError.exit_code
    message = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "" if debug else "; run it again with --debug and report the traceback"
    return f"a defect of crembo: {message}{hint}", DefectError.exit_code
