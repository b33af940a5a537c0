"""Find what a fitted estimator of scikit-learn knows about the values of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from crembo_cli.dataset.dtypes import ColumnType
from crembo_cli.dataset.literals import MISSING
from crembo_cli.teachers.pickles.booster_columns import (
    KnownColumns,
    booster_columns,
    column_type,
)

INNER = ("best_estimator_", "estimator_", "_preprocessor")  # attributes that hold the next model
VECTORISERS = "sklearn.feature_extraction.text"
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


def find_columns(model: Any, names: Sequence[str] | None, count: int | None) -> KnownColumns:
    """Return what a fitted `model` knows about each column of its table.

    `names` are the columns of the table that it was fitted on, if known; `count` is their number.
    A column that goes into an encoder has the encoder's categories, and one that goes into a
    booster has the booster's.
    """
    found = KnownColumns(types=[ColumnType()] * (count or 0))
    if count is not None:
        _follow(model, list(range(count)), list(names or ()), found)
    return found


def _follow(part: Any, columns: list[int], names: list[str], found: KnownColumns) -> None:
    """Follow `columns`, positions in the table, through a part of the model."""
    if _is_first_model(part, columns, found):
        return
    if hasattr(part, "steps"):
        for _, step in part.steps:
            if step is not None and not isinstance(step, str):
                _follow(step, columns, names, found)
                if not _keeps_columns(step):
                    return
    elif hasattr(part, "transformers_"):
        for _, step, chosen in part.transformers_:
            inner = None if isinstance(step, str) else _resolve(chosen, len(columns), names)
            if inner is not None:
                _follow(step, [columns[i] for i in inner], [], found)
    elif isinstance(getattr(part, "categories_", None), list):
        for column, categories in zip(columns, part.categories_, strict=False):
            found.types[column] = column_type(categories)
    elif hasattr(part, "statistics_"):
        kinds = ["text" if isinstance(value, str) else "number" for value in part.statistics_]
        _set_kinds(columns, kinds, found)
    else:
        _follow_inner(part, columns, names, found)


def _is_first_model(part: Any, columns: list[int], found: KnownColumns) -> bool:
    """Add what a booster or a vectoriser of text knows; return False for anything else."""
    known = booster_columns(part)
    if known is not None:
        _join(known, columns, found)
        return True
    if not type(part).__module__.startswith(VECTORISERS):
        return False
    for column in columns:  # a vectoriser takes no missing cell: NA is a word
        found.types[column] = ColumnType(kind="text", categories=MISSING)
    found.documents.update(columns)
    return True


def _keeps_columns(step: Any) -> bool:
    """Return whether a step of a pipeline passes its columns on: an imputer, or the identity."""
    identity = type(step).__name__ == "FunctionTransformer" and step.func is None
    return identity or hasattr(step, "statistics_")


def _join(known: KnownColumns, columns: list[int], found: KnownColumns) -> None:
    """Add what a booster knows about its columns, which are `columns` of the table."""
    if len(known.types) != len(columns):
        return
    for place, column in enumerate(columns):
        found.types[column] = known.types[place]
        if place in known.lists:
            found.lists[column] = known.lists[place]
    found.codes |= {columns[place] for place in known.codes}
    found.text_only |= {columns[place] for place in known.text_only}


def _set_kinds(columns: list[int], kinds: Sequence[str], found: KnownColumns) -> None:
    """Set the kinds of those columns whose kind is still unknown."""
    for column, kind in zip(columns, kinds, strict=False):
        if not found.types[column].kind:
            found.types[column] = ColumnType(kind=kind)


def _follow_inner(part: Any, columns: list[int], names: list[str], found: KnownColumns) -> None:
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
        found.types[column] = replace(found.types[column], coded=bool(coded))
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
