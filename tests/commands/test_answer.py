"""What is printed on standard output; the broken ends of it are in test_app.py."""

from __future__ import annotations

import pytest

from crembo_cli.commands.messages import print_answer


def test_an_answer_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is added and nothing is read as markup."""
    print_answer("[red]x[/red]\n:smile:")
    assert capsys.readouterr() == ("[red]x[/red]\n:smile:", "")
