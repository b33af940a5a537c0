"""Convert the rows of a table to the form that a classifier was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.column_types import find_columns
from crembo_cli.teachers.pickles.loaded_trees import parts
from crembo_cli.teachers.process.wire import Array

if TYPE_CHECKING:
    import pandas as pd


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
        count = len(names) if count is None and names is not None else count
        self._columns = find_columns(model, names, 1 if self._text_input else count)
        self.column_types = tuple(self._columns.types)

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
            return _fill(columns[0])
        if self._package == "lightgbm" and self._columns.lists:
            # LightGBM replaces categories by codes: an array of codes needs no pandas dtypes
            coded = [self._coded(place, column) for place, column in enumerate(columns)]
            return np.column_stack(coded)
        names = self._names or (tuple(table_names) if self._frame and table_names else None)
        if names is None and not self._columns.lists:
            for place in self._columns.codes:
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

        if place in self._columns.lists:
            known = self._columns.lists[place]
            # XGBoost itself refuses a text that is not in its list
            new = sorted(set(pd.Series(column).dropna()) - set(known))
            return pd.Series(pd.Categorical(pd.Series(column), categories=[*known, *new]))
        if place in self._columns.codes:
            codes = _check_codes(column, f"column {name!r}")
            return pd.Series(pd.Categorical.from_codes(codes, pd.RangeIndex(codes.max() + 1)))
        if column.dtype != object:
            return pd.Series(column)
        if place in self._columns.text_only and None in column.tolist():
            raise TeacherError(
                "CatBoost does not accept missing cells in a category",
                where=f"column {name!r}",
                hint="fill the missing cells with the value that was used for training",
            )
        if place in self._columns.documents:
            return pd.Series(_fill(column), dtype="str")
        plain = self._plain(column)
        return pd.Series(plain, dtype=object if self._missing is None else "str")

    def _plain(self, column: Array) -> Array:
        if column.dtype != object or self._missing is None:
            return column
        return np.array([self._missing if cell is None else cell for cell in column], dtype=object)

    def _coded(self, place: int, column: Array) -> Array:
        """Return a column for LightGBM: the codes of categories, NaN for other values."""
        if place not in self._columns.lists:
            return self._plain(column)
        codes = {_key(value): float(code) for code, value in enumerate(self._columns.lists[place])}
        return np.array([codes.get(_key(cell), np.nan) for cell in column.tolist()])


def _fill(column: Array) -> Array:
    """Return a column of documents, with an empty one for a missing cell."""
    return np.array(["" if cell is None else cell for cell in column], dtype=object)


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
