"""The child process: its answers, its silence and its ends."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process import child as child_module
from crembo_cli.teachers.process.child import Child

PROGRAM = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from crembo_cli.teachers.process.wire import receive, send
into, out = sys.stdin.buffer, sys.stdout.buffer
while (message := receive(into)) is not None:
    {body}
"""

Starter = Callable[..., Child]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Starter]:
    """Starts a child that runs a line of Python for each message, in place of the worker."""
    started: list[Child] = []

    def begin(body: str, timeout: float = 60.0) -> Child:
        root = str(child_module.__file__).rpartition("crembo_cli")[0]
        program = PROGRAM.format(root=root, body=body)
        monkeypatch.setattr(child_module, "COMMAND", [sys.executable, "-c", program])
        started.append(Child("model.pkl", timeout=timeout, threads=1))
        return started[-1]

    yield begin
    for each in started:
        each.close()


def ask(child: Child) -> dict[str, object]:
    """The header of the answer to an empty question."""
    child.tell({})
    return child.answer()[0]


def test_questions_are_answered_in_order(start: Starter) -> None:
    """Each question gets its own answer."""
    child = start("send(out, {'n': message[0]['n'] + 1})")
    for number in range(3):
        child.tell({"n": number})
    assert [child.answer()[0]["n"] for _ in range(3)] == [1, 2, 3]


def test_an_error_is_the_childs_words_under_the_teachers_name(start: Starter) -> None:
    """What the child found wrong is raised here, its traceback kept for --debug."""
    child = start("send(out, {'error': 'it will not do', 'notes': ['the traceback']})")
    with pytest.raises(TeacherError, match=r"^model\.pkl: it will not do") as caught:
        ask(child)
    assert caught.value.__notes__ == ["the traceback"]


def test_silence_ends_the_child(start: Starter) -> None:
    """A child that never answers is ended, and the message names the option."""
    child = start("time.sleep(600)", timeout=1.0)
    began = time.monotonic()
    with pytest.raises(TeacherError, match=r"no answer for 1 seconds.*--teacher-timeout"):
        ask(child)
    assert time.monotonic() - began < 30
    with pytest.raises(TeacherError, match="no answer for 1 seconds"):
        child.tell({})


def test_progress_is_not_silence(start: Starter) -> None:
    """The limit is on each answer, not on all of them together."""
    child = start("time.sleep(0.5); send(out, {'done': 1})", timeout=5.0)
    ask(child)
    child.timeout = 1.5
    began = time.monotonic()
    for _ in range(4):
        assert ask(child) == {"done": 1}
    assert time.monotonic() - began > child.timeout


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"crashed \(segmentation fault\)"),
        ("os.abort()", f"was ended by signal {int(signal.SIGABRT)}"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed.*when memory runs out"),
        ("os._exit(3)", "ended with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "loading takes more CPU time than a file of its"),
        ("sys.stderr.write('a reason\\n'); sys.stderr.flush(); os._exit(4)", "found 'a reason'"),
        (
            "sys.stderr.write('terminate: std::bad_alloc\\n'); sys.stderr.flush(); os.abort()",
            "ran out of memory",
        ),
        (
            "sys.stdout.buffer.write(b'12345678 no message'); out.flush(); os._exit(0)",
            "exit code 0",
        ),
    ],
)
def test_an_end_is_explained(start: Starter, body: str, message: str) -> None:
    """However a child ends, the parent says how, and lives."""
    child = start(body)
    with pytest.raises(TeacherError, match=rf"^model\.pkl: .*{message}"):
        ask(child)


def test_a_query_to_a_child_that_is_gone_names_the_cause(start: Starter) -> None:
    """Every later query raises why the child died, not a broken pipe."""
    child = start("os._exit(5)")
    for _ in range(2):
        with pytest.raises(TeacherError, match="exit code 5"):
            ask(child)


def test_an_invalid_answer_ends_the_child(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child whose messages make no sense is ended, not waited for."""
    monkeypatch.setattr(child_module, "GOODBYE", 0.5)
    child = start("out.write((5).to_bytes(8, 'little') + b'[1,2]'); out.flush()")
    with pytest.raises(TeacherError, match="sent something that is no answer"):
        ask(child)
    assert child._process.poll() is not None


def test_closing_twice_is_fine(start: Starter) -> None:
    """Closing ends the process, and once is enough."""
    child = start("send(out, {})")
    ask(child)
    child.close()
    child.close()
    assert child._process.poll() is not None
    with pytest.raises(TeacherError, match="the teacher was closed"):
        child.tell({})


def test_a_process_that_cannot_start_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A system that starts nothing is an error of one line."""
    monkeypatch.setattr(child_module, "COMMAND", [str(tmp_path / "no python here")])
    with pytest.raises(TeacherError, match=r"^model\.pkl: no process could be started"):
        Child("model.pkl", timeout=1.0, threads=1)
