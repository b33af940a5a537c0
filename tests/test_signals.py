"""Runs that are interrupted or killed leave what was there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import small_teachers

CREMBO = [sys.executable, "-m", "crembo_cli", "compress", "teacher.onnx", "data.csv"]
STUDENT = "teacher.student.onnx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A teacher, its table, and an old student and report."""
    small_teachers.teacher(tmp_path / "teacher.onnx")
    small_teachers.table().to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / STUDENT).write_bytes(b"old")
    (tmp_path / "r.json").write_bytes(b"old")
    return tmp_path


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A run in a process of its own, which Ctrl-C interrupts wherever the tests run."""
    return subprocess.Popen(
        [*CREMBO, "--report", "r.json", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  # nothing else runs here yet
            signal.SIGINT, signal.SIG_DFL
        ),
    )


INTERRUPTED_IMPORT = """
import os, signal
try:
    os.kill(os.getpid(), signal.{})
    __import__("time").sleep(9)
except KeyboardInterrupt:
    pass
raise ImportError("initialization failed")
"""


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(each) for each in found]


@pytest.mark.parametrize(
    ("signal_", "code", "last"),
    [
        (signal.SIGINT, 130, "crembo: interrupted; no output is half written"),
        (signal.SIGTERM, 143, "crembo: terminated; no output is half written"),
    ],
)
def test_a_signal_ends_the_run_with_one_line_and_its_code(
    folder: Path, signal_: signal.Signals, code: int, last: str
) -> None:
    """No file changes, and no process is left."""
    run = started(folder, "-v", "--jobs", "2", "--synthetic", "2000000")
    assert run.stderr is not None
    for line in run.stderr:
        if "generating synthetic" in line:
            break
    processes = children(run.pid)
    run.send_signal(signal_)
    out, err = run.communicate(timeout=60)
    assert run.returncode == code
    assert out == ""
    assert err.splitlines()[-1] == last
    assert "Traceback" not in err
    assert sorted(path.name for path in folder.iterdir()) == [
        "data.csv",
        "r.json",
        "teacher.onnx",
        STUDENT,
    ]
    assert (folder / STUDENT).read_bytes() == (folder / "r.json").read_bytes() == b"old"
    assert len(processes) == 2  # the teacher's and the one in the background
    assert not any(Path(f"/proc/{each}").exists() for each in processes)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_a_library_turns_into_an_error_has_its_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    """As compiled modules do when they are interrupted while they are imported."""
    (folder / "pandas.py").write_text(INTERRUPTED_IMPORT.format(name))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    run = started(folder)
    _, err = run.communicate(timeout=60)
    assert run.returncode == code, err
    assert "no output is half written" in err
    assert "defect" not in err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_comparison_leaves_no_process(folder: Path, ending: signal.Signals) -> None:
    """Processes that fit students end with the run, even where it is killed."""
    rows = ("--synthetic", "200000", "--teacher-timeout", "60")
    run = started(folder, "-v", "-s", "auto", "--prefer", "readable", "--jobs", "2", *rows)
    assert run.stderr is not None
    for line in run.stderr:
        if "fitting" in line:
            break
    for _ in range(200):
        if len(children(run.pid)) == 4:  # the teacher, two that fit, and one that Python adds
            break
        time.sleep(0.05)
    beside = children(run.pid)
    assert len(beside) == 4
    run.send_signal(ending)
    _, err = run.communicate(timeout=60)
    assert run.returncode == (130 if ending == signal.SIGINT else -ending)
    if ending == signal.SIGINT:
        assert err.splitlines()[-1] == "crembo: interrupted; no output is half written"
        assert "Traceback" not in err
    for _ in range(200):
        if all(_is_zombie(each) for each in beside):
            break
        time.sleep(0.05)
    assert all(_is_zombie(each) for each in beside)
    assert (folder / STUDENT).read_bytes() == b"old"


def test_killed_at_any_moment_the_old_student_is_whole(folder: Path) -> None:
    """kill -9 at moments from the start to the end: each file is the old one or the new one.

    A report is never one of another run than the student; it may be absent.
    """
    whole = started(folder, "--quick-report", "--synthetic", "0")
    begun = time.perf_counter()
    assert whole.wait() == 0
    seconds = time.perf_counter() - begun
    whole.communicate()
    new = {name: (folder / name).read_bytes() for name in (STUDENT, "r.json")}
    ends = set()
    for part in (0.6, 0.95):
        for name in new:
            (folder / name).write_bytes(b"old")
        run = started(folder, "--quick-report", "--synthetic", "0")
        time.sleep(seconds * part)
        teachers = children(run.pid) if run.poll() is None else []
        run.kill()
        run.communicate()
        ends.add(run.returncode)
        student = (folder / STUDENT).read_bytes()
        assert student in (b"old", new[STUDENT])
        if (folder / "r.json").exists():
            report = (folder / "r.json").read_bytes()
            assert report == b"old" if student == b"old" else report.endswith(b"}\n")
        for each in teachers:
            for _ in range(100):
                if not Path(f"/proc/{each}").exists():
                    break
                time.sleep(0.05)
            assert not Path(f"/proc/{each}").exists() or _is_zombie(each)
    assert -signal.SIGKILL in ends


def _is_zombie(process: int) -> bool:
    """Whether a process has ended, and its parent has not yet asked how."""
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return True
