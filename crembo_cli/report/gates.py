"""Gates: `--require 'fidelity>=0.95'` on any number of the report."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from crembo_cli.errors import GateError, UsageError
from crembo_cli.evaluation.metrics import DELTAS
from crembo_cli.report.model import Report, Requirement
from crembo_cli.robustness.model import number_paths

Keys = tuple[str, ...]  # that lead to a number in the JSON report

FIRST = (
    "metrics.student.accuracy",
    "metrics.student.balanced_accuracy",
    "metrics.student.fidelity",
    "metrics.student.depth",
    *(f"metrics.student.insensitive_depth.{delta:g}" for delta in DELTAS),
    "metrics.student.mean_belief",
    *(f"student.size.{name}" for name in ("tree_depth", "leaves", "nodes", "parameters", "bytes")),
)
KNOWN = (*FIRST, *(f"robustness.{path}" for path in number_paths()))


def keys_of(name: str, where: str) -> Keys:
    """The keys of the number that `name` means: all of them, or the last ones from some key on.

    Raises UsageError, at `where`, for a name that means none, or several.
    """
    paths = [_keys(known) for known in KNOWN]
    meant = _meant(_keys(name), paths)
    if len(meant) == 1:
        return meant[0]
    keys = _keys(name)
    above = meant or [path for path in paths if _within(keys, path)]
    short = {_shortest(path, paths): path for path in above or paths}
    close = get_close_matches(name, short, n=5) or list(short)[: len(FIRST)]
    raise UsageError(
        "the metric's name is ambiguous" if above else "there is no such metric",
        where=where,
        found=repr(name),
        wanted=" or ".join(short if above else close),
        hint=None if above else "`crembo compress --explain-report` says what each means",
    )


def _meant(keys: Keys, paths: Sequence[Keys]) -> list[Keys]:
    """The paths that `keys` mean: all of their keys, or the last ones from some key on.

    A figure that several have is the student's: agreement means agreement.student. Of the same
    name at several places, the one in the table of figures is meant.
    """
    n = len(keys)
    meant = [
        path
        for path in paths
        if path[-n:] == keys or (path[-1] == "student" and path[-n - 1 : -1] == keys)
    ]
    first = [path for path in meant if path[0] != "robustness"]
    return first if len(first) == 1 and keys[0].isidentifier() else meant


def _within(keys: Keys, path: Keys) -> bool:
    """Whether `keys` name a group that the number at `path` belongs to."""
    return any(path[k : k + len(keys)] == keys for k in range(1, len(path) - len(keys)))


def _shortest(path: Keys, paths: Sequence[Keys]) -> str:
    """The fewest last keys of `path`, beginning with a word, that mean it alone."""
    counts = range(1, len(path))
    names = [*(path[-count - 1 : -1] for count in counts), *(path[-count:] for count in counts)]
    clear = [name for name in names if name[0].isidentifier() and _meant(name, paths) == [path]]
    shortest = min(clear or [path], key=len)
    return ".".join(shortest)


def _keys(path: str) -> Keys:
    """The keys that lead to a leaf; a delta such as 0.05 is one key."""
    return tuple(re.findall(r"\d+\.\d+|[^.]+", path))


OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
OF_LABELS = {"accuracy", "balanced_accuracy", "certified_accuracy", "baseline_labels"}
OF_REFITS = {"agreement", "contamination"}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One parsed `--require`."""

    expression: str
    path: Keys  # that lead to its number in the JSON report
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
    path = keys_of(name, where)
    return Gate(expression=expression.strip(), path=path, comparison=comparison, limit=limit)


def check_labelled(gates: Sequence[Gate], *, labelled: bool) -> None:
    """Raise UsageError for the first gate that needs true labels where there are none."""
    for gate in gates:
        if not labelled and OF_LABELS & set(gate.path):
            raise UsageError(
                f"there is no {gate.path[-1]} to judge",
                where=f"--require {gate.expression!r}",
                found="a table to test on that has no label column",
                hint="name the column: --label COLUMN",
            )


def check_refitted(gates: Sequence[Gate], why: str) -> None:
    """Raise UsageError for the first gate that needs refitting, which `why` says is not done."""
    for gate in gates:
        if OF_REFITS & set(gate.path):
            raise UsageError(
                f"there is no {gate.path[1]} to judge",
                where=f"--require {gate.expression!r}",
                found=why,
            )


def with_gates(report: Report, gates: Sequence[Gate]) -> Report:
    """`report` with each gate judged. Raises UsageError where a gate's number is not in it."""
    return replace(report, requirements=[_judge(gate, report) for gate in gates])


def raise_for_gates(report: Report) -> None:
    """Raise GateError where a requirement was not met; it names each one that failed."""
    failed = [each for each in report.requirements if not each.met]
    if failed:
        predicted = "; ".join(told(each) for each in failed)
        raise GateError(
            f"requirement not met: {predicted}",
            where=report.student.path,
            hint=(
                "see what changed in the rows, or compress anew"
                if report.search is None
                else "the outputs are written; loosen the requirement or allow a larger student"
            ),
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
        "robustness": asdict(report.robustness),
    }
    for key in gate.path:
        value = value.get(key) if value is not None else None
    if value is None:
        raise UsageError(
            f"there is no {gate.path[-1]} to judge",
            where=f"--require {gate.expression!r}",
            found=_why_not(gate, report),
        )
    met = OPERATORS[gate.comparison](value, gate.limit)
    return Requirement(expression=gate.expression, value=value, met=met)


def _why_not(gate: Gate, report: Report) -> str:
    """Why the report has no such number: the first reason that holds."""
    what, family = gate.path[1], report.student.family
    fitted_on = report.robustness.bounds.fitted_on
    reasons = (
        (
            bool(OF_LABELS & set(gate.path)) and report.data.label is None,
            "a table without a label column",
        ),
        (what == "size" and family is None, "a classifier that crembo did not write"),
        (what == "size", f"a student of the family {family!r}, which has none"),
        (
            what == "bounds" and fitted_on,
            "rows that the student was fitted on, of which nothing follows for others",
        ),
        (
            what == "margin",
            "a student whose margins are not known exactly; see margin_upper_bound",
        ),
        (what == "margin_upper_bound", "a student whose margins are known exactly; see margin"),
        (report.teacher is None, "no --teacher"),
        (what == "noise", "a teacher that answers no new rows"),
        (True, "a student that was not fitted in this run"),
    )
    return next(reason for holds, reason in reasons if holds)
