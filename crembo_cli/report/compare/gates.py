"""Gates on a comparison: `--require 'delta.fidelity>=-0.01'`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches

from crembo_cli.errors import GateError, UsageError
from crembo_cli.evaluation.metrics import DELTAS, Metrics
from crembo_cli.evaluation.paired import COMPARED
from crembo_cli.report.compare.model import CompareReport
from crembo_cli.report.gates import OPERATORS, Gate, format_requirement, split_expression
from crembo_cli.report.metrics import Keys, look_up, split_path
from crembo_cli.report.model import Requirement

SIZES = ("bytes", "parameters", "leaves", "nodes", "tree_depth")


def gate_paths() -> dict[str, Keys]:
    """List the names that --require takes, each with its keys in the JSON report."""
    found: dict[str, Keys] = {}
    for metric in COMPARED:
        found[f"delta.{metric}"] = ("delta", metric, "value")
        for end in ("low", "high"):
            found[f"delta.{metric}.{end}"] = ("delta", metric, end)
    measured = [each.name for each in fields(Metrics) if each.name != "insensitive_depth"]
    measured += [f"insensitive_depth.{delta:g}" for delta in DELTAS]
    for student in "ab":
        found |= {f"{student}.{each}": ("metrics", student, *split_path(each)) for each in measured}
        found |= {f"{student}.{each}": ("students", student, "size", each) for each in SIZES}
    return {**found, "agreement": ("agreement",)}


def parse_compare_gate(expression: str) -> Gate:
    """Parse `expression`. Raises UsageError if it is not a gate, or on an unknown metric."""
    name, comparison, limit = split_expression(expression)
    paths = gate_paths()
    if name not in paths:
        close = get_close_matches(name, paths, n=3)
        raise UsageError(
            f"unknown metric {name!r}",
            where=f"--require {expression!r}",
            wanted=None if close else "delta.METRIC, a.METRIC, b.METRIC or agreement",
            hint=f"did you mean {' or '.join(map(repr, close))}?" if close else None,
        )
    return Gate(expression=expression.strip(), path=paths[name], comparison=comparison, limit=limit)


def with_compare_gates(report: CompareReport, gates: Sequence[Gate]) -> CompareReport:
    """Evaluate the gates and return `report` with the results.

    Raises UsageError if the number of a gate is not available.
    """
    return replace(report, requirements=[_evaluate(gate, report) for gate in gates])


def _evaluate(gate: Gate, report: CompareReport) -> Requirement:
    value = look_up(report, gate.path)
    if value is None:
        labels = "no label column" if report.data.label is None else "labels"
        teacher = "no --teacher" if report.teacher is None else "a teacher"
        raise UsageError(
            "the metric is not available",
            where=f"--require {gate.expression!r}",
            found=f"{labels} and {teacher}",
            hint="accuracy and scores need labels, fidelity and depth a teacher, scores also "
            "students with probabilities, and sizes a family that has them",
        )
    met = OPERATORS[gate.comparison](value, gate.limit)
    return Requirement(expression=gate.expression, value=value, met=met)


def raise_for_compare_gates(report: CompareReport) -> None:
    """Raise GateError if a requirement is not met; the message names all that are not met."""
    failed = [format_requirement(each) for each in report.requirements if not each.met]
    if failed:
        a, b = (report.students[key].path for key in "ab")
        raise GateError(
            f"requirement not met: {'; '.join(failed)}",
            where=f"{b} in place of {a}",
            hint="keep the first, or check how the data changed",
        )
