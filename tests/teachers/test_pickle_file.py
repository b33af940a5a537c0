"""Pickles under the guard: what loads, and what is told of what does not."""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from joblib.numpy_pickle import NumpyPickler
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.file import load_pickle


def fitted(**attributes: Any) -> LogisticRegression:
    """A classifier, which more attributes were smuggled into."""
    model = LogisticRegression().fit(np.eye(4), [0, 1, 0, 1])
    vars(model).update(attributes)
    return model


HONEST: list[NDArray[Any]] = [
    np.array(["a", None], dtype=object),
    np.array([(1, 2.5)], dtype=[("i", "<i4"), ("f", "<f8")]),
    np.array(
        [((1, 2), [3.0, 4.0])], dtype=[("n", [("i", "<i4"), ("j", "<i4")]), ("f", "<f8", (2,))]
    ),
    np.array(["text"], dtype="<U4"),
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array(3.5),
]


@pytest.mark.parametrize("array", HONEST, ids=lambda array: str(array.dtype))
@pytest.mark.parametrize("joblibs", [False, True])
def test_honest_arrays_load(array: NDArray[Any], joblibs: bool, tmp_path: Path) -> None:
    """Arrays of every honest type come back as they were, from pickle and from joblib."""
    path = tmp_path / "array.pkl"
    joblib.dump(array, path) if joblibs else path.write_bytes(pickle.dumps(array))
    loaded = load_pickle(path, trust=False)
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
def test_joblib_files_load_however_they_are_compressed(compress: Any, tmp_path: Path) -> None:
    """The first bytes tell the compression, so that the name need not."""
    path = tmp_path / "model.joblib"
    model = fitted()
    joblib.dump(model, path, compress=compress)
    loaded = load_pickle(path, trust=False)
    np.testing.assert_array_equal(loaded.coef_, model.coef_)


def test_lz4_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, it is named; with it, damage is damage."""
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x04\x22\x4d\x18 and more")
    with pytest.raises(TeacherError, match="not a pickle, or a damaged or forged one"):
        load_pickle(path, trust=False)
    monkeypatch.setitem(sys.modules, "lz4.frame", None)
    with pytest.raises(TeacherError, match="compressed with lz4, which needs a package"):
        load_pickle(path, trust=False)


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"hello", b"\x1f\x8b\x08 no gzip"])
def test_a_file_that_is_not_a_pickle_is_refused(
    content: bytes, trust: bool, tmp_path: Path
) -> None:
    """Files of other kinds end in one line, trusted or not."""
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(TeacherError, match=r"not a pickle, or (a damaged|one (that|whose))"):
        load_pickle(path, trust=trust)


@pytest.mark.parametrize("keep", [20, 200, -10])
def test_a_pickle_cut_short_is_refused(keep: int, tmp_path: Path) -> None:
    """Half a file is not half a model."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(fitted())[:keep])
    with pytest.raises(TeacherError, match="not a pickle, or one that was cut short"):
        load_pickle(path, trust=False)


def test_a_module_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """A trusted file that needs a package says which, and where its folder would go."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cnot_installed_here.models\nClassifier\n)R.")
    with pytest.raises(TeacherError, match=r"not_installed_here.*PYTHONPATH"):
        load_pickle(path, trust=True)


def test_a_name_of_another_version_is_named(tmp_path: Path) -> None:
    """A class that its library no longer has is told as a matter of versions."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"csklearn.ensemble._forest\nOldForest\n)R.")
    with pytest.raises(TeacherError, match=r"other versions of its libraries.*OldForest"):
        load_pickle(path, trust=True)


def test_joblib_and_pickle_agree(tmp_path: Path) -> None:
    """The unpickler is joblib's own, so that its place-holders are known to it."""
    stream = io.BytesIO()
    NumpyPickler(stream).dump({"a": np.arange(5)})
    path = tmp_path / "model.pkl"
    path.write_bytes(stream.getvalue())
    assert load_pickle(path, trust=False)["a"].tolist() == [0, 1, 2, 3, 4]
