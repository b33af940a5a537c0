"""The surroundings of a child process: an environment without secrets, and a folder of its own."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

PREFIX = "crembo-teacher-"  # of the folder's name; then the parent's process number
# The variables that a child gets: what Python, the loader and numeric libraries need to start.
KEPT = {
    "PATH", "LANG", "LANGUAGE", "TZ", "VIRTUAL_ENV", "CONDA_PREFIX", "ORT_DISABLE_TELEMETRY",
    "CUDA_VISIBLE_DEVICES", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
}  # fmt: skip
KEPT_PREFIXES = (
    "LC_", "LD_", "DYLD_", "PYTHON", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_",
    "NUMEXPR_", "NUMBA_", "MALLOC_", "GLIBC_", "SKLEARN_", "SCIPY_",
)  # fmt: skip
# What names a folder that libraries write to: all of it becomes the child's own folder.
HOMES = (
    "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
)  # fmt: skip


def make_home() -> Path:
    """Make an empty folder for a child; remove those of parents that were killed."""
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{PREFIX}*"):
        number = left.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not _is_alive(int(number)):
            remove_home(left)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def remove_home(home: Path) -> None:
    """Remove the folder, which is empty: a child writes nothing."""
    with contextlib.suppress(OSError):
        home.rmdir()


def environment(home: Path, threads: int) -> Mapping[str, str]:
    """The environment of a child that lives in `home` and computes with so many threads."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in KEPT or name.upper().startswith(KEPT_PREFIXES)
    }
    if "PYTHONPATH" in kept:  # its folders may be named from here; the child starts elsewhere
        folders = kept["PYTHONPATH"].split(os.pathsep)
        kept["PYTHONPATH"] = os.pathsep.join(str(Path(each).absolute()) for each in folders)
    return {
        **kept,
        **dict.fromkeys(HOMES, str(home)),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _is_alive(number: int) -> bool:
    if os.name == "nt":  # there, os.kill would end the process
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
