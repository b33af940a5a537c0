"""The students of the explain tests, read back from their files."""

from tests.explanations.conftest import case

__all__ = ["case"]
