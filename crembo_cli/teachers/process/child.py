"""The child process that holds a model: start it, query it, explain its end."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Any

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process.surroundings import environment, make_home, remove_home
from crembo_cli.teachers.process.wire import Array, Message, receive, send

COMMAND = [sys.executable, "-P", "-m", "crembo_cli.teachers.process.worker"]
KEPT_LINES = 40  # of what the child wrote on standard error, to tell why it ended
CPU_LIMIT = -getattr(signal, "SIGXCPU", 24)  # the exit code of a child that limits.py ended
GOODBYE = 5.0  # seconds that a killed child gets to be gone
MEMORY_SIGNS = ("bad_alloc", "bad allocation", "MemoryError", "Failed to allocate", "out of memory")
MEMORY_HINT = "give it a machine with more memory, or ask it elsewhere and pass its beliefs"


class Child:
    """One child process; every question gets one answer, in order.

    It is a session of its own, so that Ctrl-C reaches only the parent and ending it ends what
    it started; it ends itself when the parent is gone.

    Raises:
        TeacherError: the system starts no process.
    """

    def __init__(self, name: str, *, timeout: float, threads: int) -> None:
        self.name = name
        self.timeout = timeout
        try:
            home = make_home()
        except OSError as error:
            raise TeacherError(
                f"no folder could be made for the teacher's process: {error}", where=name
            ) from error
        try:
            self._process = Popen(
                COMMAND,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd=home,
                env=environment(home, threads),
                start_new_session=True,
            )
        except OSError as error:
            remove_home(home)
            raise TeacherError(
                f"no process could be started for the teacher: {error}", where=name
            ) from error
        self._end: TeacherError | None = None
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._stderr: deque[bytes] = deque(maxlen=KEPT_LINES)
        readers = [
            threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers)),
            threading.Thread(target=_keep, args=(self._process.stderr, self._stderr)),
        ]
        for reader in readers:
            reader.daemon = True
            reader.start()
        self._readers = readers
        self.close = weakref.finalize(self, _end, self._process, readers, home)

    def tell(self, header: Mapping[str, Any], arrays: Sequence[Array] = ()) -> None:
        """Send a query without waiting; `answer` waits.

        Raises:
            TeacherError: the child is gone.
        """
        if self._process.stdin is None or not self.close.alive:
            raise self._end or TeacherError("the teacher was closed", where=self.name)
        try:
            send(self._process.stdin, header, arrays)
        except OSError:
            raise self._ended() from None

    def has_answer(self) -> bool:
        """Whether `answer` would return, or raise, at once."""
        return not self._answers.empty()

    def answer(self) -> Message:
        """The answer to the oldest open question.

        Raises:
            TeacherError: what the child found wrong, or how it ended, or that `timeout`
                seconds passed without an answer.
        """
        try:
            message = self._answers.get(timeout=self.timeout)
        except queue.Empty:
            self._end = TeacherError(
                f"the teacher gave no answer for {self.timeout:g} seconds and was ended",
                where=self.name,
                hint="allow more with --teacher-timeout, or ask it elsewhere and pass its beliefs",
            )
            self.close()
            raise self._end from None
        if message is None:
            raise self._ended()
        header, _ = message
        if "error" in header:
            error = TeacherError(str(header["error"]), where=self.name)
            for note in header.get("notes", ()):
                error.add_note(str(note))
            raise error
        return message

    def _ended(self) -> TeacherError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GOODBYE)
            self._readers[1].join(GOODBYE)
        lines = [line.decode(errors="replace").strip() for line in self._stderr]
        text = "\n".join(lines)
        if self._process.returncode == CPU_LIMIT:
            end = TeacherError(
                "loading takes more CPU time than a file of its size needs; no code was executed",
                where=self.name,
                hint="if you trust the source of the file, use --trust-pickle",
            )
        elif any(sign in text for sign in MEMORY_SIGNS):
            end = TeacherError("the teacher ran out of memory", where=self.name, hint=MEMORY_HINT)
        else:
            end = TeacherError(
                f"the teacher's process {_manner(self._process.returncode)}",
                where=self.name,
                found=next((f"{line!r}" for line in reversed(lines) if line), None),
                hint="the file may be damaged or made for other versions of its libraries",
            )
        end.add_note(text)
        self._end = end
        self.close()
        return end


def _manner(code: int | None) -> str:
    if code is None:
        return "sent something that is no answer"
    if code >= 0:
        return f"ended with exit code {code}"
    if code == -signal.SIGSEGV:
        return "crashed (segmentation fault)"
    if code == -getattr(signal, "SIGKILL", 9):
        return "was killed (signal 9), as systems do when memory runs out"
    return f"was ended by signal {-code}"


def _pass_on(stream: IO[bytes] | None, answers: queue.SimpleQueue[Message | None]) -> None:
    # What is no message, for whatever reason, is taken like the end of the child.
    with contextlib.suppress(Exception):
        while stream is not None and (message := receive(stream)) is not None:
            answers.put(message)
    answers.put(None)


def _keep(stream: IO[bytes] | None, lines: deque[bytes]) -> None:
    with contextlib.suppress(ValueError, OSError):
        for line in iter(lambda: stream.readline(4096) if stream else b"", b""):
            lines.append(line)


def _end(process: Popen[bytes], readers: Sequence[threading.Thread], home: Path) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GOODBYE)
    for reader in readers:
        reader.join(GOODBYE)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    remove_home(home)
