"""From a path to a teacher, by the file's extension."""

from __future__ import annotations

from pathlib import Path

from crembo_cli.errors import TeacherError, UsageError
from crembo_cli.teachers.contract import Teacher
from crembo_cli.teachers.output_format import ACTIVATIONS, LARGEST

MODELS = {
    ".onnx": "onnx",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "pickle",
    ".skops": "skops",
}
TABLES = (".csv", ".tsv", ".parquet")


def load_teacher(
    path: str | Path,
    *,
    activation: str = "auto",
    trust_pickle: bool = False,
    hard_labels: bool = False,
    timeout: float = 600.0,
    threads: int | None = None,
    memory_limit: int | None = None,
) -> Teacher:
    """The teacher in the file `path`; close it when done.

    A model is loaded and asked in a child process, which starts at once: this returns before
    the file is read, and what is wrong with it is raised by the first attribute or question.

    Args:
        path: `.onnx`; `.pkl`, `.pickle` or `.joblib`; `.skops`; or a table of beliefs.
        activation: how an ONNX model's scores become probabilities, one of `ACTIVATIONS`,
            or `LARGEST`.
        trust_pickle: load names that are not on the allow-list, which runs the file's code.
        hard_labels: take the teacher's labels as certain beliefs.
        timeout: seconds without progress after which a model is ended.
        threads: that a model may compute on; None for a modest number.
        memory_limit: bytes of data that a model may hold; None for most of the machine's.

    Raises:
        TeacherError: no such file, or of a kind that is not read.
        UsageError: an option out of range, or one that does not go with the file's kind.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    table = suffix in TABLES or path.name.lower().endswith(".csv.gz") or path.is_dir()
    if activation not in (*ACTIVATIONS, LARGEST):
        raise UsageError("unknown --activation", found=activation, wanted=" or ".join(ACTIVATIONS))
    if not timeout > 0:
        raise UsageError("--teacher-timeout is out of range", found=f"{timeout:g}", wanted="> 0")
    if threads is not None and threads < 1:
        raise UsageError("--jobs is out of range", found=str(threads), wanted=">= 1")
    if not path.exists():
        raise TeacherError("no such file", where=str(path), wanted="a saved classifier")
    if not table and suffix not in MODELS:
        raise TeacherError(
            "a teacher of this kind is not read",
            where=str(path),
            found=f"the extension {suffix!r}",
            wanted=", ".join([*MODELS, *TABLES]),
        )
    if activation != "auto" and suffix != ".onnx":
        raise UsageError(
            "--activation is for the scores of ONNX models alone", where=str(path), found=activation
        )
    if table:
        from crembo_cli.teachers.belief_table import BeliefTable

        return BeliefTable(path, hard_labels=hard_labels)
    from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher

    return SubprocessTeacher(
        path,
        MODELS[suffix],
        activation=activation,
        trust_pickle=trust_pickle,
        hard_labels=hard_labels,
        timeout=timeout,
        threads=threads,
        memory_limit=memory_limit,
    )
