"""The options that say what a student's file looks like, checked."""

from __future__ import annotations

from crembo_cli.runs.options import check_choice
from crembo_cli.search import defaults
from crembo_cli.student_file.form import FileForm


def file_form(*, outputs: str) -> FileForm:
    """The form of the student's file. Raises UsageError."""
    check_choice("--outputs", outputs, defaults.OUTPUT_FORMS)
    return FileForm(outputs=outputs)
