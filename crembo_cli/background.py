"""Work in a second process of a run, which imports while the first one does.

Importing what fits a small table takes as long as fitting it, and threads of one process cannot
import in parallel. A pool of `multiprocessing` would import the caller's script anew, which need
not be guarded against that.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, ParamSpec, TypeVar

from crembo_cli.start import import_without_searching

P = ParamSpec("P")
Result = TypeVar("Result")
Process = subprocess.Popen[bytes]
Answer = tuple[Any] | None  # None: the call failed

COMMAND = [sys.executable, "-P", "-m", "crembo_cli.background"]
LENGTH = 8  # bytes of the length before each request
PATIENCE = 5.0  # seconds that a killed process gets to be gone


class Background:
    """A process that calls functions while the caller goes on, `threads` - 1 at a time.

    Where all of `imports` are imported already, as in a notebook, threads take its place. With
    one thread, and where the process does not start, ends early or fails, the functions are
    called in this process when their results are wanted.
    """

    def __init__(self, threads: int, imports: Sequence[str] = ()) -> None:
        self.threads = threads
        self._process: Process | None = None
        self._answers: list[Answer] = []
        self._sent = 0
        self._pool: ThreadPoolExecutor | None = None
        process = _started.pop(tuple(imports), None)
        if threads < 2 or _has_imported(imports):
            if process is not None:
                _end(process)
            if threads > 1:
                self._pool = ThreadPoolExecutor(threads - 1)
            return
        self._process = _start(imports) if process is None else process
        if self._process is not None:
            self._end = weakref.finalize(self, _end, self._process)
            self._send(pickle.dumps(threads - 1))
            self._sent = 0  # that one is not answered

    @property
    def apart(self) -> bool:
        """Whether calls are another process's, and so share nothing with this one's."""
        return self._process is not None

    def begin(
        self, function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], Result]:
        """Begin to call `function`, of a module; what is returned waits for its result."""
        if self._pool is not None:
            return self._pool.submit(function, *args, **kwargs).result
        try:
            request = pickle.dumps((function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError):  # a class in a function, say
            request = None
        number = None if request is None else self._send(request)

        def wait() -> Result:
            answer = None if number is None else self._receive(number)
            return function(*args, **kwargs) if answer is None else answer[0]

        return wait

    def close(self) -> None:
        """End the process, or the threads after their calls; closing twice is allowed."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self._process is not None:
            self._process = None
            self._end()

    def _send(self, request: bytes) -> int | None:
        """Send a request and return its number; None without a process."""
        if self._process is None or self._process.stdin is None:
            return None
        try:
            self._process.stdin.write(len(request).to_bytes(LENGTH, "little"))
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except OSError:
            self.close()
            return None
        self._sent += 1
        return self._sent - 1

    def _receive(self, number: int) -> Answer:
        """Wait for the answer to a request; None if there is none."""
        while len(self._answers) <= number:
            if self._process is None or self._process.stdout is None:
                return None
            try:
                self._answers.append(pickle.load(self._process.stdout))
            except (EOFError, OSError, pickle.UnpicklingError):
                self.close()
        answer, self._answers[number] = self._answers[number], None
        return answer


_started: dict[tuple[str, ...], Process] = {}  # by what they import
NONE = Background(1)  # calls in this process


def start_early(imports: Sequence[str]) -> None:
    """Start the process of the next `Background` with these imports.

    For a command line, which has yet to import what it needs itself. A process that no
    `Background` takes over ends with this one.
    """
    process = None if _has_imported(imports) else _start(imports)
    if process is not None:
        _started[tuple(imports)] = process


def _has_imported(names: Sequence[str]) -> bool:
    return bool(names) and all(name in sys.modules for name in names)


def _start(imports: Sequence[str]) -> Process | None:
    """A process that imports; None where it cannot be started."""
    with contextlib.suppress(OSError):
        return subprocess.Popen(
            [*COMMAND, *imports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what fails there is called again, and fails, here
            start_new_session=True,  # Ctrl-C reaches the parent alone
        )
    return None


def _end(process: Process) -> None:
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # what was not written cannot be any more
                stream.close()


def _read(incoming: IO[bytes], requests: queue.SimpleQueue[bytes]) -> None:
    """Pass requests on, so that the parent never waits to send one, until the parent is gone."""
    try:
        while length := incoming.read(LENGTH):
            requests.put(incoming.read(int.from_bytes(length, "little")))
    finally:
        os._exit(0)  # nobody wants the calls that go on


def _answer(answers: queue.SimpleQueue[Future[Any]], outgoing: IO[bytes]) -> None:
    while True:
        answer: Answer = None
        with contextlib.suppress(Exception):
            answer = (answers.get().result(),)
        pickle.dump(answer, outgoing, pickle.HIGHEST_PROTOCOL)
        outgoing.flush()


def main() -> None:
    """Talk to the parent through the pipes; what libraries print goes to standard error."""
    import_without_searching()
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    answers: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(incoming, requests), daemon=True).start()
    threading.Thread(target=_answer, args=(answers, outgoing), daemon=True).start()
    for name in sys.argv[1:]:
        importlib.import_module(name)
    pool = ThreadPoolExecutor(pickle.loads(requests.get()))
    while True:
        function, args, kwargs = pickle.loads(requests.get())
        answers.put(pool.submit(function, *args, **kwargs))


if __name__ == "__main__":
    main()
