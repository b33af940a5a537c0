"""The table of metrics: it names every number of a report and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crembo_cli.evaluation.baselines import TreeSize
from crembo_cli.report.drift import drift_table
from crembo_cli.report.gates import find_path
from crembo_cli.report.glossary import explain, render_glossary, render_glossary_markdown
from crembo_cli.report.metrics import (
    CLASSIFIERS,
    METRICS,
    Keys,
    find_metric,
    look_up,
    required_paths,
    split_path,
)
from crembo_cli.report.model import Report, Requirement
from crembo_cli.report.tables import (
    Table,
    bounds_table,
    class_table,
    comparison_table,
    cost_table,
    depth_table,
    label_table,
    metrics_table,
    robustness_table,
    score_table,
    weakest_table,
)
from crembo_cli.robustness.model import MarginUpperBounds
from tests.report.example_reports import comparison, drift, repeats, report

# Headings of texts, and of what is not a metric.
OTHER_HEADINGS = {"predicted", "teacher probabilities", "bound", "student", "teacher"}


def full_report() -> Report:
    """Build a report in which every number is known."""
    example = report()
    assert example.search is not None
    found = replace(comparison(), budget=dict.fromkeys(comparison().budget, 6_000))
    students = [replace(each, threshold=0.25) for each in found.students]
    bounds = MarginUpperBounds(rows=1, median=0.5, quantile_5=0.25)
    assert example.teacher is not None
    return replace(
        example,
        teacher=replace(example.teacher, classes=[0, 1]),
        student=replace(example.student, utilities=[[1.0, 0.5], [0.0, 1.0]]),
        baselines=TreeSize(max_depth=5, max_leaves=16),
        search=replace(
            example.search, threshold=0.25, comparison=replace(found, students=students)
        ),
        robustness=replace(example.robustness, margin_upper_bound=bounds),
        drift=drift(),
        repeats=repeats(),
        requirements=[Requirement(expression="fidelity>=0.9", value=0.93, met=True)],
    )


def numbers(value: Any, path: Keys = ()) -> Iterator[Keys]:
    """Generate the paths of all numbers in a JSON value; a place in a list is a key."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from numbers(each, (*path, str(key)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def tables(found: Report) -> Iterator[Table]:
    """Generate every table that a renderer draws."""
    yield metrics_table(found)
    yield label_table(found)
    yield robustness_table(found)
    yield cost_table(found)
    yield bounds_table(found)
    for table in (
        score_table(found),
        comparison_table(found),
        class_table(found),
        weakest_table(found, brief=False),
        depth_table(found),
        drift_table(found, brief=False),
    ):
        assert table is not None
        yield table


def test_every_number_of_a_report_is_in_the_table_once() -> None:
    """Each number, those in lists included, has exactly one row."""
    for path in set(numbers(json.loads(full_report().to_json()))):
        assert sum(metric.holds(path) for metric in METRICS) == 1, path


def test_every_row_of_the_table_is_in_a_report() -> None:
    """No row is left over from a number that is gone."""
    paths = set(numbers(full_report().to_dict()))
    for metric in METRICS:
        assert any(metric.holds(path) for path in paths), metric.name


def test_every_heading_is_in_the_table() -> None:
    """What stands beside or above a number is the name or a heading of a metric."""
    known = {heading.text.format(delta="5%") for each in METRICS for heading in each.headings}
    drawn = set()
    example = full_report()
    for table in tables(example):
        drawn |= set(table.headings) - OTHER_HEADINGS - set(CLASSIFIERS.values())
    for table in (robustness_table(example), cost_table(example), bounds_table(example)):
        drawn |= {row.name for row in table.rows}
    assert len(drawn) > 20
    assert drawn <= known
    margin = example.robustness.margin
    assert margin is not None
    unlabelled = replace(
        example,
        robustness=replace(example.robustness, margin=replace(margin, certified_accuracy=None)),
    )
    assert known - drawn == {row.name for row in robustness_table(unlabelled).rows} - drawn


def test_looking_a_number_up_gives_the_value_in_the_json_report() -> None:
    """For every metric that --require takes."""
    found = full_report().to_dict()
    for path in required_paths():
        value: Any = found
        for key in path:
            value = value[key]
        assert look_up(full_report(), path) == value is not None, path


def test_names_are_those_that_require_takes() -> None:
    """Where --require takes the metric at all."""
    for metric in METRICS:
        if metric.can_be_required():
            assert metric.holds(find_path(metric.name, "")), metric.name


def test_names_and_paths_are_unique() -> None:
    """No two rows have the same name or path."""
    for values in ([each.name for each in METRICS], [each.path for each in METRICS]):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_glossary_fits_a_screen(width: int) -> None:
    """Every row is there in one sentence, and no line is too wide."""
    text = render_glossary(width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    for metric in METRICS:
        assert f"{metric.name} {explain(metric)}" in words
        assert not metric.sentence.endswith(".")
    assert "number in parentheses" in words


def test_the_glossary_as_markdown_has_a_row_for_each_metric() -> None:
    """With its name, its path and its sentence."""
    lines = render_glossary_markdown().splitlines()
    assert len([line for line in lines if line.startswith("| `")]) == len(METRICS)
    for metric in METRICS:
        assert any(metric.sentence in line and f"`{metric.path}`" in line for line in lines)
        assert not re.search(r"[|<]", metric.sentence)


def test_a_path_with_a_decimal_is_split_at_its_dots_only() -> None:
    """0.05 is one key; an unknown path has no row."""
    path = split_path("robustness.noise.0.05.student")
    assert path == ("robustness", "noise", "0.05", "student")
    assert find_metric((*path, "x")) is None
