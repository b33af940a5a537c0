"""What is printed on standard output; the broken ends of it are in test_app.py."""

from __future__ import annotations

import pytest

from crembo_cli.commands.messages import print_answer


def test_an_answer_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is added and nothing is read as markup."""
    print_answer("[red]x[/red]\n:smile:")
    assert capsys.readouterr() == ("[red]x[/red]\n:smile:", "")


def test_control_characters_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe too, whose end may be a terminal or a log; tabs and other text stay."""
    print_answer("\x1b[31m\r\t\x9b2J \xa0\u200d\xe9\n")
    assert capsys.readouterr().out == "\\x1b[31m\\r\t\\x9b2J \xa0\u200d\xe9\n"
