"""The costs of wrong decisions: the options `--cost`, `--class-weight` and `--decide-at`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.core.utilities import (
    utilities_from_costs,
    utilities_from_threshold,
    utilities_from_weights,
)
from crembo_cli.errors import UsageError, suggest
from crembo_cli.runs.options import refuse_both

if TYPE_CHECKING:
    from crembo_cli.arrays import Doubles, Floats
    from crembo_cli.teachers.contract import ClassLabel, Teacher

BALANCED = "balanced"
SHORT = 3  # letters


@dataclass(frozen=True, kw_only=True)
class DecisionOptions:
    """How costly each wrong decision is; at most one of the three is given."""

    cost: tuple[str, ...] = ()  # "TRUE:PREDICTED=VALUE"
    class_weight: str | None = None  # "balanced" or "CLASS=WEIGHT,..."
    decide_at: str | None = None  # "PROBABILITY" or "CLASS=PROBABILITY"

    def __post_init__(self) -> None:
        if self.cost:
            others = {"--class-weight": self.class_weight, "--decide-at": self.decide_at}
            refuse_both("--cost", others)
        if self.class_weight is not None:
            refuse_both("--class-weight", {"--decide-at": self.decide_at})

    def given(self) -> bool:
        """Whether any of the options is given."""
        return bool(self.cost or self.class_weight is not None or self.decide_at is not None)

    def needs_beliefs(self) -> bool:
        """Whether the utilities depend on the teacher's probabilities."""
        return self.class_weight == BALANCED

    def or_those_of(self, teacher: Teacher) -> tuple[DecisionOptions, list[str]]:
        """These options, or else the threshold that `teacher` decides at, with a note on it."""
        if self.given() or teacher.threshold is None:
            return self, []
        note = (
            f"the student decides at {teacher.threshold:.6g} as its teacher does (for the most"
            " probable class, use --decide-at 0.5)"
        )
        return DecisionOptions(decide_at=repr(teacher.threshold)), [note]

    def utilities(self, classes: Sequence[ClassLabel], beliefs: Floats | None) -> Doubles | None:
        """The utility matrix, (c, c), for the teacher's `classes`; None for plain labels.

        `beliefs` (n, c) are the teacher's probabilities on training or measured rows: their means
        are the class frequencies of `--class-weight balanced`, else not needed. Raises UsageError.
        """
        names = [str(each) for each in classes]
        if self.cost:
            return utilities_from_costs(_costs(self.cost, names))
        if self.class_weight is not None:
            weights = _weights(self.class_weight, names, beliefs)
            return utilities_from_weights(weights)
        if self.decide_at is not None:
            return utilities_from_threshold(*_threshold(self.decide_at, names))
        return None


def decision_options(
    cost: Sequence[str] | None,
    class_weight: str | Mapping[str, float] | None,
    decide_at: str | float | None,
) -> DecisionOptions:
    """The options, from texts as on the command line or from Python values. Raises UsageError."""
    if isinstance(class_weight, Mapping):
        class_weight = ",".join(f"{name}={value!r}" for name, value in class_weight.items())
    return DecisionOptions(
        cost=tuple(cost or ()),
        class_weight=class_weight,
        decide_at=None if decide_at is None else str(decide_at),
    )


def _costs(texts: Sequence[str], names: list[str]) -> Doubles:
    """The costs (c, c), 1 for each wrong decision that is not named."""
    costs = 1.0 - np.eye(len(names))
    seen = set()
    for text in texts:
        where = f"--cost {text!r}"
        pair, equals, value = text.rpartition("=")
        found = [
            (true, predicted)
            for true in range(len(names))
            for predicted in range(len(names))
            if f"{names[true]}:{names[predicted]}" == pair
        ]
        if not equals or len(found) != 1:
            unknown = next((part for part in pair.split(":") if part not in names), "")
            near = _near(unknown, names, "TRUE:PREDICTED=VALUE", names)
            raise UsageError("invalid cost", where=where, **near)
        ((true, predicted),) = found
        if true == predicted:
            raise UsageError(
                "a cost needs two different classes", where=where, wanted="two classes"
            )
        if (true, predicted) in seen:
            raise UsageError(f"the cost of {pair} is given twice", where=where)
        seen.add((true, predicted))
        costs[true, predicted] = _positive(value, where)
    return costs


def _weights(text: str, names: list[str], beliefs: Floats | None) -> Doubles:
    """The weight of each class (c,), 1 for those that are not named."""
    if text == BALANCED:
        assert beliefs is not None, "balanced weights need probabilities"
        means = beliefs.mean(axis=0, dtype=np.float64)
        return np.asarray(means.max() / np.maximum(means, 1.0 / len(beliefs)))
    weights = np.ones(len(names))
    seen = set()
    for part in text.split(","):
        where = f"--class-weight {text!r}"
        name, equals, value = part.strip().rpartition("=")
        if not equals or name not in names:
            pattern = f"{BALANCED} or CLASS=WEIGHT,..."
            near = _near(name or value, [*names, BALANCED], pattern, names)
            raise UsageError("invalid class weight", where=where, found=part, **near)
        if name in seen:
            raise UsageError(f"the weight of {name} is given twice", where=where)
        seen.add(name)
        weights[names.index(name)] = _positive(value, where)
    return weights


def _threshold(text: str, names: list[str]) -> tuple[float, int]:
    """The probability, and the class that is predicted above it: by default the second."""
    where = f"--decide-at {text!r}"
    if len(names) != 2:
        raise UsageError(
            "a decision threshold needs two classes",
            where=where,
            found=f"{len(names)} classes",
            hint="give the costs of wrong decisions: --cost TRUE:PREDICTED=VALUE",
        )
    name, equals, value = text.rpartition("=")
    if equals and name not in names:
        near = _near(name, names, "CLASS=PROBABILITY", names)
        raise UsageError(f"unknown class {name!r}", where=where, **near)
    threshold = _positive(value, where)
    if threshold >= 1:
        raise UsageError("invalid probability", where=where, wanted="a number between 0 and 1")
    return threshold, names.index(name) if equals else 1


def _positive(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError("invalid number", where=where, found=repr(text), wanted="a number above 0")
    return value


def _near(name: str, offered: list[str], pattern: str, classes: list[str]) -> dict[str, str]:
    """The nearest of the names that are offered, or else the pattern and the classes.

    Of short names, such as 1:3, any other would be near.
    """
    near = suggest(name, offered) if len(name) > SHORT else {}
    listed = f"{pattern} with the classes {', '.join(classes[:20])}"
    return near if "hint" in near else {"wanted": listed}
