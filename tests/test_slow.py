"""The list of slow tests: it names tests that exist, and leaves some for every package."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slow import SLOW

TESTS = Path(__file__).parent
PACKAGES = [path.parent.name for path in (TESTS.parent / "crembo_cli").glob("*/__init__.py")]


@pytest.mark.parametrize("name", SLOW)
def test_each_entry_names_a_file_or_a_test_in_it(name: str) -> None:
    """None is left behind for a test that has another name now."""
    path, _, function = name.partition("::")
    assert f"def {function}(" in (TESTS.parent / path).read_text() or not function


@pytest.mark.parametrize("package", PACKAGES)
def test_some_tests_of_each_package_are_quick(package: str) -> None:
    """So that `-m "not slow"` tells of a fault in any of them."""
    files = {f"tests/{path.relative_to(TESTS)}" for path in (TESTS / package).rglob("test_*.py")}
    assert files - set(SLOW)
