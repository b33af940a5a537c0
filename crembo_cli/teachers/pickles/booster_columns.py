"""Find what a fitted booster knows about the values of its columns."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from crembo_cli.dataset.dtypes import ColumnType
from crembo_cli.dataset.literals import UCI_MISSING

NUMBER = ColumnType(kind="number")
Lists = dict[int, list[Any]]  # the categories of a column, by its position


@dataclass(kw_only=True)
class KnownColumns:
    """What a model knows about its columns, by their positions."""

    types: list[ColumnType]  # one per column; empty if their number is unknown
    lists: Lists = field(default_factory=dict)
    codes: set[int] = field(default_factory=set)  # of categories that the model does not store
    text_only: set[int] = field(default_factory=set)  # categories that are never missing
    documents: set[int] = field(default_factory=set)  # texts that a vectoriser takes apart


def booster_columns(model: Any) -> KnownColumns | None:
    """Return what a booster knows; None for a model of another library."""
    package = getattr(model, "package", type(model).__module__.partition(".")[0])
    if package == "lightgbm" and hasattr(model, "booster_"):
        booster = model.booster_
        lists = _lightgbm_lists(booster)
        types = _types_of_lists(lists, booster.num_feature(), _coded_columns(booster))
        return KnownColumns(types=list(types), lists=lists)
    if package == "xgboost" and hasattr(model, "get_booster"):
        booster = model.get_booster()
        lists, codes = _xgboost_lists(booster)
        types = _types_of_lists(lists, booster.num_features(), codes)
        return KnownColumns(types=list(types), lists=lists, codes=codes)
    if package == "catboost" and hasattr(model, "get_cat_feature_indices"):
        text_only = set(model.get_cat_feature_indices())
        # CatBoost takes no missing category, so "?" was a category in its training, and "nan" is
        # what `astype(str)` makes of a missing cell
        text = ColumnType(kind="text", categories=(UCI_MISSING, "nan"))
        places = text_only | set(model.get_text_feature_indices())
        count = len(model.feature_names_ or ())
        return KnownColumns(
            types=[text if i in places else NUMBER for i in range(count)], text_only=text_only
        )
    return None


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


def _types_of_lists(lists: Lists, count: int, coded: Set[int]) -> tuple[ColumnType, ...]:
    """Return text for columns with a list of texts, and numbers for columns without a list."""
    return tuple(
        column_type(lists[place]) if place in lists else replace(NUMBER, coded=place in coded)
        for place in range(count)
    )


def _coded_columns(booster: Any) -> set[int]:
    """Return the columns that LightGBM takes as codes, with or without a list of categories."""
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    names = enumerate(booster.feature_name())
    return {place for place, name in names if infos.get(name, {}).get("values")}


def _xgboost_lists(booster: Any) -> tuple[Lists, set[int]]:
    """Return the stored categories, and the categorical columns without stored categories."""
    types = booster.feature_types or []
    stored: list[tuple[str, Any]] = []
    if hasattr(booster, "get_categories"):  # from version 3.1 on
        stored = booster.get_categories(export_to_arrow=True).to_arrow() or []
    lists = {place: each.to_pylist() for place, (_, each) in enumerate(stored) if each is not None}
    return lists, {place for place, type_ in enumerate(types) if type_ == "c"} - set(lists)


def _lightgbm_lists(booster: Any) -> Lists:
    """Assign the categories that LightGBM stores, in the order of its columns, to columns.

    LightGBM does not store which column a list belongs to. A column that may have a list has
    categorical splits whose values are codes of that list, or is constant. Lists keep the order
    of the columns; among the assignments the one with the most categorical columns wins.
    """
    lists = booster.pandas_categorical or []
    if not lists:
        return {}
    infos = booster.dump_model(num_iteration=1)["feature_infos"]
    names = booster.feature_name()
    values = [infos[name]["values"] if name in infos else None for name in names]
    worst = -(10**9)
    best = [0] + [worst] * len(lists)  # score of the first k lists on the columns so far
    steps: list[list[bool]] = []
    for known in values:
        used = [False] * (len(lists) + 1)
        for k in range(len(lists), 0, -1):
            size = len(lists[k - 1])
            if known is None:  # a constant column
                score = 1 + (size == 1)
            else:  # the value -1 is a missing cell; numeric columns have no values
                score = 3 if known and set(known) <= set(range(-1, size)) else worst
            if best[k - 1] + score > best[k]:
                best[k], used[k] = best[k - 1] + score, True
        steps.append(used)
    found: Lists = {}
    k = len(lists)
    for column in range(len(values) - 1, -1, -1):
        if k and steps[column][k]:
            found[column] = lists[k - 1]
            k -= 1
    return found if k == 0 and best[len(lists)] > 0 else {}
