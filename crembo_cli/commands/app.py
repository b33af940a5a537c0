"""The command line: assembly, and the one place that turns errors into a line and a code.

Exit codes: 0 done, 1 a requirement failed, 2 bad usage or input, 3 a defect of ours, 130
interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from crembo_cli.commands import compress, inspect, score, students
from crembo_cli.errors import CremboError, DefectError, InputError

INTERRUPTED = 130

app = typer.Typer(
    name="crembo",
    help="Compress a saved classifier into a small, deep, robust student.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compress")(compress.command)
app.command("score")(score.command)
app.command("inspect")(inspect.command)
app.command("students")(students.command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"crembo {version('crembo-cli')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Compress a saved classifier into a small, deep, robust student."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line on `arguments` (default: the process's) and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code, having said on standard error why."""
    try:
        code = app(arguments, prog_name="crembo", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # Whoever read our output has stopped reading: not an error, as in `crembo ... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Abort, KeyboardInterrupt):
        _say("interrupted; nothing was written")
        return INTERRUPTED
    except Exception as error:
        if "--debug" in arguments:
            import traceback

            traceback.print_exception(error)
        line, code = _line_and_code(error, "--debug" in arguments)
        _say(line)
        return code


def _line_and_code(error: Exception, debug: bool) -> tuple[str, int]:
    if isinstance(error, CremboError):
        return str(error), error.exit_code
    if isinstance(error, TyperException):
        return _one_line(error), InputError.exit_code
    if isinstance(error, MemoryError):
        return "out of memory; try fewer rows or a larger machine", InputError.exit_code
    said = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "" if debug else "; run it with --debug and report what it prints"
    return f"a defect of crembo: {said}{hint}", DefectError.exit_code


def _one_line(error: TyperException) -> str:
    message = " ".join(error.format_message().split())
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "crembo"
    return f"{message} Try '{command} --help'."


def _say(line: str) -> None:
    print(f"crembo: {line}", file=sys.stderr)  # noqa: T201  # the one place that says why
