"""Gates: `--require 'fidelity>=0.95'`, on any number of the report."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from crembo_cli.assessment import DELTAS
from crembo_cli.errors import GateError, UsageError
from crembo_cli.report.model import Report, Requirement

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
# The leaves of a report, known before a run, so that a slip of the pen does not cost an hour.
KNOWN = (
    "metrics.student.accuracy",
    "metrics.student.balanced_accuracy",
    "metrics.student.fidelity",
    "metrics.student.depth",
    *(f"metrics.student.insensitive_depth.{delta:g}" for delta in DELTAS),
    "metrics.student.mean_belief",
    *(f"student.size.{name}" for name in ("tree_depth", "leaves", "nodes", "parameters", "bytes")),
)
OF_LABELS = ("metrics.student.accuracy", "metrics.student.balanced_accuracy")


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One parsed `--require`."""

    expression: str
    path: tuple[str, ...]  # the keys that lead to its number in the JSON report
    comparison: str
    limit: float


def parse_gate(expression: str) -> Gate:
    """The gate that `expression` means. Raises UsageError for anything else than one."""
    match = re.fullmatch(r"\s*(\w+(?:\.\w+)*)\s*(>=|<=|==|>|<)\s*(\S+)\s*", expression)
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
    path = _only(name, [_keys(known) for known in KNOWN], where)
    return Gate(expression=expression.strip(), path=path, comparison=comparison, limit=limit)


def check_labelled(gates: Sequence[Gate], *, labelled: bool) -> None:
    """Raise UsageError for the first gate that needs true labels where there are none."""
    for gate in gates:
        if not labelled and ".".join(gate.path) in OF_LABELS:
            raise UsageError(
                f"there is no {gate.path[-1]} to judge",
                where=f"--require {gate.expression!r}",
                found="a table to test on that has no label column",
                hint="name the column: --label COLUMN",
            )


def with_gates(report: Report, gates: Sequence[Gate]) -> Report:
    """`report` with each gate judged. Raises UsageError where a gate's number is not in it."""
    return replace(report, requirements=[_judge(gate, report) for gate in gates])


def raise_for_gates(report: Report) -> None:
    """Raise GateError where a requirement was not met; it names each one that failed."""
    failed = [each for each in report.requirements if not each.met]
    if failed:
        said = "; ".join(told(each) for each in failed)
        raise GateError(
            f"requirement not met: {said}",
            where=report.student.path,
            hint="the outputs are written; loosen the requirement or allow a larger student",
        )


def told(each: Requirement) -> str:
    """A requirement and the value it met, with as many digits as tell which side it is on."""
    gate = parse_gate(each.expression)
    short = f"{each.value:.6g}"
    same = OPERATORS[gate.comparison](float(short), gate.limit) == each.met
    shown = short if same and isinstance(each.value, float) else str(each.value)
    return f"{each.expression} (it is {shown})"


def _judge(gate: Gate, report: Report) -> Requirement:
    value: Any = {
        "metrics": {"student": asdict(report.metrics["student"])},
        "student": {"size": report.student.size},
    }
    for key in gate.path:
        value = value.get(key) if value is not None else None
    if value is None:
        raise UsageError(
            f"there is no {gate.path[-1]} to judge",
            where=f"--require {gate.expression!r}",
            found=f"a student of the family {report.student.family!r}, which has none",
        )
    met = OPERATORS[gate.comparison](value, gate.limit)
    return Requirement(expression=gate.expression, value=value, met=met)


def _keys(path: str) -> tuple[str, ...]:
    """The keys that lead to a leaf; a delta such as 0.05 is one key."""
    return tuple(re.findall(r"\d+\.\d+|[^.]+", path))


def _only(name: str, paths: Sequence[tuple[str, ...]], where: str) -> tuple[str, ...]:
    """The one of `paths` that `name` means: all of its keys, or the last ones from some key on.

    Raises UsageError where it means none, or several.
    """
    keys = _keys(name)
    meant = [path for path in paths if path[-len(keys) :] == keys]
    if len(meant) == 1:
        return meant[0]
    above = meant or [path for path in paths if path[-len(keys) - 1 : -1] == keys]
    raise UsageError(
        "the metric's name is ambiguous" if above else "there is no such metric",
        where=where,
        found=repr(name),
        wanted=" or ".join(_shortest(path, paths) for path in above or paths),
    )


def _shortest(path: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> str:
    """The fewest last keys of `path` that begin with a word and that no other path ends in."""
    counts = [
        count
        for count in range(1, len(path))
        if path[-count].isidentifier()
        and [each[-count:] for each in paths].count(path[-count:]) == 1
    ]
    return ".".join(path[-min(counts, default=len(path)) :])
