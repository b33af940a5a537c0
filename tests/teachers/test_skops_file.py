"""`.skops` files under the same list."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.skops_file import load_skops

ROWS = np.random.default_rng(0).normal(size=(60, 4))
KIND = np.where(ROWS[:, 0] > 0, "yes", "no")


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(3, random_state=0),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(FunctionTransformer(np.absolute), LogisticRegression()),
    ],
    ids=["pipeline", "forest", "boosting", "function"],
)
def test_classifiers_load(model: BaseEstimator, tmp_path: Path) -> None:
    """What skops does not trust by itself, but the list has, is loaded without a question."""
    path = tmp_path / "model.skops"
    pytest.importorskip("skops.io").dump(model.fit(ROWS, KIND), path)
    loaded = load_skops(path, trust=False)
    np.testing.assert_array_equal(loaded.predict_proba(ROWS), model.predict_proba(ROWS))


def hidden(path: Path) -> None:
    """A classifier with a function off the list in one of its attributes."""
    model: Any = LogisticRegression().fit(ROWS, KIND)
    model.extra = os.system
    pytest.importorskip("skops.io").dump(model, path)


def test_a_name_off_the_list_is_refused_by_name(tmp_path: Path) -> None:
    """The same refusal as a pickle's, with every name that is not trusted."""
    path = tmp_path / "model.skops"
    hidden(path)
    with pytest.raises(
        TeacherError, match=r"not on the allow-list.*(posix|nt)\.system.*--trust-pickle"
    ):
        load_skops(path, trust=False)


def test_a_trusted_file_loads(tmp_path: Path) -> None:
    """--trust-pickle trusts what the file names."""
    path = tmp_path / "model.skops"
    hidden(path)
    assert load_skops(path, trust=True).extra is os.system


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 half a zip"])
def test_a_file_that_is_not_a_skops_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """Files of other kinds end in one line."""
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(TeacherError, match=r"not a \.skops file, or one that was cut short"):
        load_skops(path, trust=False)
