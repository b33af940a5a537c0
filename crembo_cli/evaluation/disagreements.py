"""Where two students predict different classes: groups of rows, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Indices
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.students.contract import Task
from crembo_cli.students.tree.family import TreeFamily

MOST = 5  # groups
ALL_ROWS = "all rows"  # the condition of the one group of a table
DEPTH, LEAVES = 4, 12  # of the tree that finds them


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One group of rows, and how the two students differ in it."""

    where: str  # the condition that its rows fulfil
    rows: int
    differing: int  # rows where the two predict different classes
    a: str  # what the first student predicts most often where they differ,
    b: str  # what the second one predicts most often there
    a_correct: int | None  # differing rows that the first predicts right; None without labels
    b_correct: int | None
    a_faithful: int | None  # differing rows where the first agrees with the teacher; None without
    b_faithful: int | None


def disagreements_of(
    test: LabelledTable,
    a: Indices,
    b: Indices,
    classes: Sequence[str],
    *,
    teacher: bool,
    seed: int,
) -> list[Disagreement]:
    """Find the groups with the most rows where the class indices `a` and `b` (n,) differ.

    They are the leaves of a small tree that is fitted to where they do. The largest group comes
    first, at most MOST are listed, and none without a difference.
    """
    differ = a != b
    if not differ.any():
        return []
    groups, texts = _groups(test, differ, seed)
    expected = test.teacher_labels() if teacher else None
    found = []
    for group, where in texts.items():
        rows = groups == group
        inside = rows & differ
        if inside.any():
            pairs, counts = np.unique(
                np.column_stack([a[inside], b[inside]]), axis=0, return_counts=True
            )
            first, second = pairs[int(counts.argmax())].tolist()
            found.append(
                Disagreement(
                    where=where,
                    rows=int(rows.sum()),
                    differing=int(inside.sum()),
                    a=classes[first],
                    b=classes[second],
                    a_correct=_matches(a, test.y_true, inside),
                    b_correct=_matches(b, test.y_true, inside),
                    a_faithful=_matches(a, expected, inside),
                    b_faithful=_matches(b, expected, inside),
                )
            )
    return sorted(found, key=lambda each: (-each.differing, each.rows))[:MOST]


def _groups(test: LabelledTable, differ: Bools, seed: int) -> tuple[Indices, dict[int, str]]:
    """Return the group of each row (n,), and the condition of each group."""
    features = test.encoding.features
    task = Task(
        rows=test.rows,
        beliefs=np.column_stack([~differ, differ]).astype(np.float32),
        validation_rows=test.rows[:0],
        validation_beliefs=np.empty((0, 2), np.float32),
        seed=seed,
        objective="scores",  # a group counts by its share of rows, not only where most differ
        categories=tuple(len(each.categories) for each in features),
    )
    learner = TreeFamily(max_depth=DEPTH, max_leaves=LEAVES).learner(task)
    tree = learner.finish(learner.fit(task.beliefs))
    groups = tree.groups(test.rows)
    present = np.unique(groups).tolist()
    if len(present) == 1:
        return groups, {present[0]: ALL_ROWS}
    return groups, {group: tree.group_text(group, features) for group in present}


def _matches(labels: Indices, others: Indices | None, rows: Bools) -> int | None:
    return None if others is None else int(np.sum(labels[rows] == others[rows]))
