"""The report in a terminal: it fits the screen and shows names as they are."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from crembo_cli.report.console import draw, render_terminal, render_text
from crembo_cli.report.model import Report, Requirement
from tests.report.example_reports import (
    comparison,
    metrics,
    repeats,
    report,
    report_with_comparison,
    steps,
)

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def lines(found: Report, width: int, *, details: bool = True, **terminal: Any) -> list[str]:
    """The lines of a report on a screen of so many columns."""
    page = io.StringIO()
    draw(found, Console(file=page, width=width, **terminal), details=details)
    return page.getvalue().splitlines()


def odd(name: str) -> Report:
    """A report whose every name is `name`."""
    plain = report()
    tree = f"{name} <= 30: {name} (0.97)\n{name} > 30:\n|  {name} <= 1: {name} (0.80)"
    return replace(
        plain,
        description=tree,
        teacher=replace(plain.teacher, path=name),
        data=replace(plain.data, path=name, test_path=name),
        student=replace(plain.student, path=name),
        requirements=[Requirement(expression="fidelity>=0.9", value=0.93, met=True)],
    )


def test_the_command_for_the_rest_can_be_pasted_into_a_shell() -> None:
    """Where the student's path has blanks."""
    found = report()
    student = replace(found.student, path="my models/a.onnx")
    found = replace(found, student=student, description="a\n" * 50)
    assert lines(found, 100, details=False)[-1].endswith("crembo explain 'my models/a.onnx'")


@pytest.mark.parametrize(
    ("width", "columns", "count"),
    [
        (60, "accuracy fidelity AUC", 3),
        (80, "accuracy fidelity depth 5% log loss AUC", 5),
        (100, "accuracy fidelity depth 5% log loss AUC agreement", 6),
    ],
)
def test_a_narrow_screen_has_fewer_repeated_metrics_and_cuts_off_no_number(
    width: int, columns: str, count: int
) -> None:
    """In the order in which the table of the metrics drops them."""
    for details in (True, False):
        text = lines(report(repeats=repeats()), width, details=details)
        begin = next(i for i, line in enumerate(text) if line.startswith("repeats"))
        assert text[begin].split() == ["repeats", *columns.split()]
        assert [row.count("0.900±0.013") for row in text[begin + 2 : begin + 7]] == [count] * 5


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize(
    "name", ["x", "a name of many words " * 12, "n" * 300, "数据" * 60, "/long/path" * 30]
)
def test_no_line_is_wider_than_the_screen(name: str, width: int) -> None:
    """Whatever the names, a line has at most as many columns as the screen, and at most 100."""
    for details in (True, False):
        drawn_lines = lines(odd(name), width, details=details)
        assert max(cell_len(line) for line in drawn_lines) <= min(width, 100)
        # What does not fit goes below; nothing is cut away.
        assert "…" not in "".join(drawn_lines)


def test_every_classifier_has_a_row_of_metrics() -> None:
    """Each has its row, and each figure three digits."""
    text = "\n".join(lines(report(), 100))
    baselines = ("CART on labels", "CART on teacher", "soft CART")
    for name in ("student", "teacher", *(f"{each}, depth 5" for each in baselines)):
        assert re.search(f"{name} +0.900 +0.875 +0.930 +0.020 +0.300 +0.912 +0.250 +0.940", text)
    assert "4,245 bytes, teacher 230,188: 54.2x smaller" in text
    assert "tree depth 2, leaves 3, parameters 7" in text
    assert "8.3M rows/s, teacher 448.6k: 18.5x faster" in text
    assert "trained on 364 rows + 7,280 synthetic, validated on 91 + 1,820" in text


def test_a_narrow_screen_keeps_the_most_important_columns() -> None:
    """Whole columns are dropped; the others are not cut."""
    for width, columns in (
        (100, "accuracy balanced fidelity depth depth 5% mean prob. log loss AUC"),
        (80, "accuracy fidelity depth depth 5% log loss AUC"),
        (60, "accuracy fidelity depth 5%"),
    ):
        head = next(line for line in lines(report(), width) if line.startswith("test rows"))
        assert " ".join(head.split()) == f"test rows {columns}"


