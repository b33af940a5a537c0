"""Pickles that would run code: none of it may even begin."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.file import load_pickle


class Calls:
    """An object whose pickle calls a function with arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that hostile pickles create if anything of them runs."""
    return tmp_path / "ran"


def touch(marker: Path) -> Calls:
    """An object whose pickle creates the marker."""
    return Calls(os.system, f"touch {marker}")


def fitted(**attributes: Any) -> LogisticRegression:
    """A classifier, which more attributes were smuggled into."""
    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    vars(model).update(attributes)
    return model


Writer = Callable[[Path, Path], None]


def plain(protocol: int) -> Writer:
    """A pickle that is nothing but a call, in one of pickle's protocols."""
    return lambda path, marker: path.write_bytes(pickle.dumps(touch(marker), protocol)) and None


def in_an_estimator(path: Path, marker: Path) -> None:
    """The call hides in an attribute of an honest classifier."""
    path.write_bytes(pickle.dumps(fitted(extra={"deep": [touch(marker)]})))


def in_an_array(path: Path, marker: Path) -> None:
    """joblib writes an array of objects as a pickle of its own, which it reads by itself."""
    array = np.empty(1, dtype=object)
    array[0] = touch(marker)
    joblib.dump(fitted(extra=array), path)


def compressed(path: Path, marker: Path) -> None:
    """The same behind joblib's compression."""
    array = np.empty(1, dtype=object)
    array[0] = touch(marker)
    joblib.dump(fitted(extra=array), path, compress=("xz", 3))


def by_name(text: bytes) -> Writer:
    """A pickle written by hand, whose %s is the marker's path."""
    return lambda path, marker: path.write_bytes(text.replace(b"%s", str(marker).encode())) and None


HOSTILE = {
    **{f"protocol {number}": plain(number) for number in range(6)},
    "in an estimator": in_an_estimator,
    "in joblib's array": in_an_array,
    "compressed": compressed,
    "the old opcode INST": by_name(b"(S'touch %s'\nios\nsystem\n."),
    "the old opcode OBJ": by_name(b"(cos\nsystem\nS'touch %s'\no."),
    "numpy.testing": by_name(
        b'cnumpy.testing._private.utils\nrunstring\n(S\'open("%s", "w")\'\n(dtR.'
    ),
    "a dotted name": by_name(
        b"\x80\x04\x8c\x0dsklearn.utils\x8c\x09os.system\x93(S'touch %s'\ntR."
    ),
    "eval": by_name(b'cbuiltins\neval\n(S\'open("%s", "w")\'\ntR.'),
    "getattr": by_name(b"cbuiltins\ngetattr\n(cbuiltins\nobject\nS'mro'\ntR."),
    "pandas": by_name(b"cpandas.io.pickle\nread_pickle\n(S'%s'\ntR."),
    "joblib": by_name(b"cjoblib.numpy_pickle\nload\n(S'%s'\ntR."),
    "a ufunc by name": by_name(
        b"cnumpy._core\n_ufunc_reconstruct\n(S'os'\nS'system'\ntR(S'touch %s'\ntR."
    ),
    "partial": by_name(b"cfunctools\npartial\n(cos\nsystem\nS'touch %s'\ntR)R."),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_of_a_hostile_file_runs(kind: str, tmp_path: Path, marker: Path) -> None:
    """Whatever way the code hides in a file, the file is refused, and leaves no trace."""
    path = tmp_path / "hostile.pkl"
    HOSTILE[kind](path, marker)
    with pytest.raises(TeacherError, match="not on the allow-list; no code was executed"):
        load_pickle(path, trust=False)
    assert not marker.exists()


def test_a_trusted_file_runs_its_code(tmp_path: Path, marker: Path) -> None:
    """--trust-pickle does what its name says: the test above would see a marker."""
    path = tmp_path / "trusted.pkl"
    plain(4)(path, marker)
    assert load_pickle(path, trust=True) == 0
    assert marker.exists()


def test_the_refused_name_is_told(tmp_path: Path, marker: Path) -> None:
    """The message names what the file wanted."""
    path = tmp_path / "hostile.pkl"
    plain(4)(path, marker)
    with pytest.raises(TeacherError, match=rf"found {os.system.__module__}\.system"):
        load_pickle(path, trust=False)


def test_the_state_of_a_distribution_is_not_executed(tmp_path: Path) -> None:
    """scipy.stats passes a part of its pickled state to exec, so its classes are refused."""
    from scipy.stats import loguniform

    path = tmp_path / "search.pkl"
    path.write_bytes(pickle.dumps(fitted(param_distributions={"C": loguniform(0.1, 10)})))
    with pytest.raises(TeacherError, match=r"scipy\.stats"):
        load_pickle(path, trust=False)


LYING = {
    "objects called numbers": ("O8", (3, "|", None, None, None, -1, -1, 0)),
    "a record of objects": (
        "V16",
        (3, "|", None, ("a", "b"), {"a": (np.dtype("O"), 0), "b": (np.dtype("i8"), 0)}, 16, 1, 63),
    ),
    "a field outside the record": (
        "V8",
        (3, "|", None, ("a",), {"a": (np.dtype("i8"), 4096)}, 8, 1, 0),
    ),
}


class Lying:
    """A dtype whose pickled state is of our making."""

    def __init__(self, kind: str, state: Any) -> None:
        self.parts = np.dtype, (kind, False, True), state

    def __reduce__(self) -> Any:
        return self.parts


@pytest.mark.parametrize("kind", LYING)
def test_a_dtype_that_hides_pointers_is_refused(kind: str, tmp_path: Path) -> None:
    """Raw bytes of the file must never be taken for pointers to objects."""
    path = tmp_path / "forged.pkl"
    path.write_bytes(pickle.dumps(Lying(*LYING[kind])))
    with pytest.raises(TeacherError, match="a numpy dtype that hides pointers"):
        load_pickle(path, trust=False)
