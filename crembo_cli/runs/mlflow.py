"""Write a student as a model folder of MLflow."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from crembo_cli.errors import OutputError, StudentError
from crembo_cli.files import refuse_address
from crembo_cli.student_file.mlflow_files import mlflow_files
from crembo_cli.student_file.onnx_student import load_student
from crembo_cli.student_file.read import read_student_metadata


def mlflow(student: str | Path, folder: str | Path) -> None:
    """Write the student in the ONNX file `student` as a model folder of MLflow.

    `mlflow models serve -m FOLDER` and `mlflow.pyfunc.load_model(FOLDER)` load it; MLflow is not
    needed to write it. The arguments are those of `crembo mlflow`.

    Raises:
        StudentError: there is no student with metadata, or it has a fixed batch.
        OutputError: the folder exists and is not empty, or cannot be written.
    """
    target = Path(folder)
    refuse_address(target, OutputError)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(
            "the output exists", where=str(target), wanted="the path of a new or empty folder"
        )
    if not target.parent.is_dir():
        raise OutputError(
            "the output folder does not exist",
            where=str(target),
            found=f"no folder {str(target.parent)!r}",
            hint="create it, or choose another",
        )
    loaded, metadata = load_student(student), read_student_metadata(student)
    assert metadata is not None, "load_student refuses a file without metadata"
    if loaded.batch is not None:
        raise StudentError(
            "the student has a fixed batch size",
            where=str(student),
            found=f"{loaded.batch} rows",
            hint="compress a teacher with a dynamic batch size",
        )
    files = mlflow_files(loaded.content, metadata, loaded.classes)
    part = target.parent / f".crembo-{secrets.token_hex(8)}"
    try:
        for name, content in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        part.rename(target)  # in one step; an empty folder gives way
    except OSError as error:
        raise OutputError(
            "the folder cannot be written",
            where=str(target),
            found=error.strerror,
            wanted="a path that can be written to",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
