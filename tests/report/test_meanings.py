"""What each number means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from crembo_cli.report.meanings import MEANINGS, meanings_text
from crembo_cli.report.model import Requirement, as_json
from crembo_cli.report.names import KNOWN, keys_of
from tests.report.made import report

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
    paths = {*numbers(as_json(report())), *KNOWN}
    for path in paths:
        assert any(fnmatchcase(path, each.path) for each in MEANINGS), path


def test_every_meaning_is_of_a_number() -> None:
    """None is left over from a number that is gone."""
    made = report()
    assert made.search is not None
    gate = Requirement(expression="fidelity>=0.9", value=0.93, met=True)
    made = replace(made, search=replace(made.search, threshold=0.25), requirements=[gate])
    paths = {*numbers(as_json(made)), *KNOWN}
    for each in MEANINGS:
        if not each.path.startswith("student.options"):
            assert any(fnmatchcase(path, each.path) for path in paths), each.path


def test_names_are_what_require_takes() -> None:
    """But for those of places that no gate can name."""
    for each in MEANINGS:
        if each.path.startswith(("metrics", "student.size", "robustness")) and (
            each.name not in PLACES
        ):
            assert fnmatchcase(".".join(keys_of(each.name, "")), each.path), each.name


def test_the_text_fits_a_screen() -> None:
    """One sentence each, no line wider than asked, nothing left out."""
    text = meanings_text(80)
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    for each in MEANINGS:
        assert f"{each.name} {each.says}" in words
        assert not each.says.endswith(".")
    assert "the number in brackets" in words
