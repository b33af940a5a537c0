"""crembo: compress any saved classifier into a small, deep, robust student.

    import crembo_cli as crembo

    result = crembo.compress("teacher.onnx", "data.csv", student="tree", max_depth=5)
    result.report.metrics["student"].fidelity
    result.student.predict(frame)
    result.save("student.onnx")

The names below load when first used, so that `crembo --help` stays quick.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crembo_cli.errors import CremboError
    from crembo_cli.report.compare.model import CompareReport
    from crembo_cli.report.model import Report
    from crembo_cli.runs.compare import ComparedPair, compare
    from crembo_cli.runs.compress import compress
    from crembo_cli.runs.evaluate import Evaluation, evaluate
    from crembo_cli.runs.explain import explain
    from crembo_cli.runs.mlflow import mlflow
    from crembo_cli.runs.result import Result
    from crembo_cli.runs.score import Scores, score
    from crembo_cli.student_file.onnx_student import OnnxStudent, load_student

    __version__: str

# onnxruntime's wheel sends telemetry unless this is set before it is imported, here and in the
# teacher's process. The user's own setting wins.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_MODULES = {
    "ComparedPair": "crembo_cli.runs.compare",
    "CompareReport": "crembo_cli.report.compare.model",
    "CremboError": "crembo_cli.errors",
    "Evaluation": "crembo_cli.runs.evaluate",
    "OnnxStudent": "crembo_cli.student_file.onnx_student",
    "Report": "crembo_cli.report.model",
    "Result": "crembo_cli.runs.result",
    "Scores": "crembo_cli.runs.score",
    "compare": "crembo_cli.runs.compare",
    "compress": "crembo_cli.runs.compress",
    "evaluate": "crembo_cli.runs.evaluate",
    "explain": "crembo_cli.runs.explain",
    "load_student": "crembo_cli.student_file.onnx_student",
    "mlflow": "crembo_cli.runs.mlflow",
    "score": "crembo_cli.runs.score",
}

__all__ = [
    "CompareReport",
    "ComparedPair",
    "CremboError",
    "Evaluation",
    "OnnxStudent",
    "Report",
    "Result",
    "Scores",
    "__version__",
    "compare",
    "compress",
    "evaluate",
    "explain",
    "load_student",
    "mlflow",
    "score",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # with email and zipfile a third of a start

        return version("crembo-cli")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
