"""The report as Markdown: short, for a job's summary and for pull requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crembo_cli.errors import printable
from crembo_cli.report import pareto as comparison
from crembo_cli.report.gates import told
from crembo_cli.report.model import Report
from crembo_cli.report.robustness_table import COLUMNS, robustness_rows
from crembo_cli.report.verdict import verdict_of
from crembo_cli.report.words import NAMES, kind, student_heading

MOST_BYTES = 100_000
MOST_LINES = 64  # a student that takes more is left out
MOST_CLASSES = 20
WEAKEST = 3
SIGNS = {True: "\u2705", False: "\u274c", None: "\u2139\ufe0f"}


def markdown(report: Report) -> str:
    """The report in less than MOST_BYTES bytes of UTF-8; one newline at the end."""
    verdict = verdict_of(report)
    what = kind(report.student.family)
    blocks = [
        f"### {SIGNS[verdict.good]} {code(report.student.path)}: {plain(verdict.headline)}",
        " ".join(plain(each) for each in verdict.sentences),
        f"{plain(what[0].upper() + what[1:])}{_of(report)} on {code(report.data.path)}.",
        _figures(report),
        _robustness(report),
        *_requirements(report),
        *_comparison(report),
        *_classes(report),
        *_weakest(report),
        *_student(report),
    ]
    text = ""
    for block in blocks:
        # What is too long, as with names of thousands of characters, is left out whole.
        if len(f"{text}\n{block}\n".encode(errors="replace")) < MOST_BYTES:
            text += f"\n{block}\n" if text else f"{block}\n"
    return text


def code(text: str) -> str:
    """`text` as code, which nothing within it ends: no link, no mention and no formatting."""
    text = (printable(text) or " ").replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def plain(text: str) -> str:
    """`text` with every sign escaped that Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", printable(text)).replace("@", "@\u200b")


def _of(report: Report) -> str:
    return "" if report.teacher is None else f" of {code(report.teacher.path)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _figures(report: Report) -> str:
    return _table(
        ["test rows", "accuracy", "balanced", "fidelity", "depth", "depth 5 %", "belief"],
        [
            [
                f"**{NAMES[name]}**" if name == "student" else NAMES[name],
                *map(
                    _number,
                    (
                        each.accuracy,
                        each.balanced_accuracy,
                        each.fidelity,
                        each.depth,
                        each.insensitive_depth["0.05"],
                        each.mean_belief,
                    ),
                ),
            ]
            for name, each in report.metrics.items()
        ],
    )


def _robustness(report: Report) -> str:
    rows = list(robustness_rows(report.robustness))
    return _table(["robustness", *COLUMNS], [[row[0], *map(_number, row[1:])] for row in rows])


def _requirements(report: Report) -> Iterable[str]:
    if report.requirements:
        yield "\n".join(f"- {SIGNS[each.met]} {code(told(each))}" for each in report.requirements)


def _comparison(report: Report) -> Iterable[str]:
    if report.search is not None and report.search.comparison is not None:
        found = report.search.comparison
        yield plain(comparison.sentence(found))
        yield _table(
            ["worth their size", *comparison.columns(report.search.delta)],
            [
                [f"**{code(each.name)}**" if taken else code(each.name), *figures]
                for each, figures, taken in comparison.rows_of(found)
            ],
        )


def _classes(report: Report) -> Iterable[str]:
    if report.by_class is not None and len(report.by_class) <= MOST_CLASSES:
        yield _table(
            ["class", "rows", "found", "right", "belief"],
            [
                [
                    code(each.name),
                    f"{each.rows:,}",
                    *map(_number, (each.recall, each.precision, each.mean_belief)),
                ]
                for each in report.by_class
            ],
        )


def _weakest(report: Report) -> Iterable[str]:
    spots = report.robustness.weakest_groups
    if spots:
        yield "Where the teacher believes least in what the student says:\n\n" + _table(
            ["where", "says", "rows", "least belief", "mean belief"],
            [
                [
                    code(each.rule),
                    code(each.predicted),
                    f"{each.rows:,}",
                    _number(each.depth),
                    _number(each.mean_belief),
                ]
                for each in spots[:WEAKEST]
            ],
        )


def _student(report: Report) -> Iterable[str]:
    if 0 < len(report.description.splitlines()) <= MOST_LINES:
        runs = re.findall("`+", report.description)
        fence = "`" * max([3, *(len(run) + 1 for run in runs)])
        yield (
            f"<details><summary>{student_heading(report.student)}</summary>\n\n"
            f"{fence}text\n{report.description}\n{fence}\n\n</details>"
        )
