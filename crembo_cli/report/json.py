"""The report as JSON text."""

from __future__ import annotations

import json

from crembo_cli.report.model import Report, as_json


def json_text(report: Report) -> str:
    """The report as indented JSON, one newline at the end; NaN never appears in it."""
    return json.dumps(as_json(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
