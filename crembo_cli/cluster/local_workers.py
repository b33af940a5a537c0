"""A scheduler and N workers of one thread on this machine, for the time of a run: `local:N`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from crembo_cli.errors import ClusterError

STARTED = 60.0  # seconds that the scheduler has to listen
GOODBYE = 5.0  # seconds that an ended process has to be gone
SCHEDULER = "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"
WORKER = (
    "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard",
    "--host", "127.0.0.1", "--memory-limit", "0", "--death-timeout", "60",
)  # fmt: skip
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, kw_only=True)
class LocalWorkers:
    """Processes of this machine."""

    address: str  # of the scheduler
    processes: tuple[subprocess.Popen[bytes], ...]  # it first

    def check(self) -> None:
        """Raise ClusterError where the scheduler, or all workers, have ended."""
        scheduler, *workers = (each.poll() for each in self.processes)
        if scheduler is not None or None not in workers:
            what = "the scheduler" if scheduler is not None else "all workers"
            codes = {code for code in (scheduler, *workers) if code is not None}
            raise ClusterError(
                f"{what} of --dask local ended",
                found=f"exit code {', '.join(map(str, sorted(codes)))}",
                hint="the machine may have too little memory for so many workers",
            )


@contextmanager
def local_workers(count: int) -> Iterator[LocalWorkers]:
    """Start a scheduler and `count` workers on the loopback interface; end them afterwards."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="crembo-workers-"))
        port = _free_port()
        address = f"tcp://127.0.0.1:{port}"
        commands = [
            (*SCHEDULER, "--port", str(port)),
            *[(*WORKER, "--local-directory", folder, address)] * count,
        ]
        processes = tuple(stack.enter_context(_process(each, folder)) for each in commands)
        found = LocalWorkers(address=address, processes=processes)
        _wait_for(port, found.check)
        yield found


@contextmanager
def _process(command: tuple[str, ...], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python as a session of its own: Ctrl-C reaches this process alone."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "crembo_cli.cluster.local_process", *command],
        stdin=subprocess.PIPE,  # its end is that of this process
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ONE_THREAD, "DASK_TEMPORARY_DIRECTORY": folder},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GOODBYE)
    if process.stdin is not None:
        process.stdin.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, check: Callable[[], None]) -> None:
    """Wait until a process listens; `check` raises where none will."""
    began = time.monotonic()
    while time.monotonic() - began < STARTED:
        check()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.05)
    raise ClusterError("the scheduler of --dask local did not start")
