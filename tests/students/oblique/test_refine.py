"""Slanting splits never loses what the tree earns."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.oblique.directions import stack
from crembo_cli.students.oblique.draft import Draft
from crembo_cli.students.oblique.family import ObliqueFamily
from crembo_cli.students.oblique.model import drop_unused
from crembo_cli.students.oblique.refine import TrainingColumns, refine
from crembo_cli.students.scored.columns import learn_columns
from crembo_cli.students.scored.design import Design
from crembo_cli.students.tree.family import TreeFamily
from crembo_cli.students.tree.grow import exact_rewards
from crembo_cli.testing.tasks import small_tasks
from tests.students.oblique.test_family import total_reward


def test_it_never_earns_less_than_the_tree_it_begins_with() -> None:
    """Slanting splits loses nothing of what the straight tree earns on the fitted rows."""
    for small in small_tasks():
        task = small.task
        oblique = ObliqueFamily(max_depth=3).learner(task).fit(task.beliefs)
        straight = TreeFamily(max_depth=3).learner(task).fit(task.beliefs)
        assert total_reward(task.beliefs, oblique.predict(task.rows)) >= total_reward(
            task.beliefs, straight.predict(task.rows)
        )


def test_the_objective_never_falls_from_pass_to_pass() -> None:
    """Each pass earns no less than the one before, on beliefs and on allowed labels."""
    for small in small_tasks():
        task = small.task
        columns = learn_columns(task.rows)
        design = Design(columns, task.rows)
        grounds = TrainingColumns(rows=task.rows, columns=columns, design=design, most=2)
        for rewards in (task.beliefs, *(mask for _, mask in small.masks())):
            exact = exact_rewards(rewards)
            straight = TreeFamily(max_depth=3).learner(task).fit(task.beliefs)
            draft = Draft(drop_unused(straight, stack([]), task.rows.shape[1]), task.rows)
            sums = []
            for _ in range(4):
                predicted = draft.to_student().predict(task.rows)
                sums.append(exact[np.arange(len(predicted)), predicted].sum(dtype=np.float64))
                refine(draft, grounds, exact, 1)
            assert sums == sorted(sums)
