"""The features of a student as JSON values."""

from __future__ import annotations

import pytest

from crembo_cli.student_file.features import read_features, write_features
from crembo_cli.students.contract import Feature


def numbered(pattern: str, first: int, count: int, **more: object) -> list[Feature]:
    """Features whose names count up."""
    return [Feature(name=pattern.format(first + k), **more) for k in range(count)]  # type: ignore[arg-type]


def test_pixels_are_one_entry() -> None:
    """784 features that differ in their number alone, between others."""
    features = [Feature(name="id"), *numbered("p[{}]", 0, 784, kind="whole number")]
    entries = write_features([*features, Feature(name="p", missing=True)])
    assert entries == [
        {"name": "id"},
        {"name": "p[{}]", "kind": "whole number", "first": 0, "count": 784},
        {"name": "p", "missing": True},
    ]


@pytest.mark.parametrize(
    "features",
    [
        numbered("x{}", 1, 20),
        numbered("a1_{}_b", 5, 9),
        numbered("{}_a", 0, 8) + numbered("{}_b", 8, 8),
        [Feature(name=f"x{k:03}") for k in range(20)],
        [Feature(name=f"row {k // 9} column {k % 9}") for k in range(81)],
        numbered("x{}", 0, 8, categories=("a", "b")) + numbered("x{}", 8, 3),
        [Feature(name=f"{{}}{k}") for k in range(12)],
        [Feature(name="x1")] * 10,
    ],
)
def test_features_are_read_as_they_were_written(features: list[Feature]) -> None:
    """Names with leading zeros, several numbers, braces, repeats and categories."""
    assert read_features(write_features(features)) == tuple(features)
