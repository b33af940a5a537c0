"""The candidates of a comparison: every family, or one family at many tree depths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from crembo_cli.errors import StudentError
from crembo_cli.students.contract import Family
from crembo_cli.students.registry import family_class, family_names, family_options, make_family


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most of each size that a student may have; None: any.

    A size that a student does not have (a net's leaves) it does not exceed.
    """

    bytes: int | None = None  # of its file
    leaves: int | None = None
    parameters: int | None = None
    tree_depth: int | None = None

    def limits(self) -> dict[str, int]:
        """The limits that there are, by the name of the size."""
        return {name: most for name, most in asdict(self).items() if most is not None}

    def allows(self, size: Mapping[str, int]) -> bool:
        """Whether a student of `size` keeps to it."""
        return all(size.get(name, 0) <= most for name, most in self.limits().items())


LADDERS: dict[str, tuple[dict[str, int], ...]] = {
    "additive": ({"knots": 6}, {"knots": 12}),
    "boosted": ({"trees": 10}, {"trees": 40}),
    "linear": ({},),
    "mlp": ({"hidden": 16}, {"hidden": 32}, {"hidden": 64}),
    "oblique": ({"max_depth": 2}, {"max_depth": 3}, {"max_depth": 4}),
    "rules": ({"max_rules": 5}, {"max_rules": 15}),
    "tree": tuple({"max_depth": depth} for depth in (1, 2, 3, 4, 5, 6, 8)),
}
READABLE = ("tree", "rules", "additive")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A family with the settings that tell it from others of its name."""

    settings: Mapping[str, str]  # option to value, as `--set` takes them
    family: Family

    def name(self) -> str:
        """As the command line would ask for it: "tree max_depth=4"."""
        return " ".join([self.family.name, *(f"{key}={on}" for key, on in self.settings.items())])


def candidates_of_every_family(
    budget: Budget, *, readable: bool = False
) -> tuple[list[Candidate], list[StudentError]]:
    """The contenders of `--student auto`, and why a family that is installed has none.

    Our families at the options of LADDERS, a family plugged in at its defaults; with `readable`
    only those in READABLE. What `budget` says of leaves and tree depth is asked of the families
    that can be told.
    """
    candidates, faults = [], []
    for name in family_names():
        if readable and name not in READABLE:
            continue
        try:
            defaults = {each.name: each.default for each in family_options(family_class(name))}
            steps = [_within(step, defaults, budget) for step in LADDERS.get(name, ({},))]
            tried = [step for k, step in enumerate(steps) if step not in steps[:k]]
            candidates += [candidate(name, step) for step in tried]
        except StudentError as fault:
            faults.append(fault)
    return candidates, faults


def candidates_by_tree_depth(
    name: str, settings: Mapping[str, str], shallowest: int, deepest: int
) -> list[Candidate]:
    """The contenders of `--max-depth A..B`: one a tree depth, `settings` the same for all.

    Raises StudentError for a family without such an option, or for what it does not take.
    """
    return [
        candidate(name, {"max_depth": str(depth), **settings})
        for depth in range(shallowest, deepest + 1)
    ]


def candidate(name: str, settings: Mapping[str, str]) -> Candidate:
    """The family called `name` with `settings`. Raises StudentError; see `make_family`."""
    return Candidate(settings=settings, family=make_family(name, settings))


def _within(
    step: Mapping[str, int], defaults: Mapping[str, object], budget: Budget
) -> dict[str, str]:
    """`step` of a ladder, held to the budget where the family has an option for it."""
    validation = dict(step)
    if budget.leaves is not None and "max_leaves" in defaults:
        validation["max_leaves"] = budget.leaves
    usual = validation.get("max_depth", defaults.get("max_depth"))
    if budget.tree_depth is not None and isinstance(usual, int) and usual > budget.tree_depth:
        validation["max_depth"] = budget.tree_depth
    return {key: str(value) for key, value in validation.items()}
