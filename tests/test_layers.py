"""The house: import arrows go down only, and the core stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import crembo_cli

ROOT = Path(crembo_cli.__file__).parent
# From the top down; a module may import its own layer and those after it.
LAYERS = [
    "commands",
    "runs",
    "report",
    "explanations",
    "robustness",
    "search",
    "evaluation",
    "student_file",
    "teachers",
    "dataset",
    "students",
    "core",
    "cluster",
    "addresses",
    "files",
    "arrays",
    "background",
    "threads",
    "terminal",
    "signals",
    "start",
    "errors",
]
TESTING_MAY_IMPORT = {"testing", "students", "core", "arrays", "errors"}


def layer(path: Path) -> str:
    """The layer of a module: its first folder, or its own name."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """The syntax of a module, read once for all tests."""
    return list(ast.walk(ast.parse(path.read_text())))


def imported(path: Path) -> set[str]:
    """What a module imports of crembo, whole names, wherever in it the import stands."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be read here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("crembo_cli.")}


def imported_layers(path: Path) -> set[str]:
    """The layers of crembo that a module imports."""
    return {name.split(".")[1] for name in imported(path)}


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


def test_the_contracts_test_knows_no_family() -> None:
    """Of the students it imports the contract alone: it serves other people's families."""
    for path in (ROOT / "testing").glob("*.py"):
        students = {name for name in imported(path) if name.startswith("crembo_cli.students")}
        assert all(name.startswith("crembo_cli.students.contract.") for name in students), path


def import_graph() -> dict[str, set[str]]:
    """Each module of crembo with the modules that it imports, anywhere and for types too."""
    names = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in MODULES
    }
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found = {each if each in names else each.rpartition(".")[0] for each in imported(path)}
        graph[name] = (found & names.keys()) - {name}
    return graph


def test_no_import_runs_in_a_circle() -> None:
    """Modules can be put in an order in which each imports only those before it."""
    graph = import_graph()
    assert len(graph) > 100
    order = TopologicalSorter(graph)
    order.prepare()  # raises CycleError, which names the circle


def modules_after_importing(statement: str) -> set[str]:
    """The modules, whole names, that `statement` brings into a fresh process."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.split())


def packages(modules: set[str]) -> set[str]:
    """The top-level packages of modules, Python's own left out."""
    return {name.split(".")[0] for name in modules} - sys.stdlib_module_names


def test_the_core_and_the_contract_import_numpy_alone() -> None:
    """In a fresh process they bring in numpy, the errors and themselves, and nothing else."""
    core = [f"crembo_cli.core.{path.stem}" for path in (ROOT / "core").glob("[a-z]*.py")]
    own = {"crembo_cli", "crembo_cli.core", *core, "crembo_cli.arrays", "crembo_cli.errors"}
    own |= {"crembo_cli.students", "crembo_cli.students.contract"}
    loaded = modules_after_importing(f"import {', '.join([*core, 'crembo_cli.students.contract'])}")
    ours = {name for name in loaded if name.split(".")[0] == "crembo_cli"}
    assert packages(loaded) == {"numpy", "crembo_cli"}
    assert ours <= own


HEAVY = {"pandas", "scipy", "sklearn", "onnx", "onnxruntime", "numba", "pyarrow"}


def test_help_needs_no_numbers() -> None:
    """The command line is assembled without numpy or anything heavier, rich for help aside."""
    loaded = modules_after_importing("import crembo_cli.commands.app")
    assert not packages(loaded) & {*HEAVY, "numpy"}


def users_of(*packages: str) -> list[str]:
    """The files of crembo that import one of `packages`, anywhere in them."""

    def names(node: ast.AST) -> list[str]:
        if isinstance(node, ast.ImportFrom):
            return [node.module or ""]
        return [each.name for each in node.names] if isinstance(node, ast.Import) else []

    return [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if any(name.split(".")[0] in packages for node in nodes(path) for name in names(node))
    ]


def test_only_the_kernels_know_numba() -> None:
    """One file imports numba; without it nothing else changes."""
    assert users_of("numba") == ["students/tree/kernels.py"]


def test_one_module_knows_dask() -> None:
    """All else maps functions over items; Dask is loaded where `--dask` is given only."""
    assert users_of("dask", "distributed") == ["cluster/dask_engine.py"]
    loaded = modules_after_importing("import crembo_cli.runs.score, crembo_cli.teachers.load")
    assert not packages(loaded) & {"dask", "distributed"}
