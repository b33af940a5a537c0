"""How errors and notes look on a terminal: colours, and a long error in lines of its own."""

from __future__ import annotations

import re
import shutil
import sys

from crembo_cli.terminal import wants_colour

RED, CYAN, GREEN, END = "\x1b[1;31m", "\x1b[1;36m", "\x1b[32m", "\x1b[0m"
INDENT = "\n" + " " * len("crembo: ")
NOTE = "crembo: note:"
SUGGESTION = re.compile(r"did you mean [^;]*\?")


def style_error(line: str) -> str:
    """The line of an error, as standard error shows it; into a file or a pipe it goes as it is.

    Where a terminal is too narrow for it, what was found, what is wanted and what to do begin
    lines of their own.
    """
    if sys.stderr.isatty() and len(line) > shutil.get_terminal_size().columns:
        line = line.replace("; ", INDENT)
    if not wants_colour(sys.stderr):
        return line
    line = SUGGESTION.sub(lambda found: f"{GREEN}{found[0]}{END}", line)
    return re.sub("^crembo:", f"{RED}crembo:{END}", line)


def style_note(line: str) -> str:
    """The line of a note, as standard error shows it."""
    if not (line.startswith(NOTE) and wants_colour(sys.stderr)):
        return line
    return f"{CYAN}{NOTE}{END}{line.removeprefix(NOTE)}"
