"""An oblique tree in words: its sums are written out."""

from __future__ import annotations

from crembo_cli.students.contract import Feature
from crembo_cli.students.oblique.family import ObliqueFamily
from crembo_cli.students.tree.text import format_threshold
from tests.students.oblique.test_family import diagonal


def test_the_text_writes_the_sums_out() -> None:
    """The text names the features of a sum, what a missing one counts as, and its threshold."""
    task = diagonal()
    student = ObliqueFamily(max_depth=1, max_features=2).learner(task).fit(task.beliefs)
    a, b = student.directions.weights[:, 0]
    threshold = student.tree.threshold[0] - student.directions.offset[0]
    shown = format_threshold(threshold)
    fill = student.directions.fills[1, 0]
    features = (
        Feature(name="height"),
        Feature(name="colour", categories=("red", "blue"), missing=True),
        Feature(name="noise"),
    )
    assert student.describe(features, ("no", "yes")).splitlines() == [
        f"{a:.4g} height + {b:.4g} (colour, {fill:.4g} if missing) <= {shown}: no (1.00)",
        f"{a:.4g} height + {b:.4g} (colour, {fill:.4g} if missing) > {shown}: yes (1.00)",
        "A category counts as its number in the column's list, from 0; unseen: -1.",
    ]
