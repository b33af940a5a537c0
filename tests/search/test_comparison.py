"""The comparison of candidates, and the selected one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.errors import UsageError
from crembo_cli.evaluation.scores import kl_by_row
from crembo_cli.search.candidates import Budget, Candidate
from crembo_cli.search.comparison import Comparison, compare_candidates
from crembo_cli.search.student import Compression, Search, silent
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.tree.family import TreeFamily
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
    """No smaller one is as good in mean belief and KL divergence, and it is."""
    found = compare_trees(Budget(), 1, 2, 3, 4, 5)
    best = max(found.entries, key=lambda each: each.mean_belief)
    able = [
        place
        for place, each in enumerate(found.entries)
        if each.mean_belief >= best.mean_belief - best.error
    ]
    divergences = {
        place: kl_by_row(
            found.rows.beliefs, found.entries[place].found.student.predict_proba(found.rows.rows)
        )
        for place in able
    }
    nearest = min(divergences.values(), key=np.mean)
    enough = np.mean(nearest) + np.std(nearest) / np.sqrt(len(nearest))
    assert found.chosen == min(k for k in able if np.mean(divergences[k]) <= enough)


def test_a_student_that_never_predicts_a_rare_class_is_not_as_good_as_one_that_ranks() -> None:
    """A teacher whose rare class never leads: all students predict the other, one of them knows."""
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 8, (1200, 1)).astype(np.float32)
    rare = np.where(cells[:, 0] == 7, 0.45, 0.01).astype(np.float32)
    beliefs = np.column_stack([1 - rare, rare])
    parts = [
        TrainingRows(rows=cells[k::3], beliefs=beliefs[k::3], y_true=None, real=400)
        for k in range(3)
    ]
    families = [
        Candidate(settings={"information": "1"}, family=TreeFamily(max_depth=1, information=1.0)),
        Candidate(settings={}, family=TreeFamily(max_depth=1)),
    ]
    search = Search(thresholds=2)
    found = compare_candidates(
        families, (parts[0], parts[1], parts[2]), Budget(), search, bytes_of, silent
    )
    assert [each.size["leaves"] for each in found.entries] == [1, 2]
    assert found.entries[0].fidelity == found.entries[1].fidelity == 1
    assert found.chosen == 1


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
