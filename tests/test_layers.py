"""The house: import arrows go down only, and the core stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import crembo_cli

ROOT = Path(crembo_cli.__file__).parent
# From the top down; a module may import its own layer and those after it.
LAYERS = [
    "commands",
    "report",
    "explain",
    "robustness",
    "compression",
    "assessment",
    "export",
    "rows",
    "evidence",
    "teachers",
    "dataset",
    "students",
    "core",
    "errors",
]
TESTING_MAY_IMPORT = {"testing", "students", "core", "errors"}


def layer(path: Path) -> str:
    """The layer of a module: its first folder, or its own name."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> set[str]:
    """The layers of crembo that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("crembo_cli.")}
    return found


MODULES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem[0] != "_")


def test_every_module_has_a_layer() -> None:
    """A new folder or top-level module takes its place in the order, or this fails."""
    assert {layer(path) for path in MODULES} <= {*LAYERS, "testing"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_import_arrows_go_down_only(path: Path) -> None:
    """No module imports one of a higher layer."""
    here = layer(path)
    allowed = TESTING_MAY_IMPORT if here == "testing" else set(LAYERS[LAYERS.index(here) :])
    assert imported_layers(path) <= allowed


def modules_after_importing(statement: str) -> set[str]:
    """The top-level modules that a fresh process holds after `statement`."""
    code = (
        f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.split())


HEAVY = {"pandas", "scipy", "sklearn", "onnx", "onnxruntime", "numba", "pyarrow", "rich", "typer"}


def test_the_core_and_the_contract_import_numpy_alone() -> None:
    """In a fresh process, the whole core and the contract bring in nothing heavy but numpy."""
    core = [f"crembo_cli.core.{path.stem}" for path in (ROOT / "core").glob("[a-z]*.py")]
    loaded = modules_after_importing(f"import {', '.join([*core, 'crembo_cli.students.contract'])}")
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_help_needs_no_numbers() -> None:
    """The command line is assembled without numpy or anything heavier, rich for help aside."""
    loaded = modules_after_importing("import crembo_cli.commands.app")
    assert not loaded & (HEAVY - {"rich", "typer"} | {"numpy"})


def test_only_the_kernels_know_numba() -> None:
    """One file imports numba; without it nothing else changes."""
    users = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if any(
            (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("numba"))
            or (
                isinstance(node, ast.Import) and any(a.name.startswith("numba") for a in node.names)
            )
            for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert users == ["students/tree/kernels.py"]
