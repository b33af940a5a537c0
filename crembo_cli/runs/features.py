"""Read a table with the types that the teacher, or an earlier table, has for its features."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.errors import DataError
from crembo_cli.runs.options import TableOptions

if TYPE_CHECKING:
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import Teacher


def read_features(
    data: object, teacher: Teacher, options: TableOptions, encoding: Encoding | None
) -> Table:
    """Read `data`; cells that `teacher` knows as categories are text and never missing.

    `encoding` is that of an earlier table, as in `label_table`. Raises DataError.
    """
    import pandas as pd

    from crembo_cli.dataset.columns import check_named
    from crembo_cli.dataset.frames import read_data
    from crembo_cli.dataset.spellings import mark_missing, read_thousands
    from crembo_cli.dataset.table import Table

    def expected(names: tuple[str, ...]) -> dict[str, ColumnType]:
        header = Table(name="", sha256="", frame=pd.DataFrame(columns=list(names)))
        try:
            features = choose(header, teacher, options, encoding).features
        except DataError:  # raised again for the whole table
            return {}
        return column_types(features, teacher, options, encoding)

    table = read_data(data, expected=expected, missing=options.missing, thousands=options.thousands)
    features = choose(table, teacher, options, encoding).features
    check_named(table, features, options.text, "--text")
    check_named(table, features, options.number, "--number")
    table = mark_missing(table, features, options.missing)
    if options.thousands is None:
        return table
    types = column_types(features, teacher, options, encoding)
    kinds = {name: types[name].kind if name in types else "" for name in features}
    columns = [name for name in features if kinds[name] != "text"]
    numbers = [name for name in features if kinds[name] == "number"]
    return read_thousands(table, columns, options.thousands, numbers)


def choose(
    table: Table, teacher: Teacher, options: TableOptions, encoding: Encoding | None
) -> Columns:
    """Choose the columns of `table` for `teacher`, or for an earlier table. Raises DataError."""
    from crembo_cli.dataset.columns import choose_columns

    return choose_columns(
        table,
        label=options.label,
        features=options.features,
        drop=options.drop,
        wanted_names=(
            teacher.feature_names
            if encoding is None
            else tuple(each.name for each in encoding.features)
        ),
        wanted_count=teacher.n_features,
    )


def column_types(
    features: tuple[str, ...],
    teacher: Teacher,
    options: TableOptions,
    encoding: Encoding | None,
) -> dict[str, ColumnType]:
    """The types of the features: the user's, those of an earlier table, those of the teacher."""
    from crembo_cli.dataset.dtypes import ColumnType

    known = teacher.column_types(len(features))
    types = dict(zip(features, known, strict=False))
    for kind, names in (("text", options.text), ("number", options.number)):
        for name in names:
            types[name] = replace(types.get(name, ColumnType()), kind=kind)
    if encoding is None:
        return types
    for i, (name, feature) in enumerate(zip(features, encoding.features, strict=True)):
        categories = known[i].categories if i < len(known) else ()
        types[name] = ColumnType(
            kind="text" if feature.categories else "number",
            categories=(*feature.categories, *categories),
        )
    return types
