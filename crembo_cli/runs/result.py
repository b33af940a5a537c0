"""What `compress` returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.files import write_together

if TYPE_CHECKING:
    from crembo_cli.report.model import Report
    from crembo_cli.student_file.onnx_student import OnnxStudent


@dataclass(frozen=True, kw_only=True)
class Result:
    """A student and its report."""

    content: bytes  # the student's ONNX file
    report: Report
    notes: tuple[str, ...]  # what is odd about the inputs; on the command line, standard error

    @property
    def student(self) -> OnnxStudent:
        """The student, ready to predict with onnxruntime."""
        from crembo_cli.student_file.onnx_student import OnnxStudent

        return OnnxStudent(self.content)

    def save(self, path: str | Path) -> None:
        """Write the student's ONNX file in one step. Raises OutputError."""
        write_together({Path(path): self.content})
