"""The registered families as parameters of tests; those that torch trains have its marker."""

from __future__ import annotations

from typing import Any

import pytest

from crembo_cli.students.capabilities import fits_images
from crembo_cli.students.registry import family_class, family_names

BY_TORCH = ("cnn", "net")
NEEDS_TORCH = pytest.mark.torch

EVERY_FAMILY: list[Any] = [
    pytest.param(name, marks=NEEDS_TORCH if name in BY_TORCH else ()) for name in family_names()
]
FOR_TABLES = [each for each in EVERY_FAMILY if not fits_images(family_class(each.values[0]))]
