"""Choose the label and the features among a table's columns, and check their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from crembo_cli.dataset.table import Table
from crembo_cli.errors import DataError

LABEL_NAMES = ("target", "label", "class", "y")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What each column of a table is taken for."""

    label: str | None  # the true labels; None: there are none
    features: tuple[str, ...]  # in the order in which the teacher takes them
    extra: tuple[str, ...]  # ignored, though nobody asked for that; in the table's order


def choose_columns(
    table: Table,
    *,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    wanted_names: tuple[str, ...] | None,
    wanted_count: int | None,
) -> Columns:
    """Tell label and features apart.

    `label`, `features` and `drop` are what the user named. `wanted_names` are the teacher's
    features where it knows their names, `wanted_count` their number where it knows that.

    The label is the one named, else the one column called target, label, class or y (any case)
    that the teacher does not need. Features are matched by name where the table, or what the
    user named, has the teacher's names; a user who names as many others means them in that
    order. Without names, the table's columns but for the label are taken as they come.

    Raises `DataError` for columns that are not there or named twice, features that are missing,
    too many or too few, that hold neither numbers nor text, and a label that is not clear.
    """
    there = (*table.frame.columns, *table.unusable)
    for names, option in ((features or (), "--features"), (drop, "--drop")):
        _check_named(table, there, names, option)
    if label is not None:
        _check_named(table, there, (label,), "--label")
    _check_apart(table, label, features, drop, wanted_names)
    if label is None:
        taken = {*(features or ()), *drop, *(wanted_names or ())}
        label = _guess_label(table, [name for name in there if name not in taken])
        spare = len(there) - len(drop)
        if wanted_names is None and features is None and wanted_count == spare:
            label = None  # the teacher needs them all: y may be a coordinate
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
        raise DataError("no feature is left", where=table.name, found=listed(there))
    extra = tuple(name for name in rest if name not in chosen)
    return Columns(label=label, features=chosen, extra=extra)


def _check_named(table: Table, there: Sequence[str], names: Sequence[str], option: str) -> None:
    for position, name in enumerate(names):
        if name not in there:
            close = get_close_matches(name, there, n=1)
            raise DataError(
                f"no such column as {option} names",
                where=table.name,
                found=listed(there),
                wanted=repr(name),
                hint=f"did you mean {close[0]!r}?" if close else None,
            )
        if name in names[:position]:
            raise DataError(f"{option} names a column twice", where=table.name, found=repr(name))


def _check_apart(
    table: Table,
    label: str | None,
    features: tuple[str, ...] | None,
    drop: tuple[str, ...],
    wanted_names: tuple[str, ...] | None,
) -> None:
    roles: list[tuple[str, set[str]]] = [
        ("the label", {label} if label is not None else set()),
        ("a feature named by --features", set(features or ())),
        ("dropped by --drop", set(drop)),
    ]
    if features is None and wanted_names is not None:
        roles.append(("a feature that the teacher needs", set(wanted_names)))
    for i, (one, names) in enumerate(roles):
        for other, others in roles[i + 1 :]:
            both = sorted(names & others)
            if both:
                raise DataError(
                    "a column cannot be two things",
                    where=f"{table.name}, column {both[0]!r}",
                    found=f"{one} and {other}",
                )


def _guess_label(table: Table, free: Sequence[str]) -> str | None:
    found = [name for name in free if name.lower() in LABEL_NAMES]
    if len(found) > 1:
        raise DataError(
            "more than one column may be the label",
            where=table.name,
            found=listed(found),
            hint=f"name it: --label {found[0]}",
        )
    return found[0] if found else None


def _by_name(
    table: Table,
    rest: Sequence[str],
    features: tuple[str, ...] | None,
    wanted: tuple[str, ...],
) -> tuple[str, ...]:
    offered = rest if features is None else features
    # LightGBM keeps a name's blanks as underscores.
    spelled = {name.replace(" ", "_"): name for name in offered}
    wanted = tuple(name if name in offered else spelled.get(name, name) for name in wanted)
    missing = [name for name in wanted if name not in offered]
    if not missing and (features is None or len(features) == len(wanted)):
        return wanted
    if features is not None and len(missing) == len(wanted) == len(features):
        return features
    close = get_close_matches(missing[0], offered, n=1) if missing else []
    in_order = "to match by order, name the columns: --features A,B,..."
    raise DataError(
        "a feature is missing" if missing else "too many features are named",
        where=table.name,
        found=listed(offered),
        wanted=listed(missing) if missing else f"the teacher's {len(wanted)}: {listed(wanted)}",
        hint=f"did you mean {close[0]!r}? {in_order}" if close else in_order,
    )


def _wrong_count(table: Table, chosen: Sequence[str], wanted: int, label: str | None) -> DataError:
    nameless = [name for name in chosen if name.startswith("Unnamed: ")]
    if nameless and len(chosen) > wanted:
        hint = f"{nameless[0]!r} has no name in the file, --drop it if it counts rows"
    elif label is None and len(chosen) == wanted + 1:
        hint = "if one of them is the label, name it: --label COLUMN"
    else:
        hint = "say which they are: --features A,B,... or --drop A,B,..."
    beside = "and no label" if label is None else f"beside the label {label!r}"
    return DataError(
        "the number of features is not the teacher's",
        where=table.name,
        found=f"{len(chosen)} columns {beside}: {listed(chosen)}",
        wanted=str(wanted),
        hint=hint,
    )


def _check_usable(table: Table, name: str) -> None:
    if name in table.unusable:
        raise DataError(
            "a column holds neither numbers nor text",
            where=f"{table.name}, column {name!r}",
            found=table.unusable[name],
            hint="store it as a number (days since a date, say), or leave it out: --drop " + name,
        )


LARGEST = float(np.finfo(np.float32).max)


def check_cells(table: Table, columns: Columns) -> None:
    """Refuse features with values that are infinite, or become so as float32 (beyond 3.4e38).

    Raises `DataError` that names the first such cell of the first such column.
    """
    for name in columns.features:
        cells = table.frame[name].to_numpy()
        if cells.dtype.kind != "f":
            continue
        beyond = np.abs(cells) > LARGEST
        if beyond.any():
            row = int(beyond.argmax())
            raise DataError(
                "a value is infinite" if np.isinf(cells[row]) else "a value is too large",
                where=table.where(row, name),
                found=f"{cells[row]:g} ({int(beyond.sum())} such cells in the column)",
                wanted=f"a number between -{LARGEST:.2g} and {LARGEST:.2g}, or a missing cell",
            )


def listed(items: Sequence[object], most: int = 8) -> str:
    """The `repr` of the first `most` items, and the number of the others."""
    shown = ", ".join(repr(item) for item in items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")
