"""Read a table with the types that the teacher, or an earlier table, has for its features."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crembo_cli.errors import DataError
from crembo_cli.runs.options import TableOptions

if TYPE_CHECKING:
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.dtypes import ColumnType
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import Teacher


def read_features(
    data: object, teacher: Teacher, options: TableOptions, encoding: Encoding | None
) -> Blocks:
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

    blocks = read_data(
        data, expected=expected, missing=options.missing, thousands=options.thousands
    )
    features = choose(blocks.head, teacher, options, encoding).features
    check_named(blocks.head, features, options.text, "--text")
    check_named(blocks.head, features, options.number, "--number")
    if options.missing:
        # A column of whole numbers becomes one of float64 where a cell is missing.
        blocks = blocks.map(
            partial(mark_missing, columns=features, spellings=options.missing)
        ).settled()
    if options.thousands is None:
        return blocks
    types = column_types(features, teacher, options, encoding)
    kinds = {name: types[name].kind if name in types else "" for name in features}
    columns = [name for name in features if kinds[name] != "text"]
    numbers = [name for name in features if kinds[name] == "number"]
    return read_thousands(blocks, columns, options.thousands, numbers)


def choose(
    table: Table, teacher: Teacher, options: TableOptions, encoding: Encoding | None
) -> Columns:
    """Choose the columns of `table` for `teacher`, or for an earlier table. Raises DataError.

    Where no column is named or called a label, the only one whose values are the teacher's
    classes is taken; see `possible_labels`.
    """
    from crembo_cli.dataset.columns import choose_columns

    def choose_with(label: str | None) -> Columns:
        return choose_columns(
            table,
            label=label,
            features=options.features,
            drop=options.drop,
            wanted_names=(
                teacher.feature_names
                if encoding is None
                else tuple(each.name for each in encoding.features)
            ),
            wanted_count=teacher.n_features,
        )

    try:
        columns = choose_with(options.label)
        spare = columns.extra
    except DataError:
        # A teacher that knows no names takes all columns but the label.
        drop = table.spread(options.drop)
        spare = tuple(name for name in table.frame.columns if name not in drop)
        one_more = len(spare) == (teacher.n_features or -1) + 1
        if teacher.feature_names is not None or options.features or not one_more:
            raise
        (label, *others) = possible_labels(table, spare, teacher, options) or (None,)
        if label is None or others:
            raise
        return choose_with(label)
    if options.label is not None or columns.label is not None:
        return columns
    found = possible_labels(table, spare, teacher, options)
    return choose_with(found[0]) if len(found) == 1 else columns


def possible_labels(
    table: Table, candidates: Sequence[str], teacher: Teacher, options: TableOptions
) -> tuple[str, ...]:
    """Return those of `candidates` whose values are the teacher's classes, if it names any."""
    from crembo_cli.dataset.labels import columns_of_classes

    classes = options.classes or (() if teacher.numbered else teacher.classes)
    return columns_of_classes(table, candidates, classes) if len(table.frame) and classes else ()


def note_label(columns: Columns, options: TableOptions) -> list[str]:
    """Note that a column was taken as the label because of its values."""
    from crembo_cli.dataset.columns import LABEL_NAMES

    name = columns.label
    if name is None or options.label is not None or name.lower() in LABEL_NAMES:
        return []
    return [
        f"column {name!r} is taken as the label, because its values are the teacher's classes; "
        f"if it is not, use --drop {shlex.quote(name)}"
    ]


def refuse_two_labels(
    table: Table, columns: Columns, teacher: Teacher, options: TableOptions
) -> None:
    """Raise DataError where several columns could be the label and none is."""
    if columns.label is not None:
        return
    found = possible_labels(table, columns.extra, teacher, options)
    if len(found) > 1:
        names = " and ".join(map(repr, found))
        raise DataError(
            "the label column is ambiguous",
            where=table.name,
            found=f"the teacher's classes in {names}",
            hint=f"choose it with --label {shlex.quote(found[0])}, or exclude them: "
            f"--drop {shlex.quote(','.join(found))}",
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