def test_a_missing_value_is_a_dash() -> None:
    """Without labels there is no accuracy, and no tree on the labels."""
    bare = report(metrics={"student": metrics(None), "teacher": metrics(None)})
    text = "\n".join(lines(bare, 100))
    assert re.search("student +- +- +0.930", text)


def test_markup_and_emoji_are_names() -> None:
    """Names that look like markup are printed as they are."""
    for name in ("[red]x[/red]", "[/]", "[bold", ":smile:", "[link=http://x]y", "a\\[b]"):
        text = "\n".join(lines(odd(name), 100, color_system="truecolor", force_terminal=True))
        assert ANSI.sub("", text).count(name) >= 8


def test_a_name_cannot_control_the_terminal() -> None:
    """Control characters of a path are written as their escapes."""
    text = "\n".join(lines(odd("x"), 100))
    path = replace(report().student, path="\x1b]0;title\x07\x1b[2Jx\n.onnx")
    hostile = "\n".join(lines(replace(odd("x"), student=path), 100))
    assert "\x1b" not in hostile
    assert "\\x1b]0;title\\x07\\x1b[2Jx\\n.onnx, a tree student" in hostile
    assert hostile.count("\n") == text.count("\n")


def test_a_long_line_of_the_tree_goes_on_below_in_its_place() -> None:
    """What does not fit hangs as deep in the tree as its beginning."""
    name = "income of the household in the year before the last one"
    tree = f"a > 3:\n|  {name} <= 1000: a class with a name of four words (0.80)"
    assert lines(report(description=tree), 60)[-2:] == [
        "|  income of the household in the year before the last",
        "|      one <= 1000: a class with a name of four words (0.80)",
    ]


def test_the_heading_of_a_student_names_its_family() -> None:
    """Of a tree, of rules, and of any other."""
    sizes = {
        "the tree (in parentheses: mean teacher probability of the leaf's class)": report().student,
        "rules (in parentheses: mean teacher probability of the predicted class)": replace(
            report().student, family="rules", size={"leaves": 3, "parameters": 9, "bytes": 900}
        ),
        "the student as text": replace(
            report().student, family="linear", size={"parameters": 9, "bytes": 900}
        ),
    }
    for heading, student in sizes.items():
        text = lines(report(student=student), 80)
        assert text[text.index(heading) + 1] == "age <= 30: no (0.97)"


def test_the_legend_names_the_selected_step() -> None:
    """The legend names the threshold, and delta to the digit."""
    search = report().search
    assert search is not None
    text = "\n".join(lines(report(), 80))
    assert "o mean prob.  * depth 5%  8 both  ^ selected: soft-label student" in text
    other = replace(search, delta=0.005, threshold=0.25, chosen=3)
    text = "\n".join(lines(report(search=other), 80))
    assert "* depth 0.5%  8 both  ^ selected: threshold 0.250" in text
    single = replace(search, steps=steps(0))
    assert "^ selected" not in "\n".join(lines(report(search=single), 80))


def test_a_path_that_was_fitted_on_some_rows_has_a_note() -> None:
    """Where the path was found on some of the rows, the report says so."""
    search = report().search
    assert search is not None
    note = "The path was fitted on 5,000 of the rows"
    assert note not in "\n".join(lines(report(), 80))
    assert note in "\n".join(lines(report(search=replace(search, path_rows=5_000)), 80))


def test_requirements_are_listed_with_their_values() -> None:
    """Each requirement stands with its value, met or not."""
    gates = [
        Requirement(expression="fidelity>=0.9", value=0.93, met=True),
        Requirement(expression="bytes<=4000", value=4245, met=False),
    ]
    assert lines(report(requirements=gates), 80)[-2:] == [
        "met      fidelity>=0.9 (it is 0.93)",
        "NOT MET  bytes<=4000 (it is 4245)",
    ]


