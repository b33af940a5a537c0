"""Read the labels of a table, and match them to the teacher's classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.columns import format_list
from crembo_cli.dataset.draw import Codes
from crembo_cli.dataset.literals import FALSE, NUMBER, TRUE, WHOLE
from crembo_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.table import Table

Label: TypeAlias = "int | str | bool | float"
HINT = "name the classes as in the table, in the teacher's order: --classes A,B,..."
WORDS = dict.fromkeys(TRUE, 1) | dict.fromkeys(FALSE, 0)


def match_values(
    labels: tuple[NDArray[np.signedinteger[Any]], Sequence[Label]],
    column: str,
    classes: tuple[Label, ...],
    table: Table,
    *,
    numbered: bool,
    names: tuple[str, ...] | None,
) -> NDArray[np.int64]:
    """Return the class index of each different label, int64.

    `labels` are the number of each row's label, -1 where it is missing, and the labels; they come
    from `column` of `table`. `classes` are the teacher's. `numbered` is true if the teacher stores
    no class labels; its classes are then 0..c-1. `names` are the class names that the user gives,
    in order; the labels are these, or the classes themselves.

    Labels match classes by their text ('1' is 1). If that does not match all labels, they match
    by value ('1', 1, 1.0 and True are equal), unless two classes or two labels share a value.

    Raises `UsageError` if `names` do not fit the classes, and `DataError` for a missing label
    and for labels that match no class; the message names both sides and the first row.
    """
    known = _class_names(classes, names, numbered=numbered)
    codes, found = labels
    if (codes < 0).any():
        row = int((codes < 0).argmax())
        raise DataError(
            "missing label",
            where=table.where(row, column),
            found=f"{int((codes < 0).sum())} rows without a label",
            wanted="a label in each row",
            hint="remove these rows, or choose another column with --label COLUMN",
        )
    attempts = [
        _match_by(found, labelled, key) for labelled in (known, classes) for key in (str, _value)
    ]
    index = next((each for each in attempts if None not in each), attempts[1])
    if None in index:
        lost = [i for i, class_ in enumerate(index) if class_ is None]
        rows = np.isin(codes, lost)
        raise DataError(
            "labels that match none of the teacher's classes, or more than one",
            where=table.where(int(rows.argmax()), column),
            found=f"{format_list([found[i] for i in lost])} in {int(rows.sum())} rows",
            wanted=f"one of {format_list(known)}"
            + (" (the model stores no class labels)" if numbered and not names else ""),
            hint=None if names else HINT,
        )
    return np.array(index, np.int64)


def columns_of_classes(
    table: Table, candidates: Sequence[str], classes: Sequence[Label]
) -> tuple[str, ...]:
    """Return those of `candidates` whose values are `classes`: no other value, no missing one."""
    found = []
    for name in candidates:
        if name in table.unusable or name not in table.frame:
            continue
        codes, values = _factorize(table.frame[name])
        matched = any(None not in _match_by(values, classes, key) for key in (str, _value))
        if len(values) > 1 and matched and (codes >= 0).all():
            found.append(name)
    return tuple(found)


def _class_names(
    classes: tuple[Label, ...], names: tuple[str, ...] | None, *, numbered: bool
) -> tuple[Label, ...]:
    """Return the names of the classes in the table."""
    if names is None:
        return classes
    keys = [_value(name) for name in names]
    if len(names) != len(classes) or len(set(keys)) != len(keys):
        raise UsageError(
            "--classes does not match the teacher's classes",
            found=format_list(names),
            wanted=f"{len(classes)} different names, in the order of {format_list(classes)}",
        )
    own = [] if numbered else [_value(class_) for class_ in classes]
    for i, key in enumerate(keys):
        if key in own and own.index(key) != i:
            raise UsageError(
                "--classes lists the teacher's classes in another order",
                found=format_list(names),
                wanted=format_list(classes),
            )
    return names


def _factorize(labels: pd.Series[Any]) -> tuple[NDArray[np.int64], list[Label]]:
    """Return the label number of each row, -1 if missing, and the labels as Python scalars."""
    import pandas as pd

    codes, found = pd.factorize(labels.to_numpy())
    return codes, found.tolist()


def _match_by(
    found: Sequence[Label], known: Sequence[Label], key: Callable[[Label], Hashable]
) -> list[int | None]:
    """Return the class with the same key for each label; None if no class or several have it."""
    classes = [key(class_) for class_ in known]
    labels = [key(label) for label in found]
    once_each = (
        {k for k, n in Counter(classes).items() if n == 1},
        {k for k, n in Counter(labels).items() if n == 1},
    )
    place = {k: i for i, k in enumerate(classes)}
    return [place[k] if all(k in once for once in once_each) else None for k in labels]


def _value(label: Label) -> Hashable:
    """Convert a label to a number if it is one as text, too; 1, 1.0 and True are equal."""
    if not isinstance(label, str):
        return label
    if label in WORDS:
        return WORDS[label]
    if WHOLE.fullmatch(label):
        return int(label)
    return float(label) if NUMBER.fullmatch(label) else label


def count_codes(codes: Codes, count: int) -> NDArray[np.int64]:
    """Count the rows of each of `count` labels, by the numbers of the rows' labels, none missing.

    In steps: numpy converts the numbers, a byte each, to eight.
    """
    steps = range(0, len(codes), 1 << 20)
    found = [np.bincount(codes[start : start + (1 << 20)], minlength=count) for start in steps]
    return np.asarray(np.sum(found, axis=0), np.int64)


def number_labels(labels: pd.Series[Any], classes: Mapping[Any, int]) -> NDArray[np.int64]:
    """Return the class index of each row, int64, by that of each different label."""
    codes, found = _factorize(labels)
    return np.array([classes[each] for each in found], np.int64)[codes]


def read_labels(blocks: Blocks, column: str) -> tuple[Codes, list[Any]]:
    """Return the number of each row's label, -1 where it is missing, and the different labels.

    Labels are numbered as they first occur. The numbers take a byte a row with up to 127 labels,
    so that those of a hundred million rows fit into memory.
    """
    numbers: dict[Hashable, int] = {}
    parts: list[Codes] = []
    for codes, values in blocks.each(partial(_labels, column)):
        new = [numbers.setdefault(each, len(numbers)) for each in values]
        kind = np.min_scalar_type(-max(len(numbers), 1))
        parts.append(np.array([*new, -1], kind)[codes])
    return np.concatenate(parts), list(numbers)


def _labels(column: str, block: Table) -> tuple[Codes, list[Label]]:
    """Return the number of each row's label in a block, in few bytes, and its different labels."""
    codes, values = _factorize(block.frame[column])
    return codes.astype(np.min_scalar_type(-max(len(values), 1))), values
