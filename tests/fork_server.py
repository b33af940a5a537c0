"""Start child processes that find their libraries imported: `python -P fork_server.py SOCKET`.

Libraries take seconds of every process that imports them. This process imports them once, and
forks; a fork runs its module as `python -P -m MODULE` does, limits and confines itself, and
speaks through the pipes that came with the request. It must not be a module of the tests: a child
process of crembo's knows nothing of them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from crembo_cli.teachers.process import timing
from crembo_cli.teachers.process.limits import limit_this_process

FILES = 256  # no process here has more open
NUMBER = 4  # bytes of a process's number and of its exit code
FAILED = 70  # the exit code of a fork that cannot run its module


def become(
    module: str,
    arguments: Sequence[str],
    *,
    streams: Sequence[int],
    folder: str | Path,
    environment: Mapping[str, str],
) -> None:
    """Turn this process, a fork, into one that runs `module`; it never returns.

    `streams` are its standard input, output and error.
    """
    code = FAILED
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, FILES)
        sys.argv = ["", *arguments]
        sys.dont_write_bytecode = True
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # as the interpreter ends
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def import_all(names: Sequence[str]) -> None:
    """Import what is new of these modules, as far as it can be."""
    new = [name for name in names if name not in sys.modules]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in new:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    if new:
        gc.collect()
        gc.freeze()  # the forks share the memory of what was imported


def serve(requests: socket.socket) -> None:
    """Answer requests until the tests are over; the exit code of each fork goes to its own pipe."""
    ends: dict[int, int] = {}

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                code, end = os.waitstatus_to_exitcode(ended[1]), ends.pop(ended[0])
                with contextlib.suppress(OSError):  # nobody waits for it any more
                    os.write(end, code.to_bytes(NUMBER, "little", signed=True))
                os.close(end)

    timing.SPENT, timing.CALLS = 0.01, 1  # the speed of a teacher, in most tests, is any number
    limit_this_process(None)  # joblib, once imported, would use the semaphores that it finds
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests hear it, and end
    signal.signal(signal.SIGCHLD, reap)
    while True:
        text, descriptors, _, _ = socket.recv_fds(requests, 2**20, 4)
        if not text:
            return
        request = json.loads(text)
        import_all(request["imports"])
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            become(
                request["module"],
                request["arguments"],
                streams=descriptors[:3],
                folder=request["folder"],
                environment=request["environment"],
            )
        for each in descriptors[:3]:
            os.close(each)
        ends[process] = descriptors[3]
        os.write(descriptors[3], process.to_bytes(NUMBER, "little"))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
