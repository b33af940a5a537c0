"""No command connects to anything: strace watches them, and their child processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STRACE = shutil.which("strace")
CONNECT = "from socket import *; socket(AF_INET, SOCK_DGRAM).connect(('127.0.0.1', 9))"


def attempts(code: str, folder: Path) -> list[str]:
    """The system calls of a program, and of the processes it starts, that address a network."""
    log = folder / "strace.log"
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    watch = [str(STRACE), "-f", "--seccomp-bpf", "-qq", "-e", calls, "-o", log]
    done = subprocess.run(
        [*watch, sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr and "Operation not permitted" in done.stderr:
        pytest.skip("this system allows no strace")
    assert done.returncode == 0, done.stderr
    return [line for line in log.read_text().splitlines() if "AF_INET" in line]


@pytest.mark.skipif(STRACE is None, reason="needs strace")
def test_no_command_connects(
    teacher: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that runs a model, without telemetry switched off by hand; a control does."""
    assert attempts(CONNECT, tmp_path)
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    commands = [
        ["compress", str(teacher), str(data), "-o", "student.onnx", "--quick-report", "--synthetic",
         "0", "--thresholds", "2", "--report", "report.html"],
        ["evaluate", "student.onnx", str(data), "--teacher", str(teacher)],
        ["score", str(teacher), str(data), "-o", "beliefs.csv"],
        ["compare", "student.onnx", "student.onnx", str(data), "--teacher", str(teacher)],
        ["inspect", str(teacher)],
        ["mlflow", "student.onnx", "model"],
        ["explain", "student.onnx", "-f", "svg", "-o", "tree.svg"],
    ]  # fmt: skip
    code = f"""
import sys
from crembo_cli.commands.app import run
sys.exit(max(map(run, {commands})))
"""
    assert attempts(code, tmp_path) == []


def test_an_unwritable_home_prints_no_warning(teacher: Path, data: Path, tmp_path: Path) -> None:
    """matplotlib and onnxruntime keep their caches or do without, under --quiet in silence."""
    code = f"""
import os, sys
os.environ["HOME"] = "/proc/none"
for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "ORT_DISABLE_TELEMETRY"):
    os.environ.pop(name, None)
from crembo_cli.commands.app import main
sys.exit(main(["compress", {str(teacher)!r}, {str(data)!r}, "-o", "student.onnx", "--quick-report",
               "--synthetic", "0", "--thresholds", "2", "--quiet", "--report", "report.html"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "<svg" in (tmp_path / "report.html").read_text()
