"""Choose the label and the features among a table's columns, and check their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError, suggest

LABEL_NAMES = ("target", "label", "class", "y")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The role of each column of a table."""

    label: str | None  # the column of true labels; None if there is none
    features: tuple[str, ...]  # in the teacher's order
    extra: tuple[str, ...]  # neither label nor feature nor dropped; in the table's order


def choose_columns(
    table: Table,
    *,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    wanted_names: tuple[str, ...] | None,
    wanted_count: int | None,
) -> Columns:
    """Choose the label column and the feature columns of `table`.

    `label`, `features` and `drop` are the user's options; a column of lists stands for its numbers.
    `wanted_names` are the names of the
    teacher's features and `wanted_count` is their number; None where the teacher does not know.

    The label is the column that the user names, else the one column called target, label, class
    or y (in any case) that the teacher does not need. If the table, or `features`, contains the
    teacher's names, features are matched by name. If the user names as many other columns, they
    are taken in that order. If the teacher knows no names, the features are all columns except
    the label, in the table's order.

    Raises `DataError` if a column does not exist or is named twice, if features are missing, too
    many, too few or neither numbers nor text, and if the label is ambiguous.
    """
    there = (*table.frame.columns, *table.unusable)
    features = None if features is None else table.spread(features)
    drop = table.spread(drop)
    for names, option in ((features or (), "--features"), (drop, "--drop")):
        check_named(table, there, names, option)
    if label is not None:
        check_named(table, there, (label,), "--label")
    _check_apart(table, label, features, drop, wanted_names)
    if label is None:
        taken = {*(features or ()), *drop, *(wanted_names or ())}
        label = _guess_label(table, [name for name in there if name not in taken])
        spare = len(there) - len(drop)
        if wanted_names is None and features is None and wanted_count == spare:
            label = None  # the teacher needs all columns: y may be a coordinate
    rest = tuple(name for name in there if name != label and name not in drop)
    if wanted_names is not None:
        chosen = _by_name(table, rest, features, wanted_names)
    else:
        chosen = features if features is not None else rest
    for name in (*chosen, *([label] if label else [])):
        _check_usable(table, name)
    if wanted_count is not None and wanted_count != len(chosen):
        raise _wrong_count(table, chosen, wanted_count, label)
    if not chosen:
        raise DataError("no feature columns are left", where=table.name, found=format_list(there))
    extra = tuple(name for name in rest if name not in chosen)
    return Columns(label=label, features=chosen, extra=extra)


def check_named(table: Table, there: Sequence[str], names: Sequence[str], option: str) -> None:
    """Raise DataError for the first of `names`, given by `option`, that is not one of `there`."""
    for position, name in enumerate(names):
        if name not in there:
            raise DataError(
                f"no column {name!r}", where=f"{table.name}, {option}", **suggest(name, there)
            )
        if name in names[:position]:
            raise DataError(f"duplicate column in {option}", where=table.name, found=repr(name))


def _check_apart(
    table: Table,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    wanted_names: tuple[str, ...] | None,
) -> None:
    roles: list[tuple[str, set[str]]] = [
        ("the label", {label} if label is not None else set()),
        ("a feature in --features", set(features or ())),
        ("excluded by --drop", set(drop)),
    ]
    if features is None and wanted_names is not None:
        roles.append(("a feature that the teacher needs", set(wanted_names)))
    for i, (one, names) in enumerate(roles):
        for other, others in roles[i + 1 :]:
            both = sorted(names & others)
            if both:
                raise DataError(
                    "a column has two roles",
                    where=f"{table.name}, column {both[0]!r}",
                    found=f"{one} and {other}",
                    wanted="one role",
                )


def _guess_label(table: Table, free: Sequence[str]) -> str | None:
    found = [name for name in free if name.lower() in LABEL_NAMES]
    if len(found) > 1:
        raise DataError(
            "the label column is ambiguous",
            where=table.name,
            found=format_list(found),
            hint=f"choose it with --label {found[0]}",
        )
    return found[0] if found else None


def _by_name(
    table: Table,
    rest: Sequence[str],
    features: tuple[str, ...] | None,
    wanted: tuple[str, ...],
) -> tuple[str, ...]:
    offered = rest if features is None else features
    # LightGBM replaces the blanks in a name by underscores.
    spelled = {name.replace(" ", "_"): name for name in offered}
    wanted = tuple(name if name in offered else spelled.get(name, name) for name in wanted)
    missing = [name for name in wanted if name not in offered]
    if not missing and (features is None or len(features) == len(wanted)):
        return wanted
    if features is not None and len(missing) == len(wanted) == len(features):
        return features
    near = suggest(missing[0], offered).get("hint") if missing else None
    in_order = "to match columns by order, list them: --features A,B,..."
    raise DataError(
        "the table lacks features of the teacher" if missing else "too many feature columns",
        where=table.name,
        found=None if near else format_list(offered),
        wanted=format_list(missing)
        if missing
        else f"the teacher's {len(wanted)}: {format_list(wanted)}",
        hint=f"{near} {in_order}" if near else in_order,
    )


def _wrong_count(table: Table, chosen: Sequence[str], wanted: int, label: str | None) -> DataError:
    nameless = [name for name in chosen if name.startswith("Unnamed: ")]
    if nameless and len(chosen) > wanted:
        hint = f"{nameless[0]!r} has no name in the file; if it is a row number, --drop it"
    elif label is None and len(chosen) == wanted + 1:
        hint = "if one of them is the label, use --label COLUMN"
    else:
        hint = "choose the features with --features A,B,... or --drop A,B,..."
    beside = "and no label" if label is None else f"and the label {label!r}"
    return DataError(
        "the number of features does not match the teacher",
        where=table.name,
        found=f"{len(chosen)} columns {beside}: {format_list(chosen)}",
        wanted=str(wanted),
        hint=hint,
    )


def _check_usable(table: Table, name: str) -> None:
    if name in table.unusable:
        raise DataError(
            "unsupported column type",
            where=f"{table.name}, column {name!r}",
            found=table.unusable[name],
            wanted="numbers or text",
            hint=f"convert it (a date to a number of days, for example), or use --drop {name}",
        )


LARGEST = float(np.finfo(np.float32).max)
OVERFLOW = LARGEST + 2.0**103  # from here on float32 rounds to infinity; its largest number is
# often written as 3.4028235e38, which is a little more than that number


def check_cells(table: Table, columns: Columns) -> None:
    """Check that no feature value is infinite, in its own type or as float32.

    Raises `DataError` that names the first cell beyond +-3.4e38, in the first such column.
    """
    for name in columns.features:
        cells = table.frame[name].to_numpy()
        if cells.dtype.kind != "f":
            continue
        beyond = np.abs(cells, dtype=np.float64) >= OVERFLOW  # of float32 the limit is infinity
        if beyond.any():
            row = int(beyond.argmax())
            raise DataError(
                "infinite value" if np.isinf(cells[row]) else "value out of range",
                where=table.where(row, name),
                found=f"{cells[row]:g} ({int(beyond.sum())} such cells in the column)",
                wanted=f"a number between -{LARGEST:.2g} and {LARGEST:.2g}, or a missing cell",
            )


def format_list(items: Sequence[object], most: int = 8) -> str:
    """Format the first `most` items with `repr`, and the number of the others."""
    shown = ", ".join(repr(item) for item in items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")
