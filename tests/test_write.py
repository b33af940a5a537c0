"""Files are written whole or not at all, and all of them or none."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from crembo_cli.errors import OutputError
from crembo_cli.files import check_output, write_folder, write_together


def names(folder: Path) -> list[str]:
    """The names of what lies in the folder."""
    return sorted(path.name for path in folder.iterdir())


def test_files_are_written(tmp_path: Path) -> None:
    """New files and old ones get their content, and nothing else is left."""
    (tmp_path / "old.json").write_bytes(b"old")
    write_together({tmp_path / "new.onnx": b"1", tmp_path / "old.json": b"2"})
    assert (tmp_path / "new.onnx").read_bytes() == b"1"
    assert (tmp_path / "old.json").read_bytes() == b"2"
    assert names(tmp_path) == ["new.onnx", "old.json"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_follows_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    """A file gets the rights that any other program would give it, and the umask stays."""
    before = os.umask(mask)
    try:
        write_together({tmp_path / "new.onnx": b"1"})
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.onnx").stat().st_mode) == mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a symbolic link points to is written, there or not yet."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "v1.onnx").write_bytes(b"old")
    for link, target in (("a.onnx", "store/v1.onnx"), ("b.onnx", "store/v2.onnx")):
        (tmp_path / link).symlink_to(target)
        check_output(tmp_path / link, [])
        write_together({tmp_path / link: b"new"})
        assert (tmp_path / link).is_symlink()
        assert (tmp_path / target).read_bytes() == b"new"
    assert names(tmp_path / "store") == ["v1.onnx", "v2.onnx"]


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    """The name written to beside the place is short, so that a long one can be written."""
    path = tmp_path / ("x" * 250 + ".onnx")
    check_output(path, [])
    write_together({path: b"1"})
    assert path.read_bytes() == b"1"


def test_all_or_none(tmp_path: Path) -> None:
    """Where the last file cannot be put in its place, the others are as they were."""
    (tmp_path / "old.onnx").write_bytes(b"old")
    old = (tmp_path / "old.onnx").stat()
    (tmp_path / "taken.json").mkdir()
    with pytest.raises(OutputError, match=r"taken\.json: the output cannot be written"):
        write_together(
            {
                tmp_path / "old.onnx": b"1",
                tmp_path / "new.md": b"2",
                tmp_path / "taken.json": b"3",
            }
        )
    assert (tmp_path / "old.onnx").read_bytes() == b"old"
    assert (tmp_path / "old.onnx").stat().st_mtime_ns == old.st_mtime_ns
    assert names(tmp_path) == ["old.onnx", "taken.json"]


def test_nothing_is_moved_before_all_is_written(tmp_path: Path) -> None:
    """A folder that has gone meanwhile stops the run before any file has changed."""
    (tmp_path / "old.onnx").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"r\.json: the output cannot be written; found No such"):
        write_together({tmp_path / "old.onnx": b"1", tmp_path / "gone" / "r.json": b"2"})
    assert (tmp_path / "old.onnx").read_bytes() == b"old"
    assert names(tmp_path) == ["old.onnx"]


def bad_outputs(folder: Path) -> dict[str, Path]:
    """Paths that cannot be written, by what is said of them."""
    (folder / "file").write_bytes(b"")
    (folder / "loop.onnx").symlink_to("loop.onnx")
    os.mkfifo(folder / "pipe.onnx")
    return {
        "the output is a folder": folder,
        "the output folder does not exist": folder / "gone" / "s.onnx",
        "no folder": folder / "file" / "s.onnx",
        "the output cannot be written; found No such file": Path("/proc/s.onnx"),
        "found File name too long": folder / ("x" * 300),
        "the output is a device or a pipe": folder / "pipe.onnx",
        "a device": Path("/dev/null"),
        "found Symlink loop": folder / "loop.onnx",
    }


def test_bad_outputs_are_refused_beforehand(tmp_path: Path) -> None:
    """What cannot be written is told before the work begins, and looking leaves nothing."""
    for message, path in bad_outputs(tmp_path).items():
        with pytest.raises(OutputError) as told:
            check_output(path, [])
        assert message in str(told.value)
        assert str(path) in str(told.value)
    assert names(tmp_path) == ["file", "loop.onnx", "pipe.onnx"]


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's rights are tried on by root alone")
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    """A folder that this user may not write to is refused."""
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path;"
        "from crembo_cli.files import check_output;"
        "os.setuid(65534); check_output(Path('s.onnx'), [])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith(
        "s.onnx: the output cannot be written; found Permission denied; "
        "wanted a path that can be written to"
    )


def test_killed_at_any_moment_a_file_is_whole(tmp_path: Path) -> None:
    """kill -9 while files are written over and over: each is whole, and all are of one write.

    The first is always there; the next write takes away what the kill left.
    """
    code = (
        "import sys; from pathlib import Path;"
        "from crembo_cli.files import write_together;"
        "a, b = Path('a.onnx'), Path('b.json')\n"
        "for k in range(10**9):\n"
        "    write_together({a: b'%09d' % k * 50000, b: b'%09d' % k * 100})\n"
        "    print(flush=True)\n"
    )
    for wait in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.0013 * wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        first = (tmp_path / "a.onnx").read_bytes()
        assert first == first[:9] * 50000
        if (tmp_path / "b.json").exists():
            assert (tmp_path / "b.json").read_bytes() == first[:9] * 100
    write_together({tmp_path / "a.onnx": b"1", tmp_path / "b.json": b"2"})
    assert names(tmp_path) == ["a.onnx", "b.json"]


def test_a_kill_between_two_moves_leaves_files_of_one_run(tmp_path: Path) -> None:
    """At each moment of the moves: old files alone, or new files alone, and never both."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from crembo_cli.files import write_together\n"
        "left = int(sys.argv[1])\n"
        "def kill(event, arguments):\n"
        "    global left\n"
        "    if event in ('os.rename', 'os.remove'):\n"
        "        left -= 1\n"
        "        if left < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(kill)\n"
        "write_together({Path(name): b'new' for name in ('s.onnx', 'r.json', 'r.md')})\n"
    )
    ends = []
    for left in range(60):
        for name in ("s.onnx", "r.json", "r.md"):
            (tmp_path / name).write_bytes(b"old")
        done = subprocess.run([sys.executable, "-c", code, str(left)], cwd=tmp_path, check=False)
        ends.append(done.returncode)
        found = {path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".part"}
        assert found in ({b"old"}, {b"new"})
        assert (tmp_path / "s.onnx").exists()
        if done.returncode == 0:
            break
    assert ends[:6] == [-signal.SIGKILL] * 6
    assert ends[-1] == 0


