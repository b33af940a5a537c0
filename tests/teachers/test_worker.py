"""The worker, as a process of its own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process import timing
from crembo_cli.teachers.process.timing import CALLS, SPENT
from crembo_cli.teachers.process.wire import receive, send
from crembo_cli.teachers.process.worker import answer, refusal
from tests.teachers.conftest import Loader

pytestmark = pytest.mark.started


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def calling(path: Path, function: Any, *arguments: Any) -> Path:
    """A pickle that calls a function when it is loaded."""
    path.write_bytes(pickle.dumps(Calls(function, *arguments)))
    return path


def test_what_a_model_prints_is_not_a_message(tmp_path: Path, teacher: Loader) -> None:
    """A file that prints while it loads does not disturb the messages."""
    path = calling(tmp_path / "model.pkl", print, "x" * 100)
    with pytest.raises(TeacherError, match="expected a classifier; found an object of builtins"):
        _ = teacher(path, trust_pickle=True).classes


def test_more_memory_than_allowed_is_explained(tmp_path: Path, teacher: Loader) -> None:
    """A model that wants more than its limit is refused; the machine does not notice."""
    path = calling(tmp_path / "model.pkl", bytearray, 4 * 10**9)
    with pytest.raises(TeacherError, match=r"^model\.pkl: the teacher ran out of memory"):
        _ = teacher(path, trust_pickle=True, memory_limit=10**9).classes


def test_a_crash_while_loading_is_explained(tmp_path: Path, teacher: Loader) -> None:
    """A file that takes the process down does not take crembo down."""
    path = calling(tmp_path / "model.pkl", os.abort)
    with pytest.raises(TeacherError, match="was ended by signal"):
        _ = teacher(path, trust_pickle=True).classes


def test_a_file_that_never_loads_is_ended(tmp_path: Path, teacher: Loader) -> None:
    """A file that hangs is given up after the limit."""
    path = calling(tmp_path / "model.pkl", time.sleep, 600)
    with pytest.raises(TeacherError, match="no answer for 3 seconds"):
        _ = teacher(path, trust_pickle=True, timeout=3.0).classes


def test_a_file_that_exits_is_explained(tmp_path: Path, teacher: Loader) -> None:
    """Leaving by sys.exit is a failure like any other."""
    path = calling(tmp_path / "model.pkl", sys.exit, "enough")
    with pytest.raises(TeacherError, match="the teacher failed: SystemExit: enough"):
        _ = teacher(path, trust_pickle=True).classes


def test_a_hostile_file_does_not_run(tmp_path: Path, teacher: Loader) -> None:
    """Without --trust-pickle, through the whole way, nothing of the file happens."""
    marker = tmp_path / "ran"
    path = calling(tmp_path / "model.pkl", os.mkdir, str(marker))
    with pytest.raises(TeacherError, match=r"^model\.pkl: .*no code was executed; found .*mkdir"):
        _ = teacher(path).classes
    assert not marker.exists()


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    """A worker whose parent is gone ends by itself, even amid its work."""
    path = calling(tmp_path / "model.pkl", time.sleep, 600)
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "crembo_cli.teachers.process.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with worker:
        assert worker.stdin is not None
        load = {"do": "load", "path": str(path), "format": "pickle", "trust": True}
        send(worker.stdin, {**load, "hard_labels": False, "threads": 1, "memory": None})
        worker.stdin.close()
        assert worker.wait(30) == 0
        assert worker.stdout is not None
        assert receive(worker.stdout) is None


def test_a_file_in_the_current_folder_is_not_imported(
    tmp_path: Path, teacher: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker does not import what lies where crembo was started."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    monkeypatch.chdir(tmp_path)
    path = calling(tmp_path / "model.pkl", list)
    with pytest.raises(TeacherError, match="expected a classifier"):
        _ = teacher(path, trust_pickle=True).classes


def test_errors_are_one_line() -> None:
    """Our own words stay; memory, missing libraries and all else are named."""
    assert refusal(TeacherError("what", found="x"))["error"] == "what; found x"
    assert refusal(MemoryError("any"))["error"] == "the teacher ran out of memory"
    assert refusal(RuntimeError("std::bad_alloc"))["error"] == "the teacher ran out of memory"
    missing = ModuleNotFoundError("no", name="xgboost")
    assert "pip install xgboost" in refusal(missing)["error"]
    failed = refusal(ValueError("first\nsecond"))
    assert failed["error"] == "the teacher failed: ValueError: first"


class Sleepy:
    """A model that takes `naps` seconds for any rows, one after the other, the last for ever."""

    info: Any = None

    def __init__(self, *naps: float) -> None:
        self.naps = naps
        self.calls = 0

    def rows(self, header: dict[str, Any], arrays: list[Any]) -> None:
        """No rows are needed."""

    def predict(self, rows: None) -> None:
        """Nothing, slowly."""
        time.sleep(self.naps[min(self.calls, len(self.naps) - 1)])
        self.calls += 1

    def scores(self, answer: None, count: int) -> Any:
        """Never asked for."""
        raise NotImplementedError


@pytest.fixture
def measured_as_for_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as for users, and as many calls; other tests measure speeds briefly."""
    monkeypatch.setattr(timing, "SPENT", SPENT)
    monkeypatch.setattr(timing, "CALLS", CALLS)


@pytest.mark.usefixtures("measured_as_for_users")
def test_a_rate_is_rows_over_seconds() -> None:
    """A hundred rows in a fiftieth of a second are at most 5000 a second; the first call, which
    warms up, does not count.
    """
    sleepy = Sleepy(0.0, 0.02)
    told, arrays = answer(sleepy, {"do": "time", "rows": 100}, [])
    assert arrays == []
    assert 500 < told["rows_per_second"] <= 5000
    assert sleepy.calls > 2


@pytest.mark.usefixtures("measured_as_for_users")
def test_one_slow_call_of_a_busy_machine_does_not_set_the_rate() -> None:
    """Another call is made after one of nearly a second, and the quicker one counts."""
    sleepy = Sleepy(0.9, 0.25)
    told, _ = answer(sleepy, {"do": "time", "rows": 100}, [])
    assert 125 < told["rows_per_second"] <= 400
    assert sleepy.calls == 2


@pytest.mark.usefixtures("measured_as_for_users")
def test_a_very_slow_model_is_queried_once() -> None:
    """Where one call takes a second, it is the measure."""
    sleepy = Sleepy(1.01)
    told, _ = answer(sleepy, {"do": "time", "rows": 100}, [])
    assert told["rows_per_second"] < 100
    assert sleepy.calls == 1
