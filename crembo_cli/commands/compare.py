"""`crembo compare A B DATA`: two students on the same rows."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options, panels
from crembo_cli.search import defaults

EXAMPLE = "crembo compare yesterday.onnx today.onnx today.csv --teacher churn.pkl"


def command(
    context: typer.Context,
    student_a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The classifier in use: any .onnx file.", show_default=False
        ),
    ],
    student_b: Annotated[
        str,
        typer.Argument(metavar="B", help="The classifier that may replace it.", show_default=False),
    ],
    data: options.DataPath,
    teacher: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--teacher",
            metavar="TEACHER",
            help="Teacher of both, for fidelity and depth: any file that `compress` takes.",
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
    classes: options.Classes = None,
    cost: options.Cost = None,
    class_weight: options.ClassWeight = None,
    decide_at: options.DecideAt = None,
    rows: options.MeasuredRows = defaults.ROWS,
    seed: options.Seed = defaults.SEED,
    activation: options.Activation = defaults.ACTIVATION,
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = defaults.TEACHER_TIMEOUT,
    report: options.ReportPaths = None,
    require: options.Require = None,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    dry_run: options.DryRun = False,
    no_clobber: options.NoClobber = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Compare the classifiers A and B on the rows of DATA: differences are B less A."""
    from crembo_cli.commands.messages import (
        Messages,
        check_summary,
        publish_comparison,
    )
    from crembo_cli.runs.compare import compare

    del debug  # app.run reads it from the arguments, before any command runs
    messages = Messages(quiet=quiet, verbose=verbose, dry_run=dry_run)
    check_summary()
    with messages.progress():
        result = compare(
            student_a,
            student_b,
            data,
            teacher=teacher,
            label=label,
            features=features,
            drop=drop,
            missing=missing,
            text=text,
            number=number,
            thousands=thousands,
            classes=classes,
            cost=cost,
            class_weight=class_weight,
            decide_at=decide_at,
            rows=rows,
            seed=seed,
            activation=activation,
            hard_labels=hard_labels,
            trust_pickle=trust_pickle,
            teacher_timeout=teacher_timeout,
            report=report,
            require=require,
            jobs=jobs,
            no_clobber=no_clobber,
            progress=messages,
            command=context.obj.command_line(),
        )
    publish_comparison(result.report, as_json=as_json, quiet=quiet)