def test_parts_of_dead_runs_are_removed_and_those_of_running_ones_are_not(tmp_path: Path) -> None:
    """A run clears its output's folder of what a killed one left, and of nothing else."""
    code = (
        "import os; from pathlib import Path; from crembo_cli.files import new_part\n"
        "with new_part(Path('.')) as (path, file):\n"
        "    print(path.name, flush=True); input()\n"
    )
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen(command, cwd=tmp_path, stdin=pipe, stdout=pipe, text=True)
        for _ in range(2)
    ]
    parts = [run.stdout.readline().strip() for run in runs if run.stdout]
    (tmp_path / ".crembo-notes.txt").write_text("mine")
    (tmp_path / ".crembo-link.part").symlink_to("nowhere")
    runs[0].kill()
    runs[0].wait()
    check_output(tmp_path / "s.onnx", [])
    assert names(tmp_path) == sorted([".crembo-link.part", ".crembo-notes.txt", parts[1]])
    runs[1].communicate("\n")
    assert runs[1].returncode == 0
    assert names(tmp_path) == [".crembo-link.part", ".crembo-notes.txt"]
    for run in runs:
        for stream in (run.stdin, run.stdout):
            if stream:
                stream.close()


def test_a_folder_that_is_still_written_to_is_removed_whole(tmp_path: Path) -> None:
    """On an error, while workers elsewhere know nothing of it yet."""
    for number in range(3):
        with ThreadPoolExecutor(2) as workers, pytest.raises(ValueError, match="an error"):
            _fail_while_it_is_written(tmp_path / f"{number}", workers)
    assert names(tmp_path) == []


def _fail_while_it_is_written(path: Path, workers: ThreadPoolExecutor) -> None:
    begun = [Event(), Event()]
    with write_folder(path) as folder:
        for worker, each in enumerate(begun):
            workers.submit(_write_until_it_is_gone, folder, worker, each)
        for each in begun:
            assert each.wait(10)
        raise ValueError("an error")


def _write_until_it_is_gone(folder: Path, worker: int, begun: Event) -> None:
    for number in range(2_000):
        try:
            (folder / f"{worker}-{number}").write_bytes(b"part")
        except OSError:
            return
        if number == 20:
            begun.set()
