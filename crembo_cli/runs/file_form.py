"""The options that say what a student's file looks like, checked."""

from __future__ import annotations

from crembo_cli.runs.options import check_choice, refuse_both
from crembo_cli.search import defaults
from crembo_cli.student_file.form import FileForm
from crembo_cli.student_file.outputs import ZIPMAP


def file_form(*, outputs: str, metadata: str, portable: bool) -> FileForm:
    """The form of the student's file. Raises UsageError."""
    check_choice("--outputs", outputs, defaults.OUTPUT_FORMS)
    check_choice("--metadata", metadata, defaults.METADATA_LEVELS)
    if portable and outputs == ZIPMAP:
        refuse_both("--portable", {"--outputs": outputs})
    return FileForm(outputs=outputs, metadata=metadata, portable=portable)
