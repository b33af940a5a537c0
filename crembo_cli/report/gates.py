"""Gates: `--require 'fidelity>=0.95'` on any number of the report."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crembo_cli.errors import GateError, UsageError, suggest
from crembo_cli.report.metrics import Keys, look_up, needs_of, required_paths, split_path
from crembo_cli.report.model import Report, Requirement

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One parsed `--require`."""

    expression: str
    path: Keys  # the keys that lead to its number in the JSON report
    comparison: str  # a key of OPERATORS
    limit: float


def parse_gate(expression: str) -> Gate:
    """Parse `expression`, such as "fidelity>=0.95". Raises UsageError if it is not a gate."""
    name, comparison, limit = split_expression(expression)
    path = find_path(name, f"--require {expression!r}")
    return Gate(expression=expression.strip(), path=path, comparison=comparison, limit=limit)


def split_expression(expression: str) -> tuple[str, str, float]:
    """Split `expression` into a metric, a comparison and a limit. Raises UsageError."""
    match = re.fullmatch(r"\s*(\w+(?:\.\w+)*)\s*(>=|<=|==|>|<)\s*(\S+)\s*", expression)
    where = f"--require {expression!r}"
    if match is None:
        raise UsageError(
            "invalid requirement",
            where=where,
            wanted="METRIC, one of >= <= > < ==, and a number",
            hint="for example --require 'fidelity>=0.95'",
        )
    name, comparison, number = match.groups()
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if math.isnan(limit):
        raise UsageError("invalid limit", where=where, found=repr(number), wanted="a number")
    return name, comparison, limit


def find_path(name: str, where: str) -> Keys:
    """Find the path that `name` means: all keys of a path, or its last ones.

    Raises UsageError, at `where`, if it means no metric or several.
    """
    keys, paths = split_path(name), required_paths()
    found = _matches(keys, paths)
    if len(found) == 1:
        return found[0]
    below = found or [path for path in paths if _is_group(keys, path)]
    if below:
        raise UsageError(
            f"ambiguous metric {name!r}",
            where=where,
            wanted=" or ".join(_shortest_name(path, paths) for path in below),
        )
    names = [_shortest_name(path, paths) for path in paths]
    hint = "`crembo compress --explain-report` explains every metric"
    raise UsageError(f"unknown metric {name!r}", where=where, **suggest(name, names, hint))


def _matches(keys: Keys, paths: Sequence[Keys]) -> list[Keys]:
    """List the paths that end with `keys`.

    The student comes first: agreement means agreement.student. Where a name stands at several
    places, the one in the table of metrics is meant.
    """
    n = len(keys)
    found = [
        path
        for path in paths
        if path[-n:] == keys or (path[-1] == "student" and path[-n - 1 : -1] == keys)
    ]
    first = [path for path in found if path[0] in ("metrics", "student")]
    return first if len(first) == 1 and keys[0].isidentifier() else found


def _is_group(keys: Keys, path: Keys) -> bool:
    """Whether `keys` name a group that the number at `path` belongs to."""
    return any(path[k : k + len(keys)] == keys for k in range(1, len(path) - len(keys)))


def _shortest_name(path: Keys, paths: Sequence[Keys]) -> str:
    """Join the fewest last keys of `path`, beginning with a word, that mean it alone."""
    counts = range(1, len(path))
    names = [*(path[-count - 1 : -1] for count in counts), *(path[-count:] for count in counts)]
    clear = [name for name in names if name[0].isidentifier() and _matches(name, paths) == [path]]
    return ".".join(sorted(clear or [path], key=len)[0])


def check_labelled(gates: Sequence[Gate], *, labelled: bool) -> None:
    """Raise UsageError for the first gate that needs labels, if the test rows have none."""
    for gate in gates:
        if not labelled and "labels" in needs_of(gate.path):
            raise _not_available(
                gate,
                "a table to test on that has no label column",
                hint="name the column: --label COLUMN",
            )


