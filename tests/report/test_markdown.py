"""The Markdown report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from crembo_cli.report.markdown import MOST_BYTES, escape_text, format_code, render_markdown
from crembo_cli.report.model import Requirement
from tests.report.example_reports import comparison, report, report_with_comparison

EVIL = "<img src=x>|`*[a](http://b)* @team #1 ``` \n# heading"


def test_every_part_is_there() -> None:
    """Verdict, metrics, robustness, gates, classes, weakest groups and the tree."""
    gate = Requirement(expression="fidelity>=0.9", value=0.93, met=True)
    lines = render_markdown(report(requirements=[gate])).splitlines()
    assert lines[0].startswith("### \u2705 `forest.student.onnx`: Good: 0.1 points more accurate")
    assert lines[2].startswith("- **worth**: accuracy 0.900, 0.1 points above the teacher")
    assert lines[4] == ("- **next**: read what it does: `crembo.explain('forest.student.onnx')`")

    for line in (
        "A tree student of `forest.onnx` on `people.csv`.",
        "| **student** | 0.900 | 0.875 | 0.930 | 0.020 | 0.300 | 0.912 | 0.250 | 0.940 |",
        "| agreement | 0.960 | - | 0.940 | 0.920 | 0.910 |",
        "- \u2705 `fidelity>=0.9 (it is 0.93)`",
        "| `yes` | 34 | 0.824 | 0.875 | 0.848 | 0.880 |",
        "| `age > 30 and income > 1000` | `no` | 12 | 0.010 | 0.610 |",
        "|  income <= 1000: yes (0.80)",
    ):
        assert line in lines


def rendered(text: str) -> str:
    """As a page that takes HTML in Markdown, and tables, shows it."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


@pytest.mark.parametrize("write", [format_code, escape_text])
def test_names_from_files_are_inert(write: object) -> None:
    """No tag, link, heading, mention or new cell comes out of a name."""
    assert callable(write)
    page = rendered(f"| a | b |\n| --- | --- |\n| {write(EVIL)} | 1 |\n")
    assert page.count("<td>") == 2
    for tag in ("<img", "<a ", "<em", "<h1", "<strong"):
        assert tag not in page
    assert "&lt;img src=x&gt;|`*[a](http://b)*" in page


def test_hostile_names_do_not_change_the_structure() -> None:
    """With such names everywhere there are as many tables and rows as without."""
    made = report()
    assert made.robustness.weakest_groups is not None
    spots = [replace(each, rule=EVIL, predicted=EVIL) for each in made.robustness.weakest_groups]
    evil = replace(
        made,
        student=replace(made.student, path=EVIL),
        data=replace(made.data, path=EVIL),
        by_class=[replace(each, name=EVIL) for each in made.by_class or []],
        robustness=replace(made.robustness, weakest_groups=spots),
        description="```\n</details><h1>",
    )
    good, bad = rendered(render_markdown(made)), rendered(render_markdown(evil))
    for tag in ("<table>", "<tr>", "<td", "<details>", "<h3>", "<pre>"):
        assert good.count(tag) == bad.count(tag)
    assert "<h1" not in bad


def test_it_stays_small() -> None:
    """Whatever the names are, it is less than 100 kB, and what fits is whole."""
    made = report()
    big = replace(
        made,
        by_class=[replace(each, name="n" * 60_000) for each in made.by_class or []],
        description="x" * 200_000,
    )
    text = render_markdown(big)
    assert len(text.encode()) < MOST_BYTES
    assert "| agreement |" in text
    assert "nnn" not in text


def test_parts_without_values_are_left_out() -> None:
    """An evaluated student without a teacher."""
    made = report()
    text = render_markdown(
        replace(
            made,
            teacher=None,
            search=None,
            by_class=None,
            description="",
            robustness=replace(made.robustness, weakest_groups=None, depth=None),
        )
    )
    for part in ("None", "details", "Where the teacher", " of `forest.onnx`"):
        assert part not in text


def test_the_pareto_front_is_a_table() -> None:
    """The Pareto front, the selected candidate in bold; absent without several candidates."""
    lines = render_markdown(report_with_comparison()).splitlines()
    assert "| **`tree max_depth=2`** | 4,245 | 42 | 0.930 | 0.300 | 0.910 | 0.050 |" in lines
    assert "Pareto front" not in render_markdown(report())
    found = comparison(EVIL)
    evil = replace(found.students[2], on_front=True, within_budget=True)
    page = render_markdown(
        report_with_comparison(replace(found, students=[*found.students[:2], evil], chosen=2))
    )
    assert "<img" not in rendered(page)
