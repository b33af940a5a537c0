"""The indices and shapes of loaded models, checked before compiled code follows them unchecked.

Sparse matrices, support vectors, vocabularies, neighbours' labels and centres are arrays of the
file's making; libraries take for granted that they fit each other, since they fitted them. The
nodes of trees are checked by loaded_trees.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.loaded_trees import parts


def check_indices(model: Any) -> None:
    """Check every part of `model` whose indices compiled code follows.

    Raises:
        TeacherError: an index or a shape that leads outside, named with its class.
    """
    for each in parts(model):
        for cls in type(each).__mro__:
            check = CHECKS.get(f"{cls.__module__}.{cls.__name__}")
            if check is not None:
                _run(check, each)


def _run(check: Callable[[Any], bool], each: Any) -> None:
    reason = "parts that do not fit each other"
    try:
        fits = check(each)
    except Exception as error:  # whatever the parts are instead of arrays of numbers
        fits, reason = False, f"{type(error).__name__}: {error}"
    if not fits:
        raise TeacherError(
            f"the {type(each).__name__} in the file is damaged or forged",
            found=reason,
            hint="save the teacher again from where it was fitted",
        )


def _inside(indices: Any, count: int) -> bool:
    """Whether all `indices` are whole numbers from 0 to `count` - 1."""
    numbers = np.asarray(indices)
    if not numbers.size:
        return True
    return numbers.dtype.kind in "iu" and numbers.min() >= 0 and numbers.max() < count


def _check_compressed(matrix: Any) -> bool:
    matrix.check_format(full_check=True)  # raises
    return True


def _check_coordinates(matrix: Any) -> bool:
    type(matrix)((matrix.data, matrix.coords), shape=matrix.shape)  # raises
    return True


def _check_diagonals(matrix: Any) -> bool:
    type(matrix)((matrix.data, matrix.offsets), shape=matrix.shape)  # raises
    return True


def _check_neighbours(model: Any) -> bool:
    if "_y" not in vars(model) or np.ndim(model._y) != 1:
        return True  # several outputs never reach the compiled code
    return len(model._y) == model._fit_X.shape[0] and _inside(model._y, len(model.classes_))


def _check_vocabulary(model: Any) -> bool:
    found = vars(model).get("vocabulary_", {})
    return isinstance(found, dict) and _inside(list(found.values()), len(found))


def _check_centres(model: Any) -> bool:
    centres = vars(model).get("cluster_centers_")
    return centres is None or np.shape(centres)[1:] == (model.n_features_in_,)


def _check_machine(model: Any) -> bool:
    """The arrays of a support vector machine, of k classes and n vectors."""
    if "support_" not in vars(model):
        return True
    counts = np.asarray(model._n_support)
    n, k = len(model.support_), len(counts)
    pairs = k * (k - 1) // 2 if is_classifier(model) else 1
    rows = k - 1 if is_classifier(model) else 1
    vectors = model.support_vectors_.shape
    wide = vectors[0] == n and vectors[1] == model.n_features_in_
    stored = vectors == (0, 0) if model.kernel == "precomputed" else wide
    return bool(
        stored
        and (counts >= 0).all()
        and (counts.sum() == n or not is_classifier(model))
        and _inside(model.support_, model.shape_fit_[0])
        and np.shape(model._dual_coef_) == (rows, n)
        and np.shape(model._intercept_) == (pairs,)
        and np.size(model._probA) in (0, pairs)
        and np.size(model._probB) in (0, pairs)
    )


def is_classifier(model: Any) -> bool:
    """Whether a support vector machine separates classes."""
    return type(model).__name__ in ("SVC", "NuSVC")


CHECKS: dict[str, Callable[[Any], bool]] = {
    "scipy.sparse._compressed._cs_matrix": _check_compressed,
    "scipy.sparse._coo._coo_base": _check_coordinates,
    "scipy.sparse._dia._dia_base": _check_diagonals,
    "sklearn.cluster._kmeans._BaseKMeans": _check_centres,
    "sklearn.feature_extraction._dict_vectorizer.DictVectorizer": _check_vocabulary,
    "sklearn.feature_extraction.text.CountVectorizer": _check_vocabulary,
    "sklearn.neighbors._classification.KNeighborsClassifier": _check_neighbours,
    "sklearn.neighbors._classification.RadiusNeighborsClassifier": _check_neighbours,
    "sklearn.svm._base.BaseLibSVM": _check_machine,
}
