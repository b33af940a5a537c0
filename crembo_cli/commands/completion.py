"""Completion of commands, options and their values in the user's shell, by typer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import typer

from crembo_cli.commands.messages import print_answer
from crembo_cli.errors import OutputError, UsageError, list_names

VARIABLE = "_CREMBO_COMPLETE"  # set by the shell's script where a word is to be completed
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def one_of(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Complete a value as one of `words`; typer passes what was typed by the name `incomplete`."""
    return lambda incomplete: [each for each in words if each.startswith(incomplete)]


def family(incomplete: str) -> list[str]:
    """Complete the name of a student family, or `auto`."""
    from crembo_cli.students.registry import family_names

    return one_of([*family_names(), "auto"])(incomplete)


def answer(program: Any) -> None:
    """Print the completions and exit, where the shell asks for them."""
    if not os.environ.get(VARIABLE):
        return
    from typer.completion import completion_init  # type: ignore[attr-defined]  # imported there

    completion_init()
    program.main([], prog_name="crembo")  # exits


def install(wanted: bool) -> None:
    """Install the script where the user's shell finds it; for `--install-completion`."""
    if not wanted:
        return
    from typer.completion import install  # type: ignore[attr-defined]  # imported there

    try:
        shell, path = install(shell=_shell(), prog_name="crembo")
    except OSError as error:
        raise OutputError(
            "the completion cannot be installed",
            where=str(error.filename),
            found=error.strerror,
            hint="--show-completion prints the script",
        ) from error
    print_answer(f"{shell} completes `crembo` in new terminals, by {path}\n")
    raise typer.Exit


def show(wanted: bool) -> None:
    """Print the script; for `--show-completion`."""
    if not wanted:
        return
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # too

    script = get_completion_script(prog_name="crembo", complete_var=VARIABLE, shell=_shell())
    print_answer(script + "\n")
    raise typer.Exit


def _shell() -> str:
    """The shell that runs this process. Raises UsageError for one that is not supported."""
    import shellingham  # type: ignore[import-untyped]  # it ships no types

    try:
        name, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        name = "none"
    if name not in SHELLS:
        raise UsageError(
            "unsupported shell",
            found=name,
            wanted=list_names(SHELLS),
            hint="run it in one of them",
        )
    return str(name)
