"""A real scheduler of Dask and its workers, as processes of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOPBACK = "--host", "127.0.0.1", "--no-dashboard"


@contextmanager
def process(
    *arguments: str, environment: Mapping[str, str] | None = None, python: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python until the end of the block."""
    running = subprocess.Popen(
        [sys.executable, *python, "-m", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def scheduler(protocol: str = "tcp", environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start a scheduler; return its address."""
    port = free_port()
    options = ["--port", str(port), "--protocol", protocol]
    with process("distributed.cli.dask_scheduler", *LOOPBACK, *options, environment=environment):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                yield f"{protocol}://127.0.0.1:{port}"
                return
            time.sleep(0.05)
        raise AssertionError("no scheduler")


@contextmanager
def worker(
    address: str,
    folder: Path,
    *,
    nanny: bool = False,
    environment: Mapping[str, str] | None = None,
    python: tuple[str, ...] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker of one thread."""
    arguments = ["--nthreads", "1", "--nanny" if nanny else "--no-nanny"]
    with process(
        "distributed.cli.dask_worker",
        *LOOPBACK,
        *arguments,
        "--local-directory",
        str(folder),
        address,
        environment=environment,
        python=python,
    ) as running:
        yield running
