"""Pickles of other versions and of lost scripts are told as what they are."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tests.in_process import Ran, crembo

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RNG.normal(size=60), "b": RNG.normal(size=60)})
LABELS = (FRAME["a"] > 0).astype(int)
VERSION = f"saved by scikit-learn 1.2.2 and is read by {sklearn.__version__}"


def score(folder: Path, content: bytes, *options: str) -> Ran:
    """Score the table with the pickle `content`."""
    (folder / "teacher.pkl").write_bytes(content)
    FRAME.to_csv(folder / "data.csv", index=False)
    return crembo(folder, "score", "teacher.pkl", "data.csv", "-o", "out.parquet", *options)


def as_version(content: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """The pickle as scikit-learn 1.2.2 would have marked it, with further changes."""
    now = sklearn.__version__.encode()
    assert len(now) == len(b"1.2.2"), "the pickle states the length of the version"
    for old, new in ((now, b"1.2.2"), *changes):
        assert old in content
        content = content.replace(old, new)
    return content


def test_trees_of_another_version_are_not_a_damaged_file(tmp_path: Path) -> None:
    """Their nodes have other fields."""
    forest = RandomForestClassifier(2).fit(FRAME, LABELS)
    content = as_version(pickle.dumps(forest), (b"missing_go_to_left", b"missing_go_to_lift"))
    done = score(tmp_path, content)
    assert done.code == 2
    assert VERSION in done.err
    assert "cut short" not in done.err


def test_an_attribute_that_another_version_did_not_have_names_the_version(tmp_path: Path) -> None:
    """scikit-learn itself raises a bare AttributeError when the model predicts."""
    model: Any = make_pipeline(SimpleImputer(), LogisticRegression()).fit(FRAME, LABELS)
    del model[0]._fill_dtype
    done = score(tmp_path, as_version(pickle.dumps(model)))
    assert done.code == 2
    assert VERSION in done.err
    assert "_fill_dtype" in done.err


def test_a_class_that_has_moved_is_not_an_invitation_to_trust_the_file(tmp_path: Path) -> None:
    """Nor to install `sklearn`."""
    model = HistGradientBoostingClassifier(max_iter=2).fit(FRAME, LABELS)
    content = as_version(pickle.dumps(model), (b"HistGradientBoosting", b"HistGradientBoasting"))
    for options in ((), ("--trust-pickle",)):
        done = score(tmp_path, content, *options)
        assert done.code == 2
        assert VERSION in done.err
        assert "pip install" not in done.err


def test_a_class_of_the_script_is_reported_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file refers to `__main__`, which is crembo now."""
    own: Any = type("Mine", (LogisticRegression,), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "Mine", own, raising=False)
    content = pickle.dumps(own().fit(FRAME, LABELS))
    for options in ((), ("--trust-pickle",)):
        done = score(tmp_path, content, *options)
        assert done.code == 2
        assert "defined in the script that saved it; found __main__.Mine" in done.err


@pytest.mark.parametrize(
    ("model", "protocol"),
    [
        (RandomForestClassifier(2), 0),
        (RandomForestClassifier(2), 1),
        (HistGradientBoostingClassifier(max_iter=2), 0),
        (HistGradientBoostingClassifier(max_iter=2), 2),
    ],
)
def test_old_protocols_are_read(tmp_path: Path, model: Any, protocol: int) -> None:
    """They write the names of Python 2."""
    model.fit(FRAME, LABELS)
    done = score(tmp_path, pickle.dumps(model, protocol=protocol))
    assert done.code == 0, done.err
    found = pd.read_parquet(tmp_path / "out.parquet").to_numpy()
    np.testing.assert_allclose(found, model.predict_proba(FRAME), atol=1e-6)


def test_lz4_of_joblib_is_read(tmp_path: Path) -> None:
    """Where the package lz4 is installed."""
    model = RandomForestClassifier(2).fit(FRAME, LABELS)
    joblib.dump(model, tmp_path / "packed.joblib", compress="lz4")
    done = score(tmp_path, (tmp_path / "packed.joblib").read_bytes())
    assert done.code == 0, done.err
