"""The candidates of a comparison."""

from __future__ import annotations

import re

import pytest

from crembo_cli.errors import StudentError
from crembo_cli.search.candidates import (
    Budget,
    candidates_by_tree_depth,
    candidates_of_every_family,
)
from crembo_cli.students import registry
from crembo_cli.students.capabilities import grid_of
from crembo_cli.students.registry import family_class, family_names, family_options


def ours() -> set[str]:
    """The families that this package registers."""
    points = registry.entry_points(group=registry.GROUP)
    return {point.name for point in points if point.dist and point.dist.name == "crembo-cli"}


def names(budget: Budget = Budget(), *, readable: bool = False) -> list[str]:  # noqa: B008  # frozen
    """The candidates of `--student auto` as on the command line."""
    return [each.name() for each in candidates_of_every_family(budget, readable=readable)[0]]


def test_every_built_in_family_has_a_grid() -> None:
    """Each of our families names the settings that `--student auto` tries."""
    assert all(hasattr(family_class(name), "grid") for name in ours())


def test_a_grid_names_options_of_its_family() -> None:
    """Every setting can be given with `--set`, and no two are the same."""
    for name in family_names():
        family = family_class(name)
        options = {option.name for option in family_options(family)}
        assert all(settings.keys() <= options for settings in grid_of(family))
        assert len({str(settings) for settings in grid_of(family)}) == len(grid_of(family))


def test_all_families_are_tried() -> None:
    """Each installed family has a candidate for each settings of its grid.

    Those that torch trains have none: they are for images, and take minutes.
    """
    found = names()
    assert {name.split()[0] for name in found} == set(family_names()) - {"cnn", "net"}
    assert len(found) == len(set(found))
    assert "tree max_depth=4" in found
    assert "linear" in found


def test_prefer_readable_keeps_readable_families() -> None:
    """`--prefer readable` keeps to trees, rules and additive students."""
    assert {name.split()[0] for name in names(readable=True)} == {"tree", "rules", "additive"}


def test_a_budget_limits_the_settings_of_families_with_such_options() -> None:
    """Trees get max_leaves; no tree is deeper than the budget, and none is tried twice."""
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
    assert "mlp hidden=16 knots=2" in found


def test_a_family_that_cannot_be_used_is_reported_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plugin that fails to import stops nothing else."""

    def broken(name: str) -> object:
        if name == "linear":
            raise StudentError("it is broken")
        return family_class(name)

    monkeypatch.setattr("crembo_cli.search.candidates.family_class", broken)
    candidates, errors = candidates_of_every_family(Budget())
    assert [str(error) for error in errors] == ["it is broken"]
    assert {each.family.name for each in candidates} == ours() - {"cnn", "linear", "net"}


def test_a_sweep_has_a_candidate_for_every_tree_depth() -> None:
    """Both ends are included, and other settings are the same for all."""
    found = [each.name() for each in candidates_by_tree_depth("tree", {"alpha": "0"}, 2, 4)]
    assert found == [f"tree max_depth={depth} alpha=0" for depth in (2, 3, 4)]


def test_a_family_without_tree_depths_is_not_swept() -> None:
    """The error names the family and the option."""
    with pytest.raises(StudentError, match=re.escape("family 'linear' has no option 'max_d")):
        candidates_by_tree_depth("linear", {}, 2, 4)
