"""`crembo inspect MODEL`: describe a teacher or a student, without a table."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crembo_cli.commands import options, panels

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import Teacher

EXAMPLE = "crembo inspect churn.pkl"


def command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A teacher or a student: any file that `compress` takes as TEACHER.",
            show_default=False,
        ),
    ],
    activation: options.Activation = "auto",
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = 600.0,
    as_json: options.AsJson = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Print how the model's process is confined.",
            rich_help_panel=panels.RUN,
        ),
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Describe MODEL: format, inputs, outputs, classes, size, provenance, output format."""
    from crembo_cli.commands.messages import print_answer, print_message
    from crembo_cli.errors import printable
    from crembo_cli.student_file.form import note_level
    from crembo_cli.teachers.load import load_teacher
    from crembo_cli.teachers.process.model_file import ModelFile

    del debug  # app.run reads it from the arguments, before any command runs
    teacher = load_teacher(
        model,
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        timeout=teacher_timeout,
    )
    with closing(teacher):
        info = _info(model, teacher)
        warnings = (*teacher.warnings, *note_level(model, teacher.producer, teacher.metadata))
        confinement = teacher.confinement if isinstance(teacher, ModelFile) else ()
    if as_json:
        import json

        print_answer(json.dumps(info, indent=2) + "\n")
    else:
        print_answer("\n".join(map(printable, _lines(info))) + "\n")
    for warning in warnings:
        print_message(f"note: {warning}")
    if verbose:
        for each in confinement:
            print_message(f"confinement: {each}")


def _info(path: str, teacher: Teacher) -> dict[str, Any]:
    """What is known about the file, by key; null where it is unknown."""
    from crembo_cli.student_file.keys import parse_metadata

    return {
        "path": path,
        "format": teacher.format,
        "producer": teacher.producer or None,
        "bytes": teacher.bytes,
        "sha256": teacher.sha256,
        "inputs": [
            {"name": each.name, "type": each.type, "shape": list(each.shape)}
            for each in teacher.inputs
        ],
        "outputs": [
            {"name": each.name, "type": each.type, "shape": list(each.shape)}
            for each in teacher.outputs
        ],
        "n_features": teacher.n_features,
        "feature_names": None if teacher.feature_names is None else list(teacher.feature_names),
        "rows": teacher.rows,
        "classes": list(teacher.classes) or None,
        "classes_source": teacher.classes_source if teacher.classes else None,
        "output_format": teacher.output_format,
        "provenance": parse_metadata(teacher.metadata) or None,
    }


def _lines(info: dict[str, Any]) -> list[str]:
    """A name and a value per line; unknown values are left out."""
    lines = []
    for name, value in info.items():
        if name in ("inputs", "outputs"):
            lines += [_line(name.removesuffix("s"), _tensor(each)) for each in value]
        elif name == "provenance" and value:
            # The bins of the training rows are long, and for `evaluate`; --json prints them.
            shown = {key: each for key, each in value.items() if key != "training"}
            lines += [_line(f"crembo {key}", _short(each)) for key, each in shown.items()]
        elif value is not None:
            lines.append(_line(name.replace("_", " "), _short(value)))
    return lines


def _line(name: str, value: str) -> str:
    return f"{name + ':':28} {value}"


def _tensor(info: dict[str, Any]) -> str:
    shape = ", ".join("?" if size is None else str(size) for size in info["shape"])
    return f"{info['name']}  {info['type']}  [{shape}]"


def _short(value: Any, most: int = 12) -> str:
    """A value on one line; a long list is cut, with its length."""
    if isinstance(value, list):
        named = [each["name"] if isinstance(each, dict) else str(each) for each in value]
        more = f", ... ({len(named)} in all)" if len(named) > most else ""
        return ", ".join(named[:most]) + more
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(each)}" for key, each in value.items())
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
