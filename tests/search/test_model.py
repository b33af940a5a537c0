"""The frontier, and what is taken from it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.errors import UsageError
from crembo_cli.search.candidates import Budget, Candidate
from crembo_cli.search.comparison import Comparison, compare_candidates
from crembo_cli.search.student import Compression, Search, silent
from tests.search.cases import rows, trees


def bytes_of(asked: Candidate, found: Compression) -> int:
    """As if a file took ten bytes a leaf."""
    del asked
    return 10 * found.student.size()["leaves"]


def explored(budget: Budget, *depths: int) -> Comparison:
    """The frontier of trees of those tree depths."""
    search = Search(thresholds=2, delta=0.1)
    parts = rows(400, 0), rows(100, 1), rows(150, 2)
    return compare_candidates(trees(*depths), parts, budget, search, bytes_of, silent)


def test_the_smallest_file_comes_first() -> None:
    """Entries are in the order of their bytes, and each tells its own size and worth."""
    found = explored(Budget(), 4, 1, 2)
    assert [each.candidate.settings["max_depth"] for each in found.entries] == ["1", "2", "4"]
    for each in found.entries:
        predicted = each.found.student.predict(found.comparison.rows)
        depths = depth_by_row(found.comparison.beliefs, predicted)
        assert each.fidelity == np.mean(predicted == found.comparison.beliefs.argmax(axis=1))
        assert each.insensitive_depth == insensitive_depth(depths, 0.1)
        assert each.mean_belief == pytest.approx(np.mean(depths))
        assert each.error == pytest.approx(np.std(depths) / np.sqrt(150), rel=1e-5)
        assert each.size == {
            **each.found.student.size(),
            "bytes": bytes_of(each.candidate, each.found),
        }


def test_the_taken_one_is_the_smallest_as_good_as_the_best() -> None:
    """No smaller one is within one standard error of the best mean belief, and it is."""
    found = explored(Budget(), 1, 2, 3, 4, 5)
    best = max(found.entries, key=lambda each: each.mean_belief)
    enough = best.mean_belief - best.error
    assert found.entries[found.chosen].mean_belief >= enough
    assert all(each.mean_belief < enough for each in found.entries[: found.chosen])


def test_what_the_budget_does_not_allow_neither_wins_nor_stands() -> None:
    """The others are judged as if it were not there."""
    found = explored(Budget(leaves=4), 1, 2, 5)
    assert [each.allowed for each in found.entries] == [True, True, False]
    assert not found.entries[2].on_front
    assert found.chosen < 2


def test_a_budget_that_none_keeps_to() -> None:
    """The error tells the limits and how near the nearest comes."""
    predicted = (
        "--max-bytes 15 --max-leaves 9: no student keeps to the budget; "
        "found tree max_depth=1 with bytes 20, leaves 2"
    )
    with pytest.raises(UsageError, match=re.escape(predicted)):
        explored(Budget(bytes=15, leaves=9), 1, 2)
