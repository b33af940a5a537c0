"""Notes and progress on standard error."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from crembo_cli.commands.messages import Messages
from crembo_cli.commands.progress_bar import ForecastColumn, make_bar
from crembo_cli.errors import UsageError
from tests.command_line import Crembo

TALK = """
from crembo_cli.commands.messages import Messages
messages = Messages(quiet={quiet}, verbose=False)
with messages.progress():
    done = messages.stage("reading [red]x.csv \\x1b]0;title", 10)
    done(5)
    messages.note(["[bold]odd[/bold] column"])
"""


def run_on_terminal(quiet: bool = False, **environment: str) -> str:
    """What a process prints on standard error, which is a terminal."""
    outer, inner = pty.openpty()
    code = [sys.executable, "-c", TALK.format(quiet=quiet)]
    env = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "COLUMNS": "60", **environment}
    subprocess.run(code, stderr=inner, env=env, check=True)
    os.close(inner)
    printed = b""
    while True:
        try:
            printed += os.read(outer, 65536)
        except OSError:  # the terminal is closed: that is its end
            break
    os.close(outer)
    return printed.decode()


def test_notes_are_printed_when_the_run_has_succeeded(capsys: pytest.CaptureFixture[str]) -> None:
    """Each note is a line of its own, as it is, and comes once."""
    messages = Messages(quiet=False, verbose=False)
    with messages.progress():
        messages.note(["a [red]column[/red]", "two\nlines"])
        assert capsys.readouterr().err == ""
    notes = "crembo: note: a [red]column[/red]\ncrembo: note: two\\nlines\n"
    assert capsys.readouterr() == ("", notes)
    with messages.progress():
        pass
    assert capsys.readouterr().err == ""


def test_a_failed_run_prints_no_notes(capsys: pytest.CaptureFixture[str]) -> None:
    """Its one line with the error stands alone."""
    messages = Messages(quiet=False, verbose=False)
    with suppress(ValueError), messages.progress():
        messages.note(["a note"])
        raise ValueError("failed")
    assert capsys.readouterr().err == ""


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No note, no stage, no progress."""
    messages = Messages(quiet=True, verbose=False)
    with messages.progress():
        messages.stage("output_format", 3)(1)
        messages.note(["a note"])
    assert capsys.readouterr() == ("", "")
    assert run_on_terminal(quiet=True) == ""


