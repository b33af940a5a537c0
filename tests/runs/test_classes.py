"""The classes of a student matched with those of its teacher."""

from __future__ import annotations

from typing import Any

import pytest

from crembo_cli.errors import StudentError
from crembo_cli.runs.classes import match_classes


@pytest.mark.parametrize(
    ("own", "theirs", "numbered", "places"),
    [
        (("no", "yes"), ("yes", "no"), False, [1, 0]),
        ((0, 1), (False, True), False, [0, 1]),
        (("1", "2"), (2.0, 1.0, 3.0), False, [1, 0]),
        ((0, 1), ("no", "yes"), True, [0, 1]),
    ],
)
def test_classes_are_matched_as_they_are_written(
    own: Any, theirs: Any, numbered: bool, places: list[int]
) -> None:
    """By their text, numbers by their value; by order where one side has numbers only."""
    assert match_classes(own, theirs, "s.onnx", numbered=numbered).tolist() == places


def test_other_classes_are_refused() -> None:
    """Both sides are named."""
    with pytest.raises(StudentError, match="found no, yes; wanted a, b"):
        match_classes(("no", "yes"), ("a", "b"), "s.onnx", numbered=False)
    with pytest.raises(StudentError):
        match_classes((0, 1), ("a", "b", "c"), "s.onnx", numbered=True)
