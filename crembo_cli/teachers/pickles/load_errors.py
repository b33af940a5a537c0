"""The cause behind an error of loading: another version of scikit-learn, or a lost script."""

from __future__ import annotations

import re
from pathlib import Path

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.file import open_unpacked

SEARCHED = 1 << 26  # bytes that are searched for the version; the first estimator states it
# The key of the state, what a pickle writes between two texts, and the version.
VERSION = re.compile(rb"_sklearn_version[^0-9][^.]{0,11}?([0-9]+\.[0-9]+(?:\.[0-9a-z]+)?)", re.S)
# With --trust-pickle, `__main__` is the module of the child process.
SCRIPT_CLASS = re.compile(
    r"__main__\.(\w+)|attribute '(\w+)' on <module '(?:__main__|crembo_cli\.[\w.]+)'"
)
NAME = re.compile(r"sklearn\.[\w.]+")
DAMAGED = "not a pickle, or one that was cut short: "
MISSING_NAME = re.compile(r"found (a call of )?sklearn\.|'sklearn\.|cut short|other versions")


def explain(error: TeacherError, path: Path) -> TeacherError:
    """Return the error that names the cause of `error`, which loading `path` raised."""
    message = str(error)
    script = SCRIPT_CLASS.search(message)
    if script:
        return TeacherError(
            "the file needs a class that is defined in the script that saved it",
            found=f"__main__.{script[1] or script[2]}",
            hint="move the class to a module on PYTHONPATH, save the model again, and use"
            " --trust-pickle",
        )
    saved_by = saved_version(path) if MISSING_NAME.search(message) else None
    if saved_by is None:
        return error
    name = NAME.search(message)
    detail = message.removeprefix(DAMAGED).partition(": - expected")[0]
    return version_error(saved_by, f"a reference to {name[0]}" if name else detail)


def saved_version(path: Path) -> str | None:
    """Return the version of scikit-learn that saved `path`; None if it is this one or unknown."""
    import sklearn

    try:
        with open_unpacked(path) as stream:
            found = VERSION.search(stream.read(SEARCHED))
    except Exception:  # a damaged file has no version
        return None
    version = None if found is None else found[1].decode()
    return None if version == sklearn.__version__ else version


def version_error(saved_by: str, message: str) -> TeacherError:
    """Return the error for a file of another version, whose consequence is `message`."""
    import sklearn

    return TeacherError(
        f"the file was saved by scikit-learn {saved_by} and is read by {sklearn.__version__}",
        found=message,
        hint=f"fit and save the model again with scikit-learn {sklearn.__version__}, or convert it"
        f" to ONNX with skl2onnx where scikit-learn {saved_by} is installed",
    )
