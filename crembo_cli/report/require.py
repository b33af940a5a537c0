"""Gates: `--require 'fidelity>=0.95'`, on any number of the report."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from crembo_cli.errors import GateError, UsageError
from crembo_cli.report.model import Report, Requirement

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
# Known before a run, so that a slip of the pen does not cost an hour.
SIZES = ("tree_depth", "leaves", "nodes", "parameters", "bytes")
METRICS = (
    "accuracy",
    "balanced_accuracy",
    "fidelity",
    "depth",
    "insensitive_depth.0.01",
    "insensitive_depth.0.05",
    "insensitive_depth.0.1",
    "mean_belief",
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One parsed `--require`."""

    expression: str
    name: str
    comparison: str
    limit: float


def parse_gate(expression: str) -> Gate:
    """The gate that `expression` means. Raises UsageError for anything else than one."""
    match = re.fullmatch(r"\s*([\w.]+?)\s*(>=|<=|==|>|<)\s*(\S+)\s*", expression)
    where = f"--require {expression!r}"
    if match is None:
        raise UsageError(
            "this is no requirement",
            where=where,
            wanted="METRIC, one of >= <= > < ==, and a number",
            hint="for example --require 'fidelity>=0.95'",
        )
    name, comparison, number = match.groups()
    try:
        limit = float(number)
    except ValueError:
        raise UsageError(
            "the limit is no number", where=where, found=repr(number), wanted="a number"
        ) from None
    if math.isnan(limit):
        raise UsageError("nothing compares with NaN", where=where, wanted="a number")
    known = [*METRICS, *SIZES]
    if not [path for path in known if _names(name, path)]:
        raise UsageError(
            "there is no such metric", where=where, found=repr(name), wanted=" or ".join(known)
        )
    return Gate(expression=expression.strip(), name=name, comparison=comparison, limit=limit)


def with_gates(report: Report, gates: Sequence[Gate]) -> Report:
    """`report` with each gate judged.

    Raises UsageError where a gate's number is not in this report or its name is ambiguous.
    """
    return replace(report, requirements=[_judge(gate, report) for gate in gates])


def raise_for_gates(report: Report) -> None:
    """Raise GateError where a requirement was not met; it names each one that failed."""
    failed = [each for each in report.requirements if not each.met]
    if failed:
        said = "; ".join(f"{each.expression} (it is {each.value:g})" for each in failed)
        raise GateError(
            f"requirement not met: {said}",
            where=report.student.path,
            hint="the outputs are written; loosen the requirement or allow a larger student",
        )


def _judge(gate: Gate, report: Report) -> Requirement:
    where = f"--require {gate.expression!r}"
    leaves = {
        path: value
        for tree in (asdict(report.metrics["student"]), report.student.size, report.robustness)
        for path, value in _leaves(tree)
    }
    matching = [path for path in leaves if _names(gate.name, path)]
    if gate.name in leaves:
        matching = [gate.name]
    if len(matching) > 1:
        raise UsageError(
            "the metric's name is ambiguous", where=where, wanted=" or ".join(matching)
        )
    value = leaves[matching[0]] if matching else None
    if value is None:
        reason = (
            "the table has no label column"
            if "accuracy" in gate.name
            else (f"a student of family {report.student.family!r} has none")
        )
        raise UsageError(f"there is no {gate.name} to judge", where=where, found=reason)
    met = OPERATORS[gate.comparison](value, gate.limit)
    return Requirement(expression=gate.expression, value=value, met=met)


def _leaves(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _names(name: str, path: str) -> bool:
    """Whether `name` means the leaf at `path`: the whole path, or its end from some key on."""
    return path == name or path.endswith(f".{name}")
