"""What holds in every test."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crembo_cli.search.defaults import SYNTHETIC_PER_ROW, THRESHOLDS
from crembo_cli.start import import_without_searching
from tests.command_line import beliefs, crembo, data, teacher  # noqa: F401  # fixtures
from tests.installed_plugins import Plugged, plugged_into
from tests.report.axe import axe  # noqa: F401  # fixture
from tests.report.browser import chromium  # noqa: F401  # fixture
from tests.slow import LONGEST, SLOW, is_slow

if TYPE_CHECKING:
    from crembo_cli.report.model import Report
    from crembo_cli.search.references import Recipe
    from tests.forked_children import Forks

# What takes a second to import is imported in functions: the process that hands tests out to
# others (`-n`) needs none of it.

import_without_searching()

# Each process that a test starts would otherwise compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Threads that wait for work would keep a processor busy that another process of tests could use.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file of slow tests where none is to run."""
    name = collection_path.relative_to(config.rootpath).as_posix()
    return True if name in SLOW and config.option.markexpr == "not slow" else None


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, the longest first, and skip what needs torch where there is none."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    no_torch = find_spec("torch") is None
    for each in items:
        if is_slow(each.nodeid):
            each.add_marker(pytest.mark.slow)
        if no_torch and each.get_closest_marker("torch"):
            each.add_marker(pytest.mark.skip(reason="torch is not installed"))


def pytest_collection_finish() -> None:
    """Never search what has been imported for garbage again."""
    gc.freeze()


@cache
def forks() -> Forks:
    """Fork the processes of teachers from now on, where the system can."""
    from crembo_cli.teachers.process import child
    from tests.forked_children import Forks

    made = Forks()
    if sys.platform.startswith("linux"):
        child.Popen = made  # type: ignore[misc,assignment] # it is used in the same way
    return made


@cache
def cheap_references() -> Mapping[str, Recipe]:
    """The references in few steps: else they are half of what a small run costs."""
    few = {"mlp": {"steps": "40"}, "boosted": {"trees": "2"}}
    strong = strong_references()
    return {name: replace(strong[name], settings=each) for name, each in few.items()}


@cache
def strong_references() -> Mapping[str, Recipe]:
    """The references as users get them."""
    from crembo_cli.search.references import REFERENCES

    return dict(REFERENCES)


def use_defaults(of_users: bool) -> None:
    """Search on as many rows and at as many thresholds as users do by default, or on few."""
    from crembo_cli.search import defaults, training_rows

    training_rows.SYNTHETIC_PER_ROW = SYNTHETIC_PER_ROW if of_users else 5
    defaults.THRESHOLDS = THRESHOLDS if of_users else 4


@pytest.hookimpl(tryfirst=True)  # before fixtures, those of modules too
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start processes of teachers, fit references and search as for users where it is marked."""
    from crembo_cli.search.references import REFERENCES

    forks().started = item.get_closest_marker("started") is not None
    use_defaults(item.get_closest_marker("defaults") is not None)
    cheap = {} if item.get_closest_marker("references") else cheap_references()
    REFERENCES.update({**strong_references(), **cheap})


def pytest_sessionfinish() -> None:
    """End the process that is forked."""
    if forks.cache_info().currsize:
        forks().close()


@pytest.fixture(autouse=True, scope="session")
def compress_starts_no_process_to_fit() -> None:
    """Import what `compress` would import in a second process."""
    from crembo_cli.search.defaults import FITTERS

    for name in FITTERS:
        import_module(name)


@pytest.fixture(autouse=True, scope="session")
def speeds_are_measured_briefly() -> Iterator[None]:
    """Measure how fast a model predicts for a hundredth of a second, in every run."""
    from crembo_cli.teachers.process import timing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "SPENT", 0.01)
        patch.setattr(timing, "CALLS", 1)
        yield


@pytest.fixture(autouse=True, scope="session")
def every_json_report_is_validated() -> Iterator[None]:
    """Validate every JSON report that a test renders against the schema."""
    from crembo_cli.report import model
    from tests.report.report_schema import validate

    render_json = model.render_json

    def render_and_validate(report: Report) -> str:
        text = render_json(report)
        validate(json.loads(text))
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "render_json", render_and_validate)
        yield


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have empty plots: for tests of what a page says, not of what it draws."""
    from crembo_cli.report import plots
    from tests.report.drawn_once import PLOTS

    for name in PLOTS:
        monkeypatch.setattr(plots, name, lambda *_, **__: "<svg></svg>")


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    """Installs packages of families for the length of one test."""
    site = tmp_path / "site"
    site.mkdir()
    yield from plugged_into(site, monkeypatch)
