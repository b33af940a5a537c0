"""`crembo evaluate STUDENT DATA`: the report of a student that exists."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options, panels
from crembo_cli.search import defaults

EXAMPLE = "crembo evaluate churn.student.onnx today.csv --teacher churn.pkl"


def command(
    context: typer.Context,
    student: Annotated[
        str,
        typer.Argument(
            metavar="STUDENT",
            help="The classifier to measure: any .onnx file.",
            show_default=False,
        ),
    ],
    data: options.DataPath,
    teacher: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--teacher",
            metavar="TEACHER",
            help="Its teacher, for fidelity and depth: any file that `compress` takes.",
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
    details: options.Details = False,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    dry_run: options.DryRun = False,
    no_clobber: options.NoClobber = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Measure the classifier STUDENT on the rows of DATA; without --teacher, on their labels."""
    from crembo_cli.commands.messages import (
        Messages,
        check_summary,
        publish,
    )
    from crembo_cli.runs.evaluate import evaluate

    del debug  # app.run reads it from the arguments, before any command runs
    messages = Messages(quiet=quiet, verbose=verbose, dry_run=dry_run)
    check_summary()
    with messages.progress():
        result = evaluate(
            student,
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
            dask=dask,
            no_clobber=no_clobber,
            progress=messages,
            command=context.obj.command_line(),
        )
    publish(result.report, as_json=as_json, quiet=quiet, details=details)
