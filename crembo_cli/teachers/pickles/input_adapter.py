"""Convert the rows of a table to the form that a classifier was fitted on."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.dtypes import ColumnType
from crembo_cli.dataset.literals import UCI_MISSING
from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.column_types import column_type, find_column_types
from crembo_cli.teachers.pickles.loaded_trees import parts
from crembo_cli.teachers.process.wire import Array

if TYPE_CHECKING:
    import pandas as pd

NUMBER = ColumnType(kind="number")
Lists = dict[int, list[Any]]  # the categories of a column, by its position


class InputAdapter:
    """A converter to the input that `model` was fitted on.

    `names` are the columns of the training table and `count` is their number, if known.
    `column_types` is what the model knows about their values; () if it knows nothing.
    """

    def __init__(self, model: Any, names: tuple[str, ...] | None, count: int | None = None) -> None:
        self._names = names
        self._missing = None if _expects_none(model) else np.nan
        self._package = getattr(model, "package", type(model).__module__.partition(".")[0])
        self._frame = count is None and names is None  # fitted on an unknown kind of table
        self._text_input = _takes_one_text(model)
        self._lists: Lists = {}
        self._codes: set[int] = set()
        self._text_only: set[int] = set()
        count = len(names) if count is None and names is not None else count
        if self._package == "lightgbm":
            self._lists = _lightgbm_lists(model.booster_)
            self.column_types = _types_of_lists(self._lists, count, _coded_columns(model.booster_))
        elif self._package == "xgboost":
            self._lists, self._codes = _xgboost_lists(model.get_booster())
            self.column_types = _types_of_lists(self._lists, count, self._codes)
        elif self._package == "catboost":
            self._text_only = set(model.get_cat_feature_indices())
            # CatBoost takes no missing category, so "?" was a category in its training
            text = ColumnType(kind="text", categories=(UCI_MISSING,))
            types = [text if i in self._text_only else NUMBER for i in range(count or 0)]
            for i in model.get_text_feature_indices():
                types[i] = text
            self.column_types = tuple(types)
        else:
            self.column_types = find_column_types(model, names, count)

    def rows(self, columns: Sequence[Array], table_names: Sequence[str] = ()) -> Any:
        """Return the rows in the form that the model was fitted on.

        That is an array, or a frame if the model knows names or could be fitted on a frame only;
        a model without names gets those of the table, `table_names`. Missing text is None if the
        model was fitted on None, else NaN, as in pandas.

        Raises:
            TeacherError: a missing cell in a category, which CatBoost does not accept, or a cell
                that is not a category code.
        """
        import pandas as pd

        if self._text_input and len(columns) == 1:
            return self._plain(columns[0])
        if self._package == "lightgbm" and self._lists:
            # LightGBM replaces categories by codes: an array of codes needs no pandas dtypes
            coded = [self._coded(place, column) for place, column in enumerate(columns)]
            return np.column_stack(coded)
        names = self._names or (tuple(table_names) if self._frame and table_names else None)
        if names is None and not self._lists:
            for place in self._codes:
                _check_codes(columns[place], f"column number {place}")
            return np.column_stack([self._plain(column) for column in columns])
        names = names or tuple(str(place) for place in range(len(columns)))
        return pd.DataFrame(
            {
                name: self._column(place, name, column)
                for place, (name, column) in enumerate(zip(names, columns, strict=True))
            }
        )

    def _column(self, place: int, name: str, column: Array) -> pd.Series[Any]:
        import pandas as pd

        if place in self._lists:
            known = self._lists[place]
            # XGBoost itself refuses a text that is not in its list
            new = sorted(set(pd.Series(column).dropna()) - set(known))
            return pd.Series(pd.Categorical(pd.Series(column), categories=[*known, *new]))
        if place in self._codes:
            codes = _check_codes(column, f"column {name!r}")
            return pd.Series(pd.Categorical.from_codes(codes, pd.RangeIndex(codes.max() + 1)))
        if column.dtype != object:
            return pd.Series(column)
        if place in self._text_only and None in column.tolist():
            raise TeacherError(
                "CatBoost does not accept missing cells in a category",
                where=f"column {name!r}",
                hint="fill the missing cells with the value that was used for training",
            )
        plain = self._plain(column)
        return pd.Series(plain, dtype=object if self._missing is None else "str")

    def _plain(self, column: Array) -> Array:
        if column.dtype != object or self._missing is None:
            return column
        return np.array([self._missing if cell is None else cell for cell in column], dtype=object)

    def _coded(self, place: int, column: Array) -> Array:
        """Return a column for LightGBM: the codes of categories, NaN for other values."""
        if place not in self._lists:
            return self._plain(column)
        codes = {_key(value): float(code) for code, value in enumerate(self._lists[place])}
        return np.array([codes.get(_key(cell), np.nan) for cell in column.tolist()])


def _key(value: Any) -> Any:
    """Return a value such that 1, 1.0 and True are equal, and differ from the text '1'."""
    return value if isinstance(value, str) or value is None else float(value)


def _check_codes(column: Array, where: str) -> Array:
    """Return category codes, int64 with -1 for missing; raise TeacherError if they are none."""
    if column.dtype != object:
        values = column.astype(np.float64)
        present = values[~np.isnan(values)]
        if (present >= 0).all() and (present == np.rint(present)).all():
            return np.where(np.isnan(values), -1, values).astype(np.int64)
    raise TeacherError(
        "expected category codes (whole numbers from 0): the model stores no categories",
        where=where,
        hint="encode the column as for the training of the model",
    )


def _expects_none(model: Any) -> bool:
    """Return whether `model` has an encoder or an imputer that was fitted on None."""
    for each in parts(model):
        if type(each).__module__.startswith("sklearn.impute") and each.missing_values is None:
            return True
        categories = getattr(each, "categories_", None)
        if isinstance(categories, list) and any(
            cell is None for kind in categories for cell in kind
        ):
            return True
    return False


def _takes_one_text(model: Any) -> bool:
    """Return whether `model` is a pipeline that begins with a vectoriser of text."""
    steps = getattr(model, "steps", None) or [("", None)]
    return type(steps[0][1]).__module__.startswith("sklearn.feature_extraction.text")


def _types_of_lists(lists: Lists, count: int | None, coded: Set[int]) -> tuple[ColumnType, ...]:
    """Return text for columns with a list of texts, and numbers for columns without a list."""
    return tuple(
        column_type(lists[place]) if place in lists else replace(NUMBER, coded=place in coded)
        for place in range(count or 0)
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
