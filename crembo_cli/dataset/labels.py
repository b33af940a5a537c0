"""The labels of a table as the teacher's classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.columns import listed
from crembo_cli.dataset.literals import FALSE, NUMBER, TRUE, WHOLE
from crembo_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.table import Table

Label: TypeAlias = "int | str | bool | float"
HINT = "--classes A,B,... gives the table's names for the classes, in the teacher's order"
WORDS = dict.fromkeys(TRUE, 1) | dict.fromkeys(FALSE, 0)


def match_labels(
    labels: pd.Series[Any],
    classes: tuple[Label, ...],
    table: Table,
    *,
    numbered: bool,
    names: tuple[str, ...] | None,
) -> NDArray[np.int64]:
    """The class index of each label, int64 (n,).

    `labels` is a column of `table`, `classes` are the teacher's; `numbered` says that it has
    none of its own and they are 0..c-1; `names` are the user's names for them, in order.

    Labels are matched by how they are written ('1' is 1), else by their value ('1', 1, 1.0 and
    True are one), where neither two classes nor two spellings among the labels share a value.

    Raises `UsageError` for `names` that do not fit the classes, and `DataError` for a missing
    label and for labels that are no class, with both sides and the first row concerned.
    """
    known = _named(classes, names, numbered=numbered)
    codes, found = _distinct(labels)
    if (codes < 0).any():
        row = int((codes < 0).argmax())
        raise DataError(
            "a label is missing",
            where=table.where(row, str(labels.name)),
            found=f"{int((codes < 0).sum())} rows without a label",
            wanted="a label in each row",
            hint="take these rows out, or name another column: --label COLUMN",
        )
    index = _matched(found, known, str)
    if None in index:
        index = _matched(found, known, _value)
    if None in index:
        lost = [i for i, class_ in enumerate(index) if class_ is None]
        rows = np.isin(codes, lost)
        raise DataError(
            "labels that are none of the teacher's classes, or not clearly one",
            where=table.where(int(rows.argmax()), str(labels.name)),
            found=f"{listed([found[i] for i in lost])} in {int(rows.sum())} rows",
            wanted=f"one of {listed(known)}"
            + (" (the teacher's classes have numbers only)" if numbered and not names else ""),
            hint=None if names else HINT,
        )
    taken: NDArray[np.int64] = np.array(index, np.int64)[codes]
    return taken


def _named(
    classes: tuple[Label, ...], names: tuple[str, ...] | None, *, numbered: bool
) -> tuple[Label, ...]:
    """What the classes are called in the table."""
    if names is None:
        return classes
    keys = [_value(name) for name in names]
    if len(names) != len(classes) or len(set(keys)) != len(keys):
        raise UsageError(
            "--classes does not fit the teacher's classes",
            found=listed(names),
            wanted=f"{len(classes)} different names, in the order of {listed(classes)}",
        )
    own = [] if numbered else [_value(class_) for class_ in classes]
    for i, key in enumerate(keys):
        if key in own and own.index(key) != i:
            raise UsageError(
                "--classes has the teacher's classes in another order",
                found=listed(names),
                wanted=listed(classes),
            )
    return names


def _distinct(labels: pd.Series[Any]) -> tuple[NDArray[np.int64], list[Label]]:
    """Which label each row has, -1 for none, and the labels as Python's own scalars."""
    import pandas as pd

    codes, found = pd.factorize(labels.to_numpy())
    return codes, found.tolist()


def _matched(
    found: Sequence[Label], known: Sequence[Label], key: Callable[[Label], Hashable]
) -> list[int | None]:
    """For each label the class with the same key; None where that is none, or not the only one."""
    classes = [key(class_) for class_ in known]
    labels = [key(label) for label in found]
    once_each = (
        {k for k, n in Counter(classes).items() if n == 1},
        {k for k, n in Counter(labels).items() if n == 1},
    )
    place = {k: i for i, k in enumerate(classes)}
    return [place[k] if all(k in once for once in once_each) else None for k in labels]


def _value(label: Label) -> Hashable:
    """The number that a label is or spells; other text as it is. 1, 1.0 and True are equal."""
    if not isinstance(label, str):
        return label
    if label in WORDS:
        return WORDS[label]
    if WHOLE.fullmatch(label):
        return int(label)
    return float(label) if NUMBER.fullmatch(label) else label
