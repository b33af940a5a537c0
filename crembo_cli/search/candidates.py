"""The candidates of a comparison: every family, or one family at several tree depths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from crembo_cli.errors import StudentError
from crembo_cli.students.capabilities import grid_of, is_readable
from crembo_cli.students.contract import Family
from crembo_cli.students.registry import family_class, family_names, family_options, make_family


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The largest allowed value of each size; None: no limit.

    A student that lacks a size (a net has no leaves) does not exceed its limit.
    """

    bytes: int | None = None  # of its file
    leaves: int | None = None
    parameters: int | None = None
    tree_depth: int | None = None

    def limits(self) -> dict[str, int]:
        """The limits by the name of the size."""
        return {name: most for name, most in asdict(self).items() if most is not None}

    def allows(self, size: Mapping[str, int]) -> bool:
        """Whether a student of `size` is within all limits."""
        return all(size.get(name, 0) <= most for name, most in self.limits().items())


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A family with the settings to fit it at."""

    settings: Mapping[str, str]  # option to value, as `--set` takes them
    family: Family

    def name(self) -> str:
        """The family and its settings as on the command line: "tree max_depth=4"."""
        return " ".join([self.family.name, *(f"{key}={on}" for key, on in self.settings.items())])


def candidates_of_every_family(
    budget: Budget, *, readable: bool = False
) -> tuple[list[Candidate], list[StudentError]]:
    """The candidates of `--student auto`, and the errors of families that cannot be used.

    Each installed family is tried at the settings of its `grid`; `readable` keeps readable
    families only. Families with options for leaves or tree depth are held to `budget` there.
    """
    candidates, errors = [], []
    for name in family_names():
        try:
            family = family_class(name)
            if readable and not is_readable(family):
                continue
            defaults = {each.name: each.default for each in family_options(family)}
            grid = [_within(settings, defaults, budget) for settings in grid_of(family)]
            distinct = [settings for k, settings in enumerate(grid) if settings not in grid[:k]]
            candidates += [candidate(name, settings) for settings in distinct]
        except StudentError as error:
            errors.append(error)
    return candidates, errors


def candidates_by_tree_depth(
    name: str, settings: Mapping[str, str], shallowest: int, deepest: int
) -> list[Candidate]:
    """The candidates of `--max-depth A..B`: one for each tree depth, all with `settings`.

    Raises StudentError for a family without `max_depth`, or for a setting that it refuses.
    """
    return [
        candidate(name, {"max_depth": str(depth), **settings})
        for depth in range(shallowest, deepest + 1)
    ]


def candidate(name: str, settings: Mapping[str, str]) -> Candidate:
    """The family called `name` with `settings`. Raises StudentError; see `make_family`."""
    return Candidate(settings=settings, family=make_family(name, settings))


def _within(
    settings: Mapping[str, int], defaults: Mapping[str, object], budget: Budget
) -> dict[str, str]:
    """`settings` of a grid, held to `budget` where the family has an option for it."""
    limited = dict(settings)
    if budget.leaves is not None and "max_leaves" in defaults:
        limited["max_leaves"] = budget.leaves
    usual = limited.get("max_depth", defaults.get("max_depth"))
    if budget.tree_depth is not None and isinstance(usual, int) and usual > budget.tree_depth:
        limited["max_depth"] = budget.tree_depth
    return {key: str(value) for key, value in limited.items()}
