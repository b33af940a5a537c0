"""Find what a fitted estimator of scikit-learn knows about the values of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from crembo_cli.dataset.dtypes import ColumnType

INNER = ("best_estimator_", "estimator_", "_preprocessor")  # attributes that hold the next model
UNTYPED = ("FunctionTransformer", "DummyClassifier", "Pipeline", "FeatureUnion")
NUMERIC = (  # modules whose estimators take numbers only, unless they have categories_
    "sklearn.preprocessing",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "sklearn.tree",
    "sklearn.svm",
    "sklearn.neighbors",
    "sklearn.naive_bayes",
    "sklearn.neural_network",
    "sklearn.discriminant_analysis",
    "sklearn.gaussian_process",
    "sklearn.decomposition",
)


def find_column_types(
    model: Any, names: Sequence[str] | None, count: int | None
) -> tuple[ColumnType, ...]:
    """Return the type of each column of a fitted `model`; () if their number is unknown.

    `names` are the columns of the table that it was fitted on, if known; `count` is their number.
    A column that goes into an encoder has the encoder's categories.
    """
    if count is None:
        return ()
    found = [ColumnType()] * count
    _follow(model, list(range(count)), list(names or ()), found)
    return tuple(found)


def column_type(categories: Sequence[Any]) -> ColumnType:
    """Return the type of a column with these known categories; missing ones are ignored."""
    known = [
        value.item() if isinstance(value, np.generic) else value
        for value in categories
        if value is not None and value == value  # noqa: PLR0124 - NaN
    ]
    if known and all(isinstance(value, str) for value in known):
        return ColumnType(kind="text", categories=tuple(known))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
    return ColumnType(kind="number" if known and numbers else "", coded=True)


def _follow(part: Any, columns: list[int], names: list[str], found: list[ColumnType]) -> None:
    """Follow `columns`, positions in the table, through a part of the model."""
    if hasattr(part, "steps"):
        for _, step in part.steps:
            if step is not None and not isinstance(step, str):
                _follow(step, columns, names, found)
                if not hasattr(step, "statistics_"):  # an imputer keeps the columns
                    return
    elif hasattr(part, "transformers_"):
        for _, step, chosen in part.transformers_:
            inner = None if isinstance(step, str) else _resolve(chosen, len(columns), names)
            if inner is not None:
                _follow(step, [columns[i] for i in inner], [], found)
    elif isinstance(getattr(part, "categories_", None), list):
        for column, categories in zip(columns, part.categories_, strict=False):
            found[column] = column_type(categories)
    elif hasattr(part, "statistics_"):
        kinds = ["text" if isinstance(value, str) else "number" for value in part.statistics_]
        _set_kinds(columns, kinds, found)
    else:
        _follow_inner(part, columns, names, found)


def _set_kinds(columns: list[int], kinds: Sequence[str], found: list[ColumnType]) -> None:
    """Set the kinds of those columns whose kind is still unknown."""
    for column, kind in zip(columns, kinds, strict=False):
        if not found[column].kind:
            found[column] = ColumnType(kind=kind)


def _follow_inner(part: Any, columns: list[int], names: list[str], found: list[ColumnType]) -> None:
    inner = [each for name in INNER if (each := getattr(part, name, None)) is not None]
    inner += [step for _, step in getattr(part, "transformer_list", ())]
    several = getattr(part, "estimators_", None)
    if isinstance(several, list) and several and not hasattr(part, "estimators_features_"):
        inner += [each for each in several if not isinstance(each, str)][:1]
    calibrated = getattr(part, "calibrated_classifiers_", None)
    if calibrated:
        inner.append(calibrated[0].estimator)
    for each in inner:
        _follow(each, columns, names, found)
    categorical = getattr(part, "is_categorical_", None)  # of HistGradientBoostingClassifier
    for column, coded in zip(columns, () if categorical is None else categorical, strict=False):
        found[column] = replace(found[column], coded=bool(coded))
    module = type(part).__module__
    typed = type(part).__name__ not in UNTYPED and module.startswith(NUMERIC)
    if typed and (not inner or hasattr(part, "_preprocessor")):
        _set_kinds(columns, ["number"] * len(columns), found)


def _resolve(chosen: Any, count: int, names: list[str]) -> list[int] | None:
    """Return the positions that a ColumnTransformer chooses; None if a name is unknown."""
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            return None
        return list(range(count))[chosen]
    items: list[Any] = [chosen] if isinstance(chosen, str | int) else list(chosen)
    if items and all(isinstance(each, bool | np.bool_) for each in items):
        return [i for i, each in enumerate(items) if each]
    if all(isinstance(each, str) for each in items):
        return [names.index(each) for each in items] if set(items) <= set(names) else None
    return [int(each) % count for each in items]
