"""What holds in every test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crembo_cli.report import as_json as written
from crembo_cli.report.model import Report
from tests.command_line import beliefs, crembo, data, teacher  # noqa: F401  # fixtures
from tests.plugged import Plugged, plugged_into
from tests.report.schema import validate


@pytest.fixture(autouse=True, scope="session")
def reports_keep_to_the_schema() -> Iterator[None]:
    """Every JSON report that any test has the command line make is held against the schema."""
    plain = written.json_text

    def checked(report: Report) -> str:
        text = plain(report)
        validate(json.loads(text))
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "json_text", checked)
        yield


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    """Installs packages of families for the length of one test."""
    site = tmp_path / "site"
    site.mkdir()
    yield from plugged_into(site, monkeypatch)
