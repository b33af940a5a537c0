"""The comparison of candidates, and the selected one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.errors import UsageError
from crembo_cli.search.candidates import Budget, Candidate
from crembo_cli.search.comparison import Comparison, compare_candidates
from crembo_cli.search.student import Compression, Search, silent
from tests.search.small_candidates import rows, trees


def bytes_of(candidate: Candidate, found: Compression) -> int:
    """As if a file took ten bytes a leaf."""
    del candidate
    return 10 * found.student.size()["leaves"]


def compare_trees(budget: Budget, *depths: int) -> Comparison:
    """Compare trees of those tree depths."""
    search = Search(thresholds=2, delta=0.1)
    parts = rows(400, 0), rows(100, 1), rows(150, 2)
    return compare_candidates(trees(*depths), parts, budget, search, bytes_of, silent)


def test_the_smallest_file_comes_first() -> None:
    """Entries are sorted by their bytes; each has its own size and scores."""
    found = compare_trees(Budget(), 4, 1, 2)
    assert [each.candidate.settings["max_depth"] for each in found.entries] == ["1", "2", "4"]
    for each in found.entries:
        predicted = each.found.student.predict(found.rows.rows)
        depths = depth_by_row(found.rows.beliefs, predicted)
        assert each.fidelity == np.mean(predicted == found.rows.beliefs.argmax(axis=1))
        assert each.insensitive_depth == insensitive_depth(depths, 0.1)
        assert each.mean_belief == pytest.approx(np.mean(depths))
        assert each.error == pytest.approx(np.std(depths) / np.sqrt(150), rel=1e-5)
        assert each.size == {
            **each.found.student.size(),
            "bytes": bytes_of(each.candidate, each.found),
        }


def test_the_selected_one_is_the_smallest_within_one_error_of_the_best() -> None:
    """No smaller one is within one standard error of the best mean belief, and it is."""
    found = compare_trees(Budget(), 1, 2, 3, 4, 5)
    best = max(found.entries, key=lambda each: each.mean_belief)
    enough = best.mean_belief - best.error
    assert found.entries[found.chosen].mean_belief >= enough
    assert all(each.mean_belief < enough for each in found.entries[: found.chosen])


def test_a_student_over_the_budget_is_neither_selected_nor_on_the_front() -> None:
    """The others are compared as if it did not exist."""
    found = compare_trees(Budget(leaves=4), 1, 2, 5)
    assert [each.within_budget for each in found.entries] == [True, True, False]
    assert not found.entries[2].on_front
    assert found.chosen < 2


def test_a_budget_that_no_student_satisfies() -> None:
    """The error names the limits and the student closest to them."""
    predicted = (
        "--max-bytes 15 --max-leaves 9: no student satisfies the budget; "
        "found tree max_depth=1 with bytes 20, leaves 2"
    )
    with pytest.raises(UsageError, match=re.escape(predicted)):
        compare_trees(Budget(bytes=15, leaves=9), 1, 2)
