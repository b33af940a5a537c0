"""The limit of CPU time, and the folders of children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crembo_cli.teachers.process.limits import loading_seconds
from crembo_cli.teachers.process.surroundings import environment, make_home, remove_home

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")


def test_the_limit_grows_with_the_file() -> None:
    """A small file gets half a minute; 100 megabytes of opcodes get little more than one."""
    assert loading_seconds(0) == 30
    assert loading_seconds(2_000_000) == 36
    assert loading_seconds(100_000_000) == 69


@posix
@pytest.mark.parametrize(("inside", "code"), [(True, -signal.SIGXCPU), (False, 0)])
def test_a_loader_that_only_computes_is_ended(inside: bool, code: int, tmp_path: Path) -> None:
    """While it loads, a process has its seconds; afterwards it may compute as long as it likes."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"")
    program = f"""
import time
from pathlib import Path
from crembo_cli.teachers.process import limits
limits.LOADING_SECONDS = 0.1
def compute():
    began = time.process_time()
    while time.process_time() < began + 2.5:
        pass
with limits.limited_cpu(Path({str(path)!r})):
    compute() if {inside} else None
compute()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == code


def test_folders_of_parents_that_were_killed_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next child clears them; those of parents that live, and files of others, stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, alive, other = (
        tmp_path / f"crembo-teacher-{ended.pid}-x",
        tmp_path / f"crembo-teacher-{os.getppid()}-x",
        tmp_path / "crembo-teacher-notes",
    )
    for each in (left, alive, other):
        each.mkdir()
    home = make_home()
    assert sorted(tmp_path.iterdir()) == sorted([alive, other, home])
    remove_home(home)
    assert not home.exists()


def test_relative_import_folders_are_found_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHONPATH=code means the folder that it meant where crembo was started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["code", "/elsewhere"]))
    found = environment(tmp_path, 2)
    assert found["PYTHONPATH"].split(os.pathsep) == [str(tmp_path / "code"), "/elsewhere"]
    assert found["OMP_NUM_THREADS"] == "2"
