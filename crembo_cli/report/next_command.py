"""Write the command to try next: the user's own, with some options changed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from crembo_cli.report.gates import parse_gate
from crembo_cli.report.model import Report

# Options without a value.
FLAGS = {
    "--hard-labels",
    "--trust-pickle",
    "--quick-report",
    "--details",
    "--json",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--debug",
    "--dry-run",
    "--no-clobber",
    "--portable",
}
ONCE = {"--no-clobber"}  # the command that writes to the same paths again leaves them out
OTHER_ROWS = {"--rows"}  # of `evaluate`: those to measure on, which are not those to fit on
# Options that do not belong to a student family; the command for another family keeps them.
KEPT = {
    "--hard-labels",
    "--trust-pickle",
    "--quick-report",
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
    "--image-shape",
    "--temperature",
    "--seed",
    "--synthetic",
    "--test-data",
    "--test-size",
    "--rows",
    "--teacher-timeout",
    "--outputs",
    "--metadata",
    "--portable",
    "--report",
    "--jobs",
    "--dask",
    "--device",
}
Changes = Mapping[str, str]  # option to value; "--set" to KEY=VALUE


def compress_again(report: Report, changes: Changes, *, family: bool) -> str:
    """Write the command that compresses the same teacher with `changes`.

    `family`: whether it asks for another family, so that options of this one do not apply.
    Without a command line, as in a notebook, it is a call of the library.
    """
    if not report.command:
        return _call(changes)
    typed = list(split_options(shlex.split(report.command)[2:]))
    evaluated = report.search is None
    kept = [
        words
        for name, words in typed
        if name
        and name not in ONCE
        and not (evaluated and name in OTHER_ROWS)
        and not _replaces(changes, name, words)
        and (name in KEPT or _is_kept_gate(name, words) if family or evaluated else True)
    ]
    teacher = "TEACHER" if report.teacher is None else report.teacher.path
    words = ["crembo", "compress", teacher, report.data.path, *(each for k in kept for each in k)]
    words += [each for pair in changes.items() for each in pair]
    return shlex.join(words)


def explain_student(report: Report) -> str:
    """Write the command that describes the student."""
    if not report.command:
        return f"crembo.explain({report.student.path!r})"
    return shlex.join(["crembo", "explain", report.student.path])


def split_options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Generate each option of a command with its words; an argument has the name ""."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            yield "", [word]
            continue
        name, equals, _ = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("--") and len(word) > 2:  # -stree
            name, equals = word[:2], "="
        flag = equals or name in FLAGS or name.startswith("--no-")
        yield name, [word] if flag else [word, *_next(rest)]


def _next(rest: Iterator[str]) -> list[str]:
    following = next(rest, None)
    return [] if following is None else [following]


SHORT = {"-s": "--student", "-o": "--output", "-y": "--label"}


def _replaces(changes: Changes, name: str, words: list[str]) -> bool:
    """Whether `changes` hold another value for the option `name` of `words`."""
    name = SHORT.get(name, name)
    if name != "--set" or name not in changes:
        return name in changes
    key = changes[name].partition("=")[0]
    return words[-1].removeprefix("--set=").partition("=")[0] == key


def _is_kept_gate(name: str, words: list[str]) -> bool:
    """Whether it is a --require that students of every family can meet."""
    if name != "--require":
        return False
    return parse_gate(words[-1].removeprefix("--require=")).path[0] == "metrics"


def _call(changes: Changes) -> str:
    """A call of the library with `changes`."""
    arguments = ["teacher", "data"]
    for option, value in changes.items():
        name = option.removeprefix("--").replace("-", "_")
        if name == "set":
            key, _, text = value.partition("=")
            arguments.append(f'set_={{"{key}": {text}}}')
        else:
            plain = value.replace(".", "", 1).isdigit()
            arguments.append(f"{name}={value}" if plain else f'{name}="{value}"')
    return f"crembo.compress({', '.join(arguments)})"
