"""`--student auto`, sweeps and budgets, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Crembo
from tests.report.report_schema import validate

QUICK = ("--quick-report", "--synthetic", "0", "--thresholds", "2", "--jobs", "1")


def comparison(crembo: Crembo, *arguments: str | Path) -> Any:
    """The JSON report of a run that goes well."""
    done = crembo("compress", *QUICK, *arguments, "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    validate(report)
    return report


def test_a_sweep_selects_one_of_its_trees(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """One candidate per tree depth; the student written is the one the report names as chosen."""
    report = comparison(crembo, beliefs, data, "--max-depth", "1..3", "--set", "alpha=0")
    compared = report["search"]["comparison"]
    assert sorted(each["name"] for each in compared["students"]) == [
        f"tree max_depth={depth} alpha=0" for depth in (1, 2, 3)
    ]
    chosen = compared["students"][compared["chosen"]]
    assert chosen["size"] == report["student"]["size"]
    assert chosen["threshold"] == report["search"]["threshold"]
    assert report["student"]["size"]["bytes"] == Path("beliefs.student.onnx").stat().st_size
    assert report["student"]["options"]["max_depth"] == int(chosen["settings"]["max_depth"])
    assert (compared["comparison_rows"], compared["comparison_synthetic_rows"]) == (5, 0)
    assert report["data"]["training_rows"] == 38


def test_auto_is_the_same_whatever_the_jobs(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """All families are tried; one process or two give the same bytes and the same report."""
    told, files = [], []
    for jobs in ("1", "2"):
        report = comparison(crembo, beliefs, data, "-s", "auto", "--jobs", jobs)
        del report["timing"], report["verdict"]["command"]  # which names the jobs
        told.append(report)
        files.append(Path("beliefs.student.onnx").read_bytes())
    assert told[0] == told[1]
    assert files[0] == files[1]
    families = {each["family"] for each in told[0]["search"]["comparison"]["students"]}
    assert families >= {"tree", "rules", "oblique", "linear", "additive", "mlp", "boosted"}


def test_auto_keeps_to_its_budget(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """The selected student is within every limit, and the report has the limits requested."""
    limits = ("--max-bytes", "3000", "--max-leaves", "3", "--max-parameters", "20")
    report = comparison(
        crembo, beliefs, data, "-s", "auto", *limits, "--max-depth", "2", "--prefer", "readable"
    )
    compared, size = report["search"]["comparison"], report["student"]["size"]
    asked = {"bytes": 3000, "leaves": 3, "parameters": 20, "tree_depth": 2}
    assert (compared["budget"], compared["prefer"]) == (asked, "readable")
    assert all(size.get(name, 0) <= most for name, most in asked.items())
    families = {each["family"] for each in compared["students"]}
    assert families == {"tree", "rules", "additive"}
    assert any(not each["within_budget"] for each in compared["students"])


def test_a_budget_that_none_keeps_to(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """Exit code 2, one line that names the nearest, and nothing is written."""
    done = crembo("compress", beliefs, data, *QUICK, "--max-depth", "1..2", "--max-bytes", "100")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "crembo: --max-bytes 100: no student satisfies the budget; found tree"
    )
    assert done.err.count("\n") == 1
    assert list(Path.cwd().iterdir()) == []


def test_most_leaves_of_one_tree(crembo: Crembo, beliefs: Path, data: Path) -> None:
    """`--max-leaves` is the family's own option where one family is asked for."""
    report = comparison(crembo, beliefs, data, "--max-leaves", "3", "--set", "alpha=0")
    assert report["student"]["options"]["max_leaves"] == 3
    assert report["student"]["size"]["leaves"] == 3
    assert report["search"]["comparison"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-depth", "x"], "--max-depth: invalid tree depth; found 'x'"),
        (["--max-depth", "5..2"], "--max-depth: invalid tree depth; found '5..2'"),
        (["--max-depth", "0..900"], "--max-depth: invalid tree depth; found '0..900'"),
        (["--max-depth", "0..2"], "option max_depth: value out of range; found '0'"),
        (["--max-depth", "2..17"], "option max_depth: value out of range; found '17'"),
        (["--max-bytes", "9"], "--max-bytes 9: not available for a single student"),
        (["--max-parameters", "9"], "or --require 'parameters<=9'"),
        (["--prefer", "readable"], "--prefer readable: not available with --student tree"),
        (["-s", "auto", "--prefer", "x"], "--prefer: invalid choice; found 'x'"),
        (["-s", "auto", "--set", "alpha=0"], "not available with --student auto"),
        (["-s", "auto", "--max-depth", "2..3"], "a sweep needs one family"),
        (["-s", "auto", "--max-depth", "0"], "--max-depth: invalid tree depth; found '0'"),
        (["--max-depth", "2..3", "--set", "max_depth=2"], "--max-depth 2..3: max_depth is set"),
        (["--max-depth", "2", "--set", "max_depth=2"], "max_depth is set twice"),
        (["--max-leaves", "4", "--set", "max_leaves=4"], "max_leaves is set twice"),
        (["-s", "linear", "--max-depth", "2..3"], "family 'linear' has no option"),
        (["-s", "linear", "--max-leaves", "3"], "family 'linear' has no option"),
        (["--max-depth", "2..3", "--max-bytes", "0"], "--max-bytes"),
    ],
)
def test_invalid_requests_are_refused(
    arguments: list[str], message: str, crembo: Crembo, beliefs: Path, data: Path
) -> None:
    """One line with exit code 2 that names the option, before any work is done."""
    done = crembo("compress", beliefs, data, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert list(Path.cwd().iterdir()) == []
