"""`crembo students`."""

from __future__ import annotations

import json

from crembo_cli.students.registry import family_names
from tests.command_line import Crembo


def test_families_are_listed(crembo: Crembo) -> None:
    """Every family is there with each of its options, its range and its default."""
    listed = crembo("students")
    assert (listed.code, listed.err) == (0, "")
    for name in family_names():
        assert f"\n{name}: " in f"\n{listed.out}"
    assert "    --set max_depth=5  (a whole number, 1 to 16)\n" in listed.out


def test_families_as_json(crembo: Crembo) -> None:
    """`--json` gives the same to a program."""
    families = json.loads(crembo("students", "--json").out)
    assert [family["name"] for family in families] == list(family_names())
    tree = next(family for family in families if family["name"] == "tree")
    depth = next(option for option in tree["options"] if option["name"] == "max_depth")
    assert depth["default"] == 5
    assert depth["wanted"] == "a whole number, 1 to 16"
