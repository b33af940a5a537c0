"""The report as JSON text."""

from __future__ import annotations

import json

from crembo_cli.report.model import Report, as_json


def json_text(report: Report) -> str:
    """The report as indented JSON in ASCII, one newline at the end; NaN never appears in it.

    ASCII, because a path may hold bytes that are no UTF-8 and a pipe may want another encoding.
    """
    return json.dumps(as_json(report), indent=2, allow_nan=False) + "\n"
