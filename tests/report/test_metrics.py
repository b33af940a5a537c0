"""What each number means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from crembo_cli.report import console
from crembo_cli.report import html as tables
from crembo_cli.report.gates import KNOWN, keys_of
from crembo_cli.report.glossary import GLOSSARY, glossary_text, sentence
from crembo_cli.report.model import Requirement
from crembo_cli.report.robustness_table import robustness_rows
from crembo_cli.robustness.model import MarginUpperBounds
from tests.report.example_reports import report

PLACES = ("depth curve", "weakest", "by class", "rows", "the path", "search", "teacher")


def numbers(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all numbers in a JSON value; a place in a list is a key."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from numbers(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def test_every_number_of_a_report_has_a_meaning() -> None:
    """Each leaf that is a number, lists and all, and each that --require knows."""
    paths = {*numbers(report().to_dict()), *KNOWN}
    for path in paths:
        assert any(fnmatchcase(path, each.path) for each in GLOSSARY), path


def test_every_meaning_is_of_a_number() -> None:
    """None is left over from a number that is gone."""
    made = report()
    assert made.search is not None
    gate = Requirement(expression="fidelity>=0.9", value=0.93, met=True)
    made = replace(made, search=replace(made.search, threshold=0.25), requirements=[gate])
    paths = {*numbers(made.to_dict()), *KNOWN}
    for each in GLOSSARY:
        if not each.path.startswith("student.options"):
            assert any(fnmatchcase(path, each.path) for path in paths), each.path


def drawn_names() -> set[str]:
    """What stands beside a number in the terminal, in Markdown and on the page."""
    made = report()
    margin = made.robustness.margin
    assert margin is not None
    above = MarginUpperBounds(rows=1, median=0.5, quantile_5=0.25)
    unlabelled = replace(margin, certified_accuracy=None)
    return {
        *console.COLUMNS,
        *tables.FIGURES,
        *(name for name, _, _ in tables.costs_of(made)),
        *(row[0] for row in robustness_rows(made.robustness)),
        *(row[0] for row in robustness_rows(replace(made.robustness, margin=unlabelled))),
        *(
            row[0]
            for row in robustness_rows(
                replace(made.robustness, margin=None, margin_upper_bound=above)
            )
        ),
    }


def known_names() -> set[str]:
    """What numbers are called, in reports and by --require."""
    return {name.replace("_", " ") for each in GLOSSARY for name in (each.name, *each.drawn)}


def test_every_drawn_number_has_a_meaning() -> None:
    """By the very words that stand beside it; and no meaning is of words that are not drawn."""
    assert len(drawn_names()) >= 20
    assert drawn_names() <= known_names()
    other = {"belief below 0.5", "least belief"}  # of tables that stand on the page alone
    assert {name for each in GLOSSARY for name in each.drawn} <= drawn_names() | other


def test_every_drawn_number_is_in_the_readme() -> None:
    """And every number that --require knows, by its own name."""
    text = (Path(__file__).parents[2] / "README.md").read_text()
    told = text.split("## Reading the report")[1].split("\n## ")[0]
    for name in sorted(drawn_names()):
        assert f"`{name}`" in told or f"`{name.replace(' ', '_')}`" in told, name
    for path in KNOWN:
        keys = [key for key in path.split(".") if not key.isdigit() and key not in MEASURED]
        assert f"`{keys[-1]}`" in told, path


def test_names_are_what_require_takes() -> None:
    """But for those of places that no gate can name."""
    for each in GLOSSARY:
        if each.path.startswith(("metrics", "student.size", "robustness")) and (
            each.name not in PLACES
        ):
            assert fnmatchcase(".".join(keys_of(each.name, "")), each.path), each.name


def test_the_text_fits_a_screen() -> None:
    """One sentence each, no line wider than asked, nothing left out."""
    text = glossary_text(80)
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    for each in GLOSSARY:
        assert f"{each.name} {sentence(each)}" in words
        assert not each.says.endswith(".")
    assert "the number in brackets" in words
