"""Which students are tried."""

from __future__ import annotations

import re

import pytest

from crembo_cli.errors import StudentError
from crembo_cli.search.candidates import (
    LADDERS,
    READABLE,
    Budget,
    candidates_by_tree_depth,
    candidates_of_every_family,
)
from crembo_cli.students import registry
from crembo_cli.students.registry import family_class, family_names, family_options


def ours() -> set[str]:
    """The families that this package registers."""
    points = registry.entry_points(group=registry.GROUP)
    return {point.name for point in points if point.dist and point.dist.name == "crembo-cli"}


def names(budget: Budget = Budget(), *, readable: bool = False) -> list[str]:  # noqa: B008  # frozen
    """The contenders of `--student auto` as the command line would ask for them."""
    return [each.name() for each in candidates_of_every_family(budget, readable=readable)[0]]


def test_every_family_of_ours_has_its_ladder() -> None:
    """A family that is added is thought about: it has a row in LADDERS."""
    assert LADDERS.keys() == ours()


def test_a_ladder_names_options_of_its_family() -> None:
    """Every step can be asked for with `--set`, and no two steps are the same."""
    for name, ladder in LADDERS.items():
        options = {option.name for option in family_options(family_class(name))}
        assert all(step.keys() <= options for step in ladder)
        assert len({str(step) for step in ladder}) == len(ladder)


def test_all_families_are_tried() -> None:
    """Each family that is installed has a contender, each step of a ladder is one."""
    found = names()
    assert {name.split()[0] for name in found} == set(family_names())
    assert len(found) == len(set(found))
    assert "tree max_depth=4" in found
    assert "linear" in found


def test_readable_ones_alone() -> None:
    """`--prefer readable` keeps to trees, rules and additive students."""
    assert {name.split()[0] for name in names(readable=True)} == set(READABLE)


def test_a_budget_is_asked_of_the_families_that_can_be_told() -> None:
    """Trees are pruned to the leaves; what has a tree depth is no deeper than asked, once each."""
    found = names(Budget(leaves=6))
    assert "tree max_depth=8 max_leaves=6" in found
    assert "rules max_rules=15" in found
    found = names(Budget(tree_depth=3))
    assert [name for name in found if name.startswith("tree")] == [
        "tree max_depth=1",
        "tree max_depth=2",
        "tree max_depth=3",
    ]
    assert "boosted trees=10" in found
    assert "boosted trees=10 max_depth=2" in names(Budget(tree_depth=2))
    assert "mlp hidden=16" in found


def test_a_family_that_cannot_be_used_is_told_of_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plugin that fails to import stops nothing else."""

    def broken(name: str) -> object:
        if name == "linear":
            raise StudentError("it is broken")
        return family_class(name)

    monkeypatch.setattr("crembo_cli.search.candidates.family_class", broken)
    candidates, faults = candidates_of_every_family(Budget())
    assert [str(fault) for fault in faults] == ["it is broken"]
    assert {each.family.name for each in candidates} == ours() - {"linear"}


def test_a_sweep_has_a_student_for_every_tree_depth() -> None:
    """Both ends are included, and other settings are the same for all."""
    found = [each.name() for each in candidates_by_tree_depth("tree", {"alpha": "0"}, 2, 4)]
    assert found == [f"tree max_depth={depth} alpha=0" for depth in (2, 3, 4)]


def test_a_family_without_tree_depths_is_not_swept() -> None:
    """The error names the family and the option."""
    with pytest.raises(StudentError, match=re.escape("'linear' has no such option; found 'max_d")):
        candidates_by_tree_depth("linear", {}, 2, 4)
