"""What holds in every test."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
import scipy.optimize  # noqa: F401  # where these two are imported, `compress` starts no process

import crembo_cli.students.tree.kernels  # noqa: F401  # to import them in
from crembo_cli.report import model
from crembo_cli.report.model import Report
from crembo_cli.start import import_without_searching
from tests.command_line import beliefs, crembo, data, teacher  # noqa: F401  # fixtures
from tests.installed_plugins import Plugged, plugged_into
from tests.report.axe import axe  # noqa: F401  # fixture
from tests.report.browser import chromium  # noqa: F401  # fixture
from tests.report.report_schema import validate
from tests.slow import is_slow

import_without_searching()

# Each process that a test starts would otherwise compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what is slow, and skip what needs torch where there is none."""
    no_torch = find_spec("torch") is None
    for each in items:
        if is_slow(each.nodeid):
            each.add_marker(pytest.mark.slow)
        if no_torch and each.get_closest_marker("torch"):
            each.add_marker(pytest.mark.skip(reason="torch is not installed"))


@pytest.fixture(autouse=True, scope="session")
def every_json_report_is_validated() -> Iterator[None]:
    """Validate every JSON report that a test renders against the schema."""
    render_json = model.render_json

    def render_and_validate(report: Report) -> str:
        text = render_json(report)
        validate(json.loads(text))
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "render_json", render_and_validate)
        yield


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    """Installs packages of families for the length of one test."""
    site = tmp_path / "site"
    site.mkdir()
    yield from plugged_into(site, monkeypatch)
