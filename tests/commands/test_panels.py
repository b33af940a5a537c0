"""The help: panels, the usual options first, an example, and colours where they are wanted."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from typer.main import get_command

from crembo_cli.commands.app import app
from crembo_cli.commands.panels import PANELS, USUAL, arguments_of, options_by_panel
from tests.command_line import Crembo

EVERY: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]  # a group
COMMANDS = {name: each for name, each in EVERY.items() if not each.hidden}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_panel(name: str) -> None:
    """And the help shows every option of the command once."""
    options = [each for each in COMMANDS[name].params if each.param_type_name == "option"]
    assert {each.name for each in options if each.rich_help_panel not in PANELS} == set()
    shown = [each for panel in options_by_panel(COMMANDS[name]).values() for each in panel]
    assert sorted(each.name for each in shown) == sorted(each.name for each in options)


def test_the_five_usual_options_of_compress_come_first(crembo: Crembo) -> None:
    """Above the panels of input, student, search, report, output and run."""
    usual = options_by_panel(COMMANDS["compress"])[USUAL]
    assert [each.name for each in usual] == ["output", "student", "max_depth", "label", "report"]
    headings = re.findall(r"^(\w.*):$", crembo("compress", "--help").out, re.MULTILINE)
    panels = ["Usual options", "Input", "Student", "Search", "Report", "Output", "Run"]
    assert headings == ["Arguments", *panels, "Example"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_names_options_of_its_command(name: str, crembo: Crembo) -> None:
    """It parses: the arguments are as many, and the options are there."""
    (line,) = re.findall(r"^Example:\n  (.*)\n\Z", crembo(name, "-h").out, re.MULTILINE)
    program, command, *words = shlex.split(line)
    assert (program, command) == ("crembo", name)
    assert len(line) < 78
    context = COMMANDS[name].make_context(name, words, resilient_parsing=True)
    assert all(context.params[each.name] for each in arguments_of(COMMANDS[name]))


def test_every_default_is_shown_once(crembo: Crembo) -> None:
    """In brackets after the sentence, whether it is a constant or is said in words."""
    shown = " ".join(crembo("compress", "-h").out.split())
    assert "--seed N Random seed. [default: 0]" in shown
    assert "within one standard error of the best. [default: 5]" in shown
    assert not re.search(r"\[default: [^\]]*\] *\[default", shown)


@pytest.mark.parametrize(
    ("environment", "styled"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_headings_are_bold_where_colour_is_forced(
    environment: dict[str, str],
    styled: bool,
    crembo: Crembo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Standard output is no terminal here; NO_COLOR wins."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[1mUsage:\x1b[0m" in crembo("compress", "-h").out) == styled
    assert ("\x1b[1m" in crembo().err) == styled
