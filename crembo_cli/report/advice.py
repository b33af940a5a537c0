"""What to try next, as a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from crembo_cli.report.model import Report

# Families whose probabilities are smooth in the features, the most readable first.
FAMILIES = ("additive", "boosted", "mlp")
# Options of the command that the next one keeps: those that do not belong to a student family.
FLAGS = {"--hard-labels", "--trust-pickle", "--quick-report"}
OPTIONS = {
    "-o",
    "--output",
    "-y",
    "--label",
    "--features",
    "--drop",
    "--classes",
    "--missing",
    "--text",
    "--number",
    "--thousands",
    "--objective",
    "--cost",
    "--class-weight",
    "--decide-at",
    "--activation",
    "--seed",
    "--synthetic",
    "--test-data",
    "--test-size",
    "--teacher-timeout",
    "--report",
    "--jobs",
}


def next_command(report: Report, number: int = 0) -> str:
    """Write the command that fits another family to the same teacher and table.

    `number` counts the suggestions in one report: the second names another family. Without a
    command line, as in a notebook, it is a call of the library.
    """
    others = [name for name in FAMILIES if name != report.student.family]
    family = others[min(number, len(others) - 1)]
    if not report.command:
        return f'crembo.compress(teacher, data, student="{family}")'
    teacher = "TEACHER" if report.teacher is None else report.teacher.path
    kept = _kept_options(shlex.split(report.command))
    words = ["crembo", "compress", teacher, report.data.path, *kept, "--student", family]
    return shlex.join(words)


def _kept_options(words: list[str]) -> Iterator[str]:
    for k, word in enumerate(words):
        if word in FLAGS or word.partition("=")[0] in OPTIONS - {word}:
            yield word
        elif word in OPTIONS:
            yield from words[k : k + 2]
