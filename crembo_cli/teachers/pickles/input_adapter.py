"""Convert the rows of a table to the form that a classifier was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.loaded_trees import parts
from crembo_cli.teachers.process.wire import Array

if TYPE_CHECKING:
    import pandas as pd

Categories = dict[str, list[Any] | None]  # by column; None if the model stores no list


class InputAdapter:
    """A converter to the input that `model` was fitted on; `names` are its columns, if known."""

    def __init__(self, model: Any, names: tuple[str, ...] | None) -> None:
        self._names = names
        self._missing = None if _expects_none(model) else np.nan
        self._categories = _categories(model)
        self._text_only = _text_only(model)

    def rows(self, columns: Sequence[Array]) -> Any:
        """Return a frame with the model's column names, or an array if it knows no names.

        Missing text is None if the model was fitted on None, else NaN, as in pandas.

        Raises:
            TeacherError: a missing cell in a category, which CatBoost does not accept.
        """
        if self._names is None and not self._categories:
            return np.column_stack([self._plain(column) for column in columns])
        import pandas as pd

        names = self._names or tuple(str(place) for place in range(len(columns)))
        return pd.DataFrame(
            {name: self._column(name, column) for name, column in zip(names, columns, strict=True)}
        )

    def _column(self, name: str, column: Array) -> pd.Series[Any]:
        import pandas as pd

        if name in self._categories:
            known = self._categories[name]
            listed = pd.Index(pd.unique(pd.Series(column).dropna()) if known is None else known)
            codes = listed.get_indexer(pd.Index(column))  # -1, missing, where it is not listed
            return pd.Series(pd.Categorical.from_codes(codes, listed))
        if column.dtype != object:
            return pd.Series(column)
        if name in self._text_only and None in column.tolist():
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


def _categories(model: Any) -> Categories:
    """Return the columns that LightGBM or XGBoost takes as pandas categories."""
    package = type(model).__module__.partition(".")[0]
    if package == "lightgbm":
        booster = model.booster_
        infos = booster.dump_model(num_iteration=1)["feature_infos"]
        names = [name for name in booster.feature_name() if infos.get(name, {}).get("values")]
        listed = booster.pandas_categorical or []
        return dict(zip(names, listed, strict=True)) if len(names) == len(listed) else {}
    if package == "xgboost":
        booster = model.get_booster()
        types = booster.feature_types or []
        names = booster.feature_names or [str(place) for place in range(len(types))]
        return {name: None for name, type_ in zip(names, types, strict=True) if type_ == "c"}
    return {}


def _text_only(model: Any) -> set[str]:
    """Return the categorical columns of CatBoost."""
    if type(model).__module__.partition(".")[0] != "catboost":
        return set()
    names = model.feature_names_
    return {names[place] for place in model.get_cat_feature_indices()}
