"""The table of every number in a report: one row for each.

Gates, glossary, tables and the JSON schema loop over METRICS. To add a metric, compute it in
`evaluation/` or `robustness/` and add its row to `metrics.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from itertools import product
from typing import Any, Literal

from crembo_cli.evaluation.differences import Differences
from crembo_cli.evaluation.drift import FIGURES, SHARES
from crembo_cli.evaluation.metrics import DELTAS
from crembo_cli.evaluation.repeats import REPEATED
from crembo_cli.robustness.model import (
    BELOW,
    CONTAMINATION,
    NOISE_LEVELS,
    RADII,
    Flips,
    WithBaselines,
)

Keys = tuple[str, ...]  # the keys that lead to a number in the JSON report
Need = Literal["labels", "teacher", "probabilities", "refits", "training summary"]
Unit = Literal["share", "count", "sd", "number"]  # sd: standard deviations of a feature

# The classifiers of a report, and their names in the drawings.
CLASSIFIERS = {
    "student": "student",
    "teacher": "teacher",
    "baseline_labels": "CART on labels",
    "baseline_teacher": "CART on teacher",
    "baseline_soft": "soft CART",
}
# The keys that each placeholder of a path stands for.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "{classifier}": tuple(CLASSIFIERS),
    "{other}": tuple(CLASSIFIERS)[1:],
    "{compared}": tuple(each.name for each in fields(Differences)),
    "{refitted}": tuple(each.name for each in fields(WithBaselines)),
    "{queried}": tuple(each.name for each in fields(Flips) if each.name != "rows"),
    "{delta}": tuple(f"{delta:g}" for delta in DELTAS),
    "{level}": tuple(f"{level:g}" for level in NOISE_LEVELS),
    "{radius}": tuple(f"{radius:g}" for radius in RADII),
    "{share}": tuple(f"{share:g}" for share in CONTAMINATION),
    "{d}": tuple(f"{d:g}" for d in BELOW),
    "{figure}": FIGURES,
    "{repeated}": REPEATED,
    "{counted}": SHARES,
    "{rows}": ("training", "validation", "test"),
}


@dataclass(frozen=True)
class Heading:
    """What the drawings call a metric."""

    text: str  # {delta} stands for the share that insensitive depth leaves out: "5%"
    key: str = ""  # of a path with several keys, the one that is drawn: "0.05"
    brief: bool = True  # whether the terminal and Markdown show it, and not the HTML page alone
    drop: int = 0  # a narrow terminal drops the column with 1 first, then 2; 0 always stays


@dataclass(frozen=True)
class Metric:
    """One number of the report, or several of the same meaning."""

    name: str  # as the glossary, and --require where it can, calls it
    path: str  # keys in the JSON report; {...}: see PLACEHOLDERS; *: any key or place in a list
    sentence: str  # what it means, without a full stop
    headings: tuple[Heading, ...] = ()
    needs: tuple[Need, ...] = ()  # what a run must have; without it the number is null
    unit: Unit = "share"
    better: Literal["higher", "lower"] | None = None
    instead_of: str = ""  # drawn only where the metric of this name is null

    def keys(self) -> Keys:
        """Split the path into keys; placeholders stay."""
        return split_path(self.path)

    def paths(self) -> Iterator[Keys]:
        """Generate every path that the placeholders of this one stand for."""
        yield from product(*(PLACEHOLDERS.get(key, (key,)) for key in self.keys()))

    def holds(self, path: Keys) -> bool:
        """Whether this row describes the number at `path`."""
        keys = self.keys()
        return len(keys) == len(path) and all(
            pattern in ("*", key) or key in PLACEHOLDERS.get(pattern, ())
            for pattern, key in zip(keys, path, strict=True)
        )

    def can_be_required(self) -> bool:
        """Whether --require takes it: numbers of the student that are not in a list."""
        return "*" not in self.path and self.path.startswith(
            ("metrics.", "student.size.", "robustness.", "drift.")
        )


def split_path(path: str) -> Keys:
    """Split a path at its dots; a decimal such as 0.05 is one key."""
    return tuple(re.findall(r"\d+\.\d+|[^.]+", path))


def required_paths() -> list[Keys]:
    """List the paths that --require takes, in the order of METRICS."""
    return [
        path
        for metric in METRICS
        if metric.can_be_required()
        for path in metric.paths()
        if path[0] != "metrics" or path[1] == "student"
    ]


def find_metric(path: Keys) -> Metric | None:
    """Find the row that describes the number at `path`; None if there is none."""
    return next((each for each in METRICS if each.holds(path)), None)


def needs_of(path: Keys) -> set[Need]:
    """List what a run must have so that the number at `path` is known."""
    metric = find_metric(path)
    needs: set[Need] = set() if metric is None else set(metric.needs)
    return needs | {"labels"} if path[-1] == "baseline_labels" else needs


def columns(prefix: str, *, brief: bool) -> list[tuple[Heading, Keys]]:
    """List the headings under `prefix` of a path, each with the keys that come after it.

    `brief` leaves out the headings that only the HTML page shows.
    """
    start = split_path(prefix)
    return [
        (heading, keys)
        for metric in METRICS
        if metric.keys()[: len(start)] == start
        for heading, keys in drawn_paths(metric, len(start))
        if heading.brief or not brief
    ]


def drawn_paths(metric: Metric, skip: int = 0) -> Iterator[tuple[Heading, Keys]]:
    """Generate each heading of `metric` with its keys after the first `skip`."""
    for heading in metric.headings:
        drawn = heading.key
        yield (
            heading,
            tuple(
                drawn if drawn and (key == "*" or drawn in PLACEHOLDERS.get(key, ())) else key
                for key in metric.keys()[skip:]
            ),
        )


def look_up(report: Any, path: Sequence[str]) -> Any:
    """Look up the value at `path` in a Report, or in a part of it; None where a key is missing."""
    value = report
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            value = value[int(key)]
        else:
            value = getattr(value, key, None)
    return value


def _read_table() -> tuple[Metric, ...]:
    """The rows of `metrics.toml`, whose keys are the fields of Metric and Heading."""
    text = files(__package__).joinpath("metrics.toml").read_text("utf-8")
    return tuple(
        Metric(
            **{
                **row,
                "headings": tuple(Heading(**each) for each in row.get("headings", ())),
                "needs": tuple(row.get("needs", ())),
            }
        )
        for row in tomllib.loads(text)["metric"]
    )


METRICS = _read_table()
MEAN_HEADING = next(each for each in METRICS if each.name == "mean_belief").headings[0].text
