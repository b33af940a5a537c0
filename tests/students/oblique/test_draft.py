"""A draft sends fitted rows where its student does."""

from __future__ import annotations

import numpy as np

from crembo_cli.students.oblique.draft import Draft
from crembo_cli.students.oblique.family import ObliqueFamily
from crembo_cli.testing.tasks import small_tasks


def test_a_draft_finishes_as_the_student_it_began_with() -> None:
    """Taken up and laid down again, a student answers the same, whatever cells are missing."""
    for small in small_tasks():
        student = ObliqueFamily(max_depth=3).learner(small.task).fit(small.task.beliefs)
        again = Draft(student, small.task.rows).to_student()
        np.testing.assert_array_equal(again.predict(small.probes), student.predict(small.probes))
        assert again.size() == student.size()


def test_rows_descend_to_the_leaves_of_the_tree() -> None:
    """From the root every row comes to the leaf that the student sends it to."""
    for small in small_tasks():
        rows = small.task.rows
        student = ObliqueFamily(max_depth=3).learner(small.task).fit(small.task.beliefs)
        found = Draft(student, rows).descend(np.zeros(len(rows), np.int32), np.arange(len(rows)))
        leaves = student.tree.leaves_of(student.directions.beside(rows))
        np.testing.assert_array_equal(found, leaves)