def check_refitted(gates: Sequence[Gate], reason: str) -> None:
    """Raise UsageError for the first gate that needs refits; `reason` says why there are none."""
    for gate in gates:
        if "refits" in needs_of(gate.path):
            raise _not_available(gate, reason)


def refuse_drift(gates: Sequence[Gate]) -> None:
    """Raise UsageError for the first gate on drift: a run that fits has no rows of another day."""
    for gate in gates:
        if gate.path[0] == "drift":
            raise _not_available(
                gate, "`compress`, which fits the student on these rows", hint="use `evaluate`"
            )


def with_gates(report: Report, gates: Sequence[Gate]) -> Report:
    """Evaluate the gates and return `report` with the results.

    Raises UsageError if the number of a gate is not available.
    """
    return replace(report, requirements=[_evaluate(gate, report) for gate in gates])


def raise_for_gates(report: Report) -> None:
    """Raise GateError if a requirement is not met; the message names all that are not met."""
    failed = [each for each in report.requirements if not each.met]
    if failed:
        raise GateError(
            f"requirement not met: {'; '.join(map(format_requirement, failed))}",
            where=report.student.path,
            hint=_what_next(report),
        )


def _what_next(report: Report) -> str:
    """What to do after a requirement was not met, with the command of the verdict."""
    done = "" if report.search is None else "the outputs are written; "
    verdict = report.verdict
    if not verdict.command:
        return f"{done}check how the data changed, or compress again"
    return f"{done}{verdict.advice}: {verdict.command}"


def format_requirement(requirement: Requirement) -> str:
    """Format a requirement with its value, in as many digits as show whether it is met."""
    _, comparison, limit = split_expression(requirement.expression)
    rounded = f"{requirement.value:.6g}"
    same = OPERATORS[comparison](float(rounded), limit) == requirement.met
    value = rounded if same and isinstance(requirement.value, float) else str(requirement.value)
    return f"{requirement.expression} (it is {value})"


def _evaluate(gate: Gate, report: Report) -> Requirement:
    value = look_up(report, gate.path)
    if value is None:
        raise _not_available(gate, _reason(gate, report))
    met = OPERATORS[gate.comparison](value, gate.limit)
    return Requirement(expression=gate.expression, value=value, met=met)


def _not_available(gate: Gate, found: str, *, hint: str | None = None) -> UsageError:
    # metrics.student.accuracy is accuracy, robustness.agreement.student is agreement.
    keys = gate.path[{"drift": 0, "robustness": 1}.get(gate.path[0], 2) :]
    name = ".".join(keys).removesuffix(".student")
    return UsageError(
        f"{name} is not available",
        where=f"--require {gate.expression!r}",
        found=found,
        hint=hint,
    )


def _reason(gate: Gate, report: Report) -> str:
    """Find why the report lacks the gate's number: the first reason that holds."""
    group, family, needs = gate.path[1], report.student.family, needs_of(gate.path)
    drift = gate.path[0] == "drift"
    reasons = (
        (drift and report.drift is None, "a student without a summary of its training rows"),
        (
            drift,
            "a metric that is not known of both runs, this one and the one that fitted the student",
        ),
        ("labels" in needs and report.data.label is None, "a table without a label column"),
        (
            "probabilities" in needs and not report.has_probabilities(),
            "a student whose outputs are not probabilities",
        ),
        ({"labels", "probabilities"} <= needs, "test rows of one class"),
        (group == "size" and family is None, "a classifier that crembo did not write"),
        (group == "size", f"a student of the family {family!r}, which has no {gate.path[-1]}"),
        (
            group == "bounds" and report.robustness.bounds.fitted_on,
            "rows that the student was fitted on, which prove nothing about new rows",
        ),
        (group == "margin", "a student without exact margins; see margin_upper_bound"),
        (group == "margin_upper_bound", "a student with exact margins; see margin"),
        ("refits" in needs, "a student that was not fitted in this run"),
        (report.teacher is None, "no --teacher"),
        (group == "noise", "a teacher that cannot predict new rows"),
        (True, "a student that was not fitted in this run"),
    )
    return next(reason for holds, reason in reasons if holds)
