"""Forged indices, which compiled code of the libraries would follow out of its memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.ensemble import GradientBoostingClassifier, IsolationForest
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR, NuSVC, OneClassSVM

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.loaded_indices import check_indices
from crembo_cli.teachers.pickles.loaded_trees import check_trees

ROWS = np.random.default_rng(0).normal(size=(60, 4))
KIND = np.arange(60) % 3
TEXTS = ["one two", "two three", "three four", "four five"]


def sparse() -> Any:
    """A linear classifier with sparse weights."""
    return LogisticRegression().fit(ROWS, KIND).sparsify()


HONEST: dict[str, Any] = {
    "sparse": sparse(),
    "coordinates": [csr_matrix(np.eye(3)).tocoo(), csr_matrix(np.eye(3)).tocsc()],
    "diagonals": csr_matrix(np.eye(3)).todia(),
    "neighbours": KNeighborsClassifier().fit(ROWS, KIND),
    "neighbours of two outputs": KNeighborsClassifier().fit(ROWS, np.c_[KIND, KIND]),
    "radius": RadiusNeighborsClassifier().fit(ROWS, KIND),
    "vocabulary": TfidfVectorizer().fit(TEXTS),
    "names": DictVectorizer().fit([{"a": 1, "b": "x"}]),
    "centres": KMeans(2, n_init=1).fit(ROWS),
    "machine": SVC().fit(ROWS, KIND),
    "machine of two classes": SVC().fit(ROWS, KIND > 0),
    "machine of sparse rows": SVC().fit(csr_matrix(ROWS), KIND),
    "machine of a kernel": SVC(kernel="precomputed").fit(ROWS @ ROWS.T, KIND),
    "machine of shares": NuSVC(nu=0.3).fit(ROWS, KIND),
    "machine of numbers": SVR().fit(ROWS, KIND),
    "machine of one class": OneClassSVM().fit(ROWS),
    "not fitted": [SVC(), KMeans(), KNeighborsClassifier(), TfidfVectorizer()],
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_models_pass(kind: str) -> None:
    """Whatever the libraries fitted is accepted."""
    check_indices(HONEST[kind])


def change(model: Any, attribute: str, value: Any) -> Any:
    """`model` with another value of an attribute."""
    vars(model)[attribute] = value
    return model


def with_column(model: Any, column: int) -> Any:
    """Sparse weights whose first one is of another column."""
    model.coef_.indices[0] = column
    return model


FORGED: dict[str, Callable[[], Any]] = {
    "a column outside": lambda: with_column(sparse(), 10**6),
    "a column before the first": lambda: with_column(sparse(), -1),
    "a label outside": lambda: change(
        KNeighborsClassifier().fit(ROWS, KIND), "_y", np.full(60, 10**6)
    ),
    "too few labels": lambda: change(KNeighborsClassifier().fit(ROWS, KIND), "_y", KIND[:2]),
    "a label of a radius": lambda: change(
        RadiusNeighborsClassifier().fit(ROWS, KIND), "_y", np.full(60, -1)
    ),
    "a word outside": lambda: change(TfidfVectorizer().fit(TEXTS), "vocabulary_", {"one": 10**6}),
    "a word that is no number": lambda: change(
        TfidfVectorizer().fit(TEXTS), "vocabulary_", {"one": "two"}
    ),
    "a name outside": lambda: change(DictVectorizer().fit([{"a": 1}]), "vocabulary_", {"a": 7}),
    "centres of another width": lambda: change(
        KMeans(2, n_init=1).fit(ROWS), "cluster_centers_", np.ones((2, 1))
    ),
    "counts past the vectors": lambda: change(
        SVC().fit(ROWS, KIND), "_n_support", np.array([10**6, 1, 1], np.int32)
    ),
    "too few weights": lambda: change(SVC().fit(ROWS, KIND), "_dual_coef_", np.ones((2, 1))),
    "too few intercepts": lambda: change(SVC().fit(ROWS, KIND), "_intercept_", np.ones(1)),
    "no array at all": lambda: change(SVC().fit(ROWS, KIND), "_n_support", "text"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_indices_that_lead_outside_are_refused(kind: str) -> None:
    """They are found wherever they lie in a model, before a row is predicted."""
    with pytest.raises(TeacherError, match=r"in the file is damaged or forged"):
        check_indices(make_pipeline(FORGED[kind]()))


def in_place_of_a_tree(ensemble: Any) -> Any:
    """An ensemble whose first tree is another object with the same attributes."""
    impostor = LogisticRegression()
    vars(impostor).update(n_features_in_=4, tree_=b"bytes")
    trees = np.asarray(ensemble.estimators_, dtype=object)
    trees.flat[0] = impostor
    return change(ensemble, "estimators_", trees)


@pytest.mark.parametrize(
    "ensemble",
    [GradientBoostingClassifier(n_estimators=2), IsolationForest(n_estimators=2)],
    ids=str,
)
def test_a_value_that_is_not_a_tree_is_refused_in_its_place(ensemble: Any) -> None:
    """Compiled code would take the bytes of any object for a tree."""
    with pytest.raises(TeacherError, match="LogisticRegression in the place of a BaseDecisionTree"):
        check_trees(in_place_of_a_tree(ensemble.fit(ROWS, KIND)))