def test_a_larger_and_slower_student_is_called_so() -> None:
    """Ratios below one are turned round."""
    size = {**report().student.size, "bytes": 460_376}
    timing = replace(report().timing, student_rows_per_second=224_300.0)
    found = report(student=replace(report().student, size=size), timing=timing)
    text = "\n".join(lines(found, 80))
    assert "460,376 bytes, teacher 230,188: 2.0x larger" in text
    assert "224.3k rows/s, teacher 448.6k: 2.0x slower" in text


def test_beliefs_have_no_speed_and_no_size() -> None:
    """A table of beliefs is no classifier that a student could be smaller than."""
    timing = replace(report().timing, teacher_rows_per_second=None)
    text = "\n".join(lines(report(timing=timing), 80))
    assert "size   4,245 bytes\n" in text
    assert "speed  8.3M rows/s\n" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "0"}, {"GITHUB_ACTIONS": "true"}])
def test_off_a_terminal_there_is_no_ansi(
    environment: dict[str, str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe gets plain text of its width, unless colours are forced."""
    monkeypatch.setenv("COLUMNS", str(width))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    text = render_terminal(report())
    assert render_text(report(), width=width) == text
    assert not ANSI.search(text)
    assert max(len(line) for line in text.splitlines()) <= min(width, 100)
    assert text.endswith("\n")
    assert not any(line.endswith(" ") for line in text.splitlines())


@pytest.mark.parametrize("name", ["FORCE_COLOR", "CLICOLOR_FORCE"])
def test_forced_colours_reach_a_pipe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for `crembo ... | less -R`; the words are the same."""
    monkeypatch.setenv("COLUMNS", "80")
    plain = render_terminal(report())
    monkeypatch.setenv(name, "1")
    styled = render_terminal(report())
    assert ANSI.search(styled)
    assert [line.rstrip() for line in ANSI.sub("", styled).splitlines()] == plain.splitlines()


class Screen(io.StringIO):
    """A standard output that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_styles_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there are styles; under NO_COLOR there are none, bold among them."""
    monkeypatch.setattr("sys.stdout", Screen())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    styled = render_terminal(report())
    assert ANSI.search(styled)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = render_terminal(report())
    assert not ANSI.search(plain)
    assert [line.rstrip() for line in ANSI.sub("", styled).splitlines()] == plain.splitlines()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_screen_without_some_letter(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the screen's encoding lacks is drawn in ASCII, or escaped; nothing fails."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", screen)
    path = replace(report().student, path="日本.onnx")
    text = render_terminal(report(student=path))
    screen.write(text)
    screen.flush()
    assert ("日本.onnx" if encoding == "utf-8" else "\\u65e5\\u672c.onnx") in text


@pytest.mark.parametrize("width", [80, 100])
def test_the_pareto_front_is_a_table_and_a_plot(width: int) -> None:
    """The Pareto front with the selected candidate marked, and all candidates as a plot."""
    text = "\n".join(lines(report_with_comparison(), width))
    words = re.sub(r"\s+", " ", text)
    assert (
        "3 candidates, compared on 41 rows + 2,460 synthetic that none of them was fitted on"
        in words
    )
    assert "1 over the budget. Selected: tree max_depth=2, the smallest within" in words
    assert re.search(r"tree max_depth=2 \^ +4,245 +42 +0\.930 +0\.300 +0\.910 +0\.050", text)
    assert "mlp" not in text
    assert "o fidelity  * depth 5%  8 both  ^ selected: tree max_depth=2" in text
    assert "Pareto front" not in "\n".join(lines(report(), width))


@pytest.mark.parametrize("name", ["n" * 200, "\x1b[31mred", "[bold]x"])
def test_a_pareto_front_of_odd_names_fits(name: str) -> None:
    """The name of a plugin, whatever it is, is folded and shown as it is."""
    found = comparison(name)
    last = replace(found.students[2], on_front=True, within_budget=True)
    found = replace(found, students=[*found.students[:2], last], chosen=2)
    drawn_lines = lines(report_with_comparison(found), 80)
    assert max(cell_len(line) for line in drawn_lines) <= 80
    assert "\x1b[31m" not in "".join(drawn_lines)
