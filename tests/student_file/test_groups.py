"""Training rows by leaf in a student's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import crembo_cli as crembo
from crembo_cli.student_file.groups import read_groups
from crembo_cli.student_file.read import read_student
from tests.core.small_trees import random_tree

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"


@pytest.mark.parametrize(("family", "options"), [("tree", {"max_depth": 3}), ("rules", {})])
def test_the_file_keeps_the_training_rows_of_each_group(
    tmp_path: Path, family: str, options: dict[str, int]
) -> None:
    """As many as the report says; the teacher agrees on most of them."""
    path = tmp_path / "wine.onnx"
    result = crembo.compress(
        SAMPLES / "wine_mlp.onnx",
        SAMPLES / "wine.csv",
        student=family,
        quick_report=True,
        synthetic=500,
        output=path,
        **options,
    )
    found = read_student(path)
    assert found.groups is not None
    assert sum(found.groups.rows) == result.report.data.training_rows
    agreed = np.array(found.groups.agreed)
    assert (agreed <= found.groups.rows).all()
    assert agreed.sum() > 0.9 * sum(found.groups.rows)
    assert result.report.internals is not None
    assert result.report.internals.groups == found.groups
    assert found.units == result.report.internals.units


def test_counts_of_another_student_are_refused() -> None:
    """A tree of other leaves, or a negative count."""
    tree = random_tree(np.random.default_rng(0), features=2, depth=3, classes=2)
    leaves = tree.size()["leaves"]
    for rows in ([1] * (leaves + 1), [-1] * leaves):
        with pytest.raises(ValueError, match=f"expected the rows of {leaves} leaves"):
            read_groups(f'{{"rows": {rows}, "agreed": {rows}}}', tree)
