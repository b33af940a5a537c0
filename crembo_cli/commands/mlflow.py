"""`crembo mlflow STUDENT FOLDER`: a student as a model folder of MLflow."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options

EXAMPLE = "crembo mlflow churn.student.onnx churn_model"


def command(
    student: options.StudentPath,
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="Output folder; must be new or empty.", show_default=False
        ),
    ],
    debug: options.Debug = False,
) -> None:
    """Write STUDENT as a model folder that MLflow loads and serves."""
    import shlex

    from crembo_cli.commands.messages import print_message
    from crembo_cli.runs.mlflow import mlflow

    del debug  # app.run reads it from the arguments, before any command runs
    mlflow(student, folder)
    print_message(f"{folder} is written; mlflow models serve -m {shlex.quote(folder)} serves it")
