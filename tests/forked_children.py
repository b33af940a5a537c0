"""Child processes of teachers that are forks of one process, whose libraries are imported.

Most tests that ask a teacher prove nothing of how its process starts; importing its libraries
would be most of what they cost. The fork runs the same code on the same pipes with the same limits
and confinement. Tests marked `started` get processes that are started as they are for users.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from crembo_cli.teachers.process.child import COMMAND
from crembo_cli.teachers.process.surroundings import HOMES
from tests.fork_server import NUMBER

SERVER = [sys.executable, "-P", str(Path(__file__).with_name("fork_server.py"))]
# Variables that may differ; the last one is set by whoever imports onnxruntime first.
OWN = {*HOMES, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY"}
IMPORTED = (
    "crembo_cli.teachers.onnx.model", "crembo_cli.teachers.pickles.estimator", "onnx",
    "onnxruntime", "pandas", "joblib", "threadpoolctl",
)  # fmt: skip
# Of these, the server imports what a test has imported, most likely to make a teacher with it.
LIBRARIES = ("sklearn", "lightgbm", "xgboost", "catboost", "scipy")


class ForkedChild:
    """What a `Child` needs of `subprocess.Popen`, for a fork."""

    def __init__(self, pid: int, ends: list[int], code: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: IO[bytes] = os.fdopen(ends[0], "wb")
        self.stdout: IO[bytes] = os.fdopen(ends[1], "rb")
        self.stderr: IO[bytes] = os.fdopen(ends[2], "rb")
        self._code = code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code."""
        if self.returncode is None:
            if not select.select([self._code], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(COMMAND, timeout or 0.0)
            self.returncode = int.from_bytes(os.read(self._code, NUMBER), "little", signed=True)
            os.close(self._code)
        return self.returncode


class Forks:
    """The server, started when the first child is wanted; call it as `subprocess.Popen`.

    While `started`, and where a command or an environment is not the usual one, it starts a
    process.
    """

    def __init__(self) -> None:
        self.started = False
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._environment: Mapping[str, str] = {}

    def __call__(
        self, command: list[str], *, cwd: Path, env: Mapping[str, str], **options: Any
    ) -> subprocess.Popen[bytes] | ForkedChild:
        """Start a child."""
        usual = {name: value for name, value in env.items() if name not in OWN}
        with self._lock:
            if self._server is None:
                self._start(env, usual)
            if self.started or command != COMMAND or usual != self._environment:
                return subprocess.Popen(command, cwd=cwd, env=env, **options)
            return self._fork(cwd, env)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._requests.close()
            self._server.wait()

    def _start(self, env: Mapping[str, str], usual: Mapping[str, str]) -> None:
        self._requests, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            command = [*SERVER, str(other.fileno())]
            self._server = subprocess.Popen(
                command, pass_fds=[other.fileno()], env={**env, **usual}, start_new_session=True
            )
        self._environment = usual

    def _fork(self, cwd: Path, env: Mapping[str, str]) -> ForkedChild:
        made = [
            name
            for name in tuple(sys.modules)
            if name.partition(".")[0] in LIBRARIES and ".externals." not in name
        ]
        request = {
            "module": COMMAND[-1],
            "arguments": [],
            "folder": str(cwd),
            "environment": dict(env),
            "imports": [*IMPORTED, *made],
        }
        pipes = [os.pipe() for _ in range(4)]
        theirs = [pipes[0][0], *(writing for _, writing in pipes[1:])]
        ours = [pipes[0][1], *(reading for reading, _ in pipes[1:])]
        socket.send_fds(self._requests, [json.dumps(request).encode()], theirs)
        for each in theirs:
            os.close(each)
        pid = int.from_bytes(os.read(ours[3], NUMBER), "little")
        return ForkedChild(pid, ours[:3], ours[3])
