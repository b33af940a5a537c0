"""What a student's file looks like, whatever its family."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.student_file.levels import FULL
from crembo_cli.student_file.outputs import TENSOR


@dataclass(frozen=True, kw_only=True)
class FileForm:
    """The choices of a user for a student's file."""

    outputs: str = TENSOR  # TENSOR, COLUMNS or ZIPMAP of `outputs`
    metadata: str = FULL  # one of `levels`
    portable: bool = False  # operators of ONNX alone, without those of ai.onnx.ml
