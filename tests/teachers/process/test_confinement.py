"""What a model can no longer do in its process: each tried by a trusted file, in the real child."""

from __future__ import annotations

import ast
import functools
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.naive_bayes import GaussianNB

from crembo_cli.commands.app import run
from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process.confinement import NONE
from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher
from tests.teachers.conftest import Loader

pytestmark = [
    pytest.mark.started,
    pytest.mark.skipif(
        sys.platform != "linux", reason="confinement needs Landlock or seccomp, which Linux has"
    ),
]


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@functools.cache
def active() -> str:
    """What this system has to confine a process with, in words."""
    code = "from crembo_cli.teachers.process.confinement import confine; print(confine())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def trusted(folder: Path, code: str) -> Path:
    """A pickle that runs lines of Python when it is loaded, and is trusted."""
    path = folder / "model.pkl"
    path.write_bytes(pickle.dumps(Calls(exec, code, {})))
    return path


ATTEMPTS = """
import os, signal, socket, subprocess, sys
done = {{}}
for name, attempt in {{
    {attempts}
}}.items():
    try:
        attempt()
        done[name] = "done"
    except OSError as error:
        done[name] = type(error).__name__
sys.exit(repr(done))
"""


def outcomes(attempts: dict[str, str], folder: Path, teacher: Loader) -> dict[str, str]:
    """What became of expressions that a trusted file evaluates in the child."""
    lines = ",\n    ".join(f"{name!r}: lambda: {each}" for name, each in attempts.items())
    path = trusted(folder, ATTEMPTS.format(attempts=lines))
    with pytest.raises(TeacherError, match="SystemExit") as caught:
        _ = teacher(path, trust_pickle=True).classes
    found: dict[str, str] = ast.literal_eval(str(caught.value).partition("SystemExit: ")[2])
    return found


def test_a_model_writes_nothing(tmp_path: Path, teacher: Loader) -> None:
    """Not even one whose code is trusted: files are neither made, changed nor removed."""
    if NONE in active():
        pytest.skip("this kernel has neither Landlock nor seccomp")
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("content")
    paths = f"{str(old)!r}, {str(new)!r}"
    attempts = {
        "a new file": f"open({str(new)!r}, 'w')",
        "an old file": f"open({str(old)!r}, 'a')",
        "a shortened file": f"os.truncate({str(old)!r}, 0)",
        "a folder": f"os.mkdir({str(new)!r})",
        "a link": f"os.link({paths})",
        "a symbolic link": f"os.symlink({paths})",
        "another name": f"os.rename({paths})",
        "no file": f"os.unlink({str(old)!r})",
        "a pipe with a name": f"os.mkfifo({str(new)!r})",
        "bytes in memory": "os.write(os.memfd_create('x'), b'y')",
        "reading": f"open({str(old)!r}).read()",
    }
    found = outcomes(attempts, tmp_path, teacher)
    assert found.pop("reading") == "done"
    assert found.pop("bytes in memory") == "OSError"  # File too large: RLIMIT_FSIZE
    assert set(found.values()) == {"PermissionError"}
    assert old.read_text() == "content"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.pkl", "old"]


def test_a_model_reaches_nothing_outside(tmp_path: Path, teacher: Loader) -> None:
    """It opens no socket, starts no process and signals none; threads it may start."""
    if "seccomp" not in active():
        pytest.skip("this kernel has no seccomp")
    command = f"touch {tmp_path / 'ran'}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        attempts = {
            "connect": f"socket.create_connection({server.getsockname()})",
            "a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "fork": "os.fork()",
            "spawn": f"subprocess.run({command.split()})",
            "exec": f"os.execv('/bin/sh', ['/bin/sh', '-c', {command!r}])",
            "a shell": f"os.system({command!r}) and open('/dev/none')",
            "kill": f"os.kill({os.getpid()}, signal.SIGKILL)",
            "a thread": "__import__('threading').Thread(target=print).start()",
        }
        found = outcomes(attempts, tmp_path, teacher)
        with pytest.raises(TimeoutError):  # nobody knocked
            server.accept()
    assert found.pop("a thread") == "done"
    assert found.pop("a shell") == "FileNotFoundError"  # the shell itself was not started
    assert set(found.values()) == {"PermissionError"}
    assert not (tmp_path / "ran").exists()


def test_a_refusal_names_the_confinement(tmp_path: Path, teacher: Loader) -> None:
    """Whoever trusts a file that writes learns why it cannot."""
    if NONE in active():
        pytest.skip("this kernel has neither Landlock nor seccomp")
    path = trusted(tmp_path, f"open({str(tmp_path / 'log')!r}, 'w')")
    with pytest.raises(TeacherError, match=r"PermissionError: .*process may not write files"):
        _ = teacher(path, trust_pickle=True).classes


def test_the_surroundings_hold_no_secrets(
    tmp_path: Path, teacher: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens of the parent are not handed on, and its home is an empty folder, gone afterwards."""
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HTTPS_PROXY", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "secret")
    code = "import os, sys; sys.exit(repr((dict(os.environ), os.getcwd(), os.listdir())))"
    with pytest.raises(TeacherError, match="SystemExit") as caught:
        _ = teacher(trusted(tmp_path, code), trust_pickle=True).classes
    there, home, content = ast.literal_eval(str(caught.value).partition("SystemExit: ")[2])
    assert "secret" not in there.values()
    assert there["ORT_DISABLE_TELEMETRY"] == "1"
    assert there["PATH"] == os.environ["PATH"]
    assert {there[name] for name in ("HOME", "TMPDIR", "MPLCONFIGDIR")} == {home}
    assert content == []
    assert Path(home).name.startswith(f"crembo-teacher-{os.getpid()}-")
    assert not Path(home).exists()


def test_joblib_leaves_nothing_in_shared_memory(tmp_path: Path, teacher: Loader) -> None:
    """An ensemble saved with eight jobs predicts in threads: no process, no semaphore."""
    rows = np.random.default_rng(0).normal(size=(200, 4))
    model = BaggingClassifier(GaussianNB(), n_estimators=16).fit(rows, rows[:, 0] > 0)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model.set_params(n_jobs=8)))
    loaded = teacher(path)
    assert isinstance(loaded, SubprocessTeacher)
    beliefs = loaded.beliefs(pd.DataFrame(rows))
    child = loaded._child._process.pid
    children = Path(f"/proc/{child}/task/{child}/children").read_text()
    shared = [each.name for each in Path("/dev/shm").iterdir()]
    left = [name for name in shared if f"-{child}-" in name or f"_{child}_" in name]
    assert (children, left) == ("", [])
    np.testing.assert_allclose(beliefs, model.set_params(n_jobs=1).predict_proba(rows), atol=1e-6)


def test_inspect_prints_what_is_active(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v, a line on standard error for each means of the kernel."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(GaussianNB().fit(np.eye(4), [0, 1, 0, 1])))
    assert run(["inspect", "-v", str(path)]) == 0
    lines = capsys.readouterr().err.splitlines()
    found = [line for line in lines if not line.startswith("crembo: options: ")]
    assert found
    assert all(line.startswith("crembo: confinement: ") for line in found)
