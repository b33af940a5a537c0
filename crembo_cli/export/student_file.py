"""The student's file: built, replayed on every row at hand, timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crembo_cli.export.model import build_model, label_values, model_bytes
from crembo_cli.export.replay import check_replay, rows_per_second, run_model, session
from crembo_cli.export.signature import Signature
from crembo_cli.students.contract import Student

if TYPE_CHECKING:
    from crembo_cli.evidence import Evidence
    from crembo_cli.teachers.contract import ClassLabel


@dataclass(frozen=True, kw_only=True)
class StudentFile:
    """A student's ONNX, ready to be written."""

    content: bytes
    sha256: str
    rows_per_second: float  # in onnxruntime


def student_file(
    student: Student,
    signature: Signature,
    classes: tuple[ClassLabel, ...],
    metadata: Mapping[str, str],
    version: str,
    evidences: Sequence[Evidence],
    threads: int,
) -> StudentFile:
    """The ONNX of `student`, replayed on all rows of `evidences`, timed on the last of them.

    Raises ReplayError where onnxruntime says something else than `student` on any row.
    """
    content = model_bytes(build_model(student, signature, classes, metadata, version))
    running = session(content, threads)
    values = label_values(classes)
    for each in evidences:
        labels, probabilities = run_model(running, signature, each.frame)
        check_replay(labels, probabilities, student, each.rows, values)
    return StudentFile(
        content=content,
        sha256=sha256(content).hexdigest(),
        rows_per_second=rows_per_second(running, signature, evidences[-1].frame),
    )