def test_verbose_prints_each_stage_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A stage is a line with the seconds since the beginning; the last line has what each took."""
    messages = Messages(quiet=False, verbose=True)
    with messages.progress():
        messages.stage("reading data.csv", 0)
        messages.stage("fitting", 3)
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"crembo: +\d+\.\d\d s  reading data\.csv", lines[0])
    seconds = r"seconds: reading data\.csv \d+\.\d\d; fitting \d+\.\d\d"
    assert re.fullmatch(rf"crembo: +\d+\.\d\d s  {seconds}", lines[-1])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.9, ""), (10.0, "12,000 rows/s, 0:00:10 left"), (4000.0, "30 rows/s, 1:06:40 left")],
)
def test_a_stage_of_more_than_two_seconds_has_a_forecast(seconds: float, text: str) -> None:
    """Rows per second and the time that remains, half way through 240,000 rows."""
    now = [0.0]
    bar = make_bar(colour=False)
    bar.get_time = lambda: now[0]
    task = bar.add_task("querying m.onnx about 240,000 rows", total=240_000, unit="rows")
    now[0] = seconds
    bar.update(task, completed=120_000)
    assert ForecastColumn().render(bar.tasks[0]).plain == text


def test_progress_is_one_line_of_a_narrow_terminal() -> None:
    """A long name is cut, and the forecast stays whole."""
    now = [0.0]
    bar = make_bar(colour=False)
    bar.get_time = lambda: now[0]
    task = bar.add_task(f"querying {'m' * 60}.onnx about 240,000 rows", total=240_000, unit="rows")
    now[0] = 10.0
    bar.update(task, completed=120_000)
    screen = Console(width=80, file=io.StringIO())
    with screen.capture() as captured:
        screen.print(bar.get_renderable())
    lines = captured.get().splitlines()
    assert len(lines) == 1
    assert "\u2026" in lines[0]
    assert "12,000 rows/s, 0:00:10 left" in lines[0]


def test_a_stage_without_a_number_of_steps_has_no_forecast() -> None:
    """How long it will take is not known."""
    bar = make_bar(colour=False)
    task = bar.add_task("reading data.csv", total=None, unit="steps")
    bar.update(task, completed=5)
    assert ForecastColumn().render(bar.tasks[0]).plain == ""


def test_quiet_and_verbose_exclude_each_other() -> None:
    """Less and more at once is bad usage."""
    with pytest.raises(UsageError, match="--quiet and --verbose"):
        Messages(quiet=True, verbose=True)


def test_progress_is_drawn_on_a_terminal() -> None:
    """A stage is shown as it is called, half done, and leaves nothing but the notes."""
    printed = run_on_terminal()
    assert "reading [red]x.csv \\x1b]0;title" in printed
    assert "\x1b]0;" not in printed
    assert "\x1b[2K" in printed  # what was drawn is erased
    assert printed.endswith("crembo: note:\x1b[0m [bold]odd[/bold] column\r\n")


def test_no_color_is_obeyed() -> None:
    """Under NO_COLOR the bar moves without a colour or a style."""
    styles = re.compile(r"\x1b\[[0-9;]*m")
    assert styles.search(run_on_terminal())
    assert not styles.search(run_on_terminal(NO_COLOR="1"))


def test_a_dumb_terminal_gets_no_animation() -> None:
    """Where the terminal cannot move its cursor nothing is drawn over."""
    assert "\x1b" not in run_on_terminal(TERM="dumb")


def read_terminal(
    arguments: list[str], folder: Path, *, both: bool, code: int = 1, **environment: str
) -> tuple[str, str]:
    """What a run prints on a terminal, and what on standard error where that is a pipe."""
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "crembo_cli", *arguments]
    env = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    env |= environment
    error = inner if both else subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=inner, stderr=error, env=env) as process:
        os.close(inner)
        found = b""
        while True:
            try:
                found += os.read(outer, 65536)
            except OSError:  # the terminal is closed: that is its end
                break
        _, piped = process.communicate()
    os.close(outer)
    assert process.returncode == code
    return found.decode(), (piped or b"").decode()


def test_an_unmet_requirement_is_reported_once(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """On one screen by the report alone; a log of standard error has it in its one line."""
    few = ("--synthetic", "0", "--thresholds", "2", "--quick-report", "--quiet", "-o", "s.onnx")
    assert crembo("compress", beliefs, data, *few).code == 0
    run = ["evaluate", "s.onnx", str(data), "--require", "accuracy>=1.5"]
    screen, _ = read_terminal(run, tmp_path, both=True)
    assert "not met: accuracy>=1.5" in screen
    assert "crembo: a requirement was not met, see above" in screen
    assert "requirement not met: accuracy" not in screen
    _, log = read_terminal(run, tmp_path, both=False)
    assert "requirement not met: accuracy>=1.5 (it is" in log


WRONG = ["explain", "s.onnx", "--format", "picture"]


def test_a_long_error_has_lines_of_its_own_on_a_terminal_and_one_in_a_log(tmp_path: Path) -> None:
    """What was found and what is wanted begin lines; a log can be searched line by line."""
    screen, _ = read_terminal(WRONG, tmp_path, both=True, code=2, COLUMNS="80")
    lines = screen.replace("\r\n", "\n").splitlines()
    assert lines[:2] == ["crembo: --format: invalid choice", "        found 'picture'"]
    assert lines[2].startswith("        wanted ")
    _, log = read_terminal(WRONG, tmp_path, both=False, code=2, COLUMNS="80")
    assert log == "; ".join(line.strip() for line in lines) + "\n"
    wide, _ = read_terminal(WRONG, tmp_path, both=True, code=2, COLUMNS="500")
    assert wide.replace("\r\n", "\n") == log


def test_errors_notes_and_suggestions_have_colours(
    crembo: Crembo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error is red, a note is cyan, and what was perhaps meant is green."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert crembo("compres").err == (
        "\x1b[1;31mcrembo:\x1b[0m no command 'compres'; \x1b[32mdid you mean 'compress'?\x1b[0m\n"
    )
    messages = Messages(quiet=False, verbose=False)
    with messages.progress():
        messages.note(["odd column"])
    assert capsys.readouterr().err == "\x1b[1;36mcrembo: note:\x1b[0m odd column\n"
