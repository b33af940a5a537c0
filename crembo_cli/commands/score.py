"""`crembo score TEACHER DATA`: the teacher's beliefs as a table, so that it is asked once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crembo_cli.commands import options

if TYPE_CHECKING:
    import pandas as pd

KINDS = (".csv", ".parquet")


def command(
    teacher: options.TeacherPath,
    data: options.DataPath,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where the beliefs go: .csv or .parquet. Default: CSV on standard output.",
            show_default=False,
        ),
    ] = None,
    label: options.Label = None,
    features: options.Features = None,
    drop: options.Drop = None,
    activation: options.Activation = "auto",
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = 600.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as JSON; needs --output.")
    ] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Ask TEACHER about each row of DATA: one column per class, rows in their order."""
    from crembo_cli.commands.messages import Messages, print_answer
    from crembo_cli.dataset.notes import list_notes
    from crembo_cli.files import check_output, write_together
    from crembo_cli.runs.inputs import gather, read_features
    from crembo_cli.teachers.load import load_teacher

    del debug  # read from the arguments by app.run, which must know it before any command runs
    path = None if output is None else Path(output)
    _check(path, as_json)
    if path is not None:
        check_output(path, [Path(each) for each in (teacher, data) if each != "-"])
    messages = Messages(quiet=quiet, verbose=verbose)
    with messages.progress():
        asked = load_teacher(
            teacher,
            activation=activation,
            hard_labels=hard_labels,
            trust_pickle=trust_pickle,
            timeout=teacher_timeout,
        )
        with closing(asked):
            messages.stage(f"reading {data}", 0)
            chosen: dict[str, Any] = {
                "label": label,
                "features": options.names(features, "--features"),
                "drop": options.names(drop, "--drop") or (),
            }
            table = read_features(data, asked, **chosen)
            messages.stage(f"asking the teacher about {len(table.frame):,} rows", 0)
            evidence = gather(
                table,
                asked,
                **chosen,
                judged=False,
            )
            messages.note([*list_notes(evidence.table, evidence.columns), *asked.warnings])
            scores = _table(evidence.beliefs, [str(each) for each in asked.classes])
            predicted = {
                "teacher": {
                    "path": teacher,
                    "sha256": asked.sha256,
                    "reading": asked.output_format,
                },
                "data": {"path": data, "sha256": table.sha256},
                "output": output,
                "rows": len(scores),
                "classes": list(asked.classes),
                "classes_source": asked.classes_source,
            }
    if path is None:
        print_answer(_csv(scores))
    else:
        write_together({path: _content(scores, path.suffix.lower())})
    if as_json:
        import json

        print_answer(json.dumps(predicted, indent=2) + "\n")


def _check(path: Path | None, as_json: bool) -> None:
    from crembo_cli.errors import UsageError

    if path is None and as_json:
        raise UsageError(
            "standard output cannot hold both the beliefs and --json",
            hint="name a file for the beliefs with --output",
        )
    if path is not None and path.suffix.lower() not in KINDS:
        raise UsageError(
            "beliefs are not written in this format",
            where=f"--output {path}",
            found=repr(path.suffix),
            wanted=" or ".join(KINDS),
        )


def _table(beliefs: Any, classes: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(beliefs, columns=classes)


def _content(scores: pd.DataFrame, suffix: str) -> bytes:
    """The table as the bytes of a file; float32 is written so that it reads back the same."""
    if suffix == ".parquet":
        return scores.to_parquet(index=False)
    return _csv(scores).encode()


def _csv(scores: pd.DataFrame) -> str:
    return scores.to_csv(index=False, lineterminator="\n")
