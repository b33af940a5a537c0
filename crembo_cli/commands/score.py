"""`crembo score TEACHER DATA`: the teacher's class probabilities as a table."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options, panels
from crembo_cli.search import defaults

EXAMPLE = "crembo score churn.pkl churn.csv --output probabilities.csv"


def command(
    teacher: options.TeacherPath,
    data: options.DataPath,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|FOLDER/",
            help="Path of the table: .csv or .parquet, or FOLDER/ for a new folder of Parquet "
            "parts; with --dask, the workers write them. [default: CSV on standard output]",
            show_default=False,
            rich_help_panel=panels.USUAL,
        ),
    ] = None,
    label: options.Label = None,
    features: options.Features = None,
    drop: options.Drop = None,
    missing: options.Missing = None,
    text: options.Text = None,
    number: options.Number = None,
    thousands: options.Thousands = None,
    activation: options.Activation = defaults.ACTIVATION,
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = defaults.TEACHER_TIMEOUT,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print a summary as JSON; needs --output.",
            rich_help_panel=panels.REPORT,
        ),
    ] = False,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    dry_run: options.DryRun = False,
    no_clobber: options.NoClobber = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Query TEACHER about each row of DATA: one column per class, rows in their order."""
    from crembo_cli.commands.messages import Messages, outputs_written, print_answer
    from crembo_cli.errors import UsageError
    from crembo_cli.runs.score import score

    del debug  # app.run reads it from the arguments, before any command runs
    if output is None and as_json:
        raise UsageError(
            "standard output cannot hold both the class probabilities and --json",
            hint="write the probabilities to a file: --output FILE",
        )
    messages = Messages(quiet=quiet, verbose=verbose, dry_run=dry_run)
    with messages.progress():
        scores = score(
            teacher,
            data,
            output=output,
            label=label,
            features=features,
            drop=drop,
            missing=missing,
            text=text,
            number=number,
            thousands=thousands,
            activation=activation,
            hard_labels=hard_labels,
            trust_pickle=trust_pickle,
            teacher_timeout=teacher_timeout,
            jobs=jobs,
            dask=dask,
            no_clobber=no_clobber,
            progress=messages,
        )
    if output is None:
        print_answer(scores.to_csv())
    if as_json:
        import json

        with outputs_written():
            print_answer(json.dumps(scores.info, indent=2) + "\n")
