"""crembo: compress any saved classifier into a small, deep, robust student.

The command line is the product; the names here are for scripts. They load when first used, so
that `crembo --help` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

_HOMES = {
    "CremboError": "crembo_cli.errors",
    "Compression": "crembo_cli.search.student",
    "Search": "crembo_cli.search.student",
    "compress": "crembo_cli.search.student",
    "gather": "crembo_cli.runs.inputs",
    "load_teacher": "crembo_cli.teachers.load",
    "make_family": "crembo_cli.students.registry",
    "read_table": "crembo_cli.dataset.table",
    "split_rows": "crembo_cli.dataset.split",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  # the names are strings, from one table


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("crembo-cli")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
