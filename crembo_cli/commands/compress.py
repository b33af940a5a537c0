"""`crembo compress TEACHER DATA`: the main command."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import compress_options, options, panels
from crembo_cli.commands.completion import family, one_of
from crembo_cli.search import defaults

EXAMPLE = "crembo compress churn.pkl churn.csv --label Churn --report churn.html"


def _print_glossary(wanted: bool) -> None:
    if wanted:
        from shutil import get_terminal_size

        from crembo_cli.commands.messages import print_answer
        from crembo_cli.report.glossary import render_glossary

        print_answer(render_glossary(min(get_terminal_size((100, 0)).columns, 100)))
        raise typer.Exit


def command(
    context: typer.Context,
    teacher: options.TeacherPath,
    data: options.DataPath,
    output: compress_options.Output = None,
    student: Annotated[
        str,
        typer.Option(
            "-s",
            "--student",
            metavar="NAME|auto",
            autocompletion=family,
            help="Student family; `crembo students` lists them. auto: try all but cnn and net, "
            "keep the smallest student within one standard error of the best.",
            rich_help_panel=panels.USUAL,
        ),
    ] = defaults.STUDENT,
    max_depth: compress_options.MaxDepth = None,
    max_leaves: compress_options.MaxLeaves = None,
    max_bytes: compress_options.MaxBytes = None,
    max_parameters: compress_options.MaxParameters = None,
    prefer: compress_options.Prefer = None,
    set_: compress_options.Set = None,
    quantize: compress_options.Quantize = None,
    quantize_loss: compress_options.QuantizeLoss = None,
    label: options.Label = None,
    features: options.Features = None,
    drop: options.Drop = None,
    missing: options.Missing = None,
    text: options.Text = None,
    number: options.Number = None,
    thousands: options.Thousands = None,
    classes: options.Classes = None,
    image_shape: compress_options.ImageShape = None,
    objective: Annotated[
        str,
        typer.Option(
            metavar="|".join(defaults.OBJECTIVES),
            autocompletion=one_of(defaults.OBJECTIVES),
            help="What the student reproduces. labels: the teacher's decisions, and its "
            "probabilities as far as the size allows. scores: the teacher's probabilities.",
            rich_help_panel=panels.STUDENT,
        ),
    ] = defaults.OBJECTIVE,
    cost: options.Cost = None,
    class_weight: options.ClassWeight = None,
    decide_at: options.DecideAt = None,
    algorithm: Annotated[
        str,
        typer.Option(
            metavar="|".join(defaults.ALGORITHMS),
            autocompletion=one_of(defaults.ALGORITHMS),
            help="Search algorithm: CREMBO's path over thresholds, or MEMO's binary search.",
            rich_help_panel=panels.SEARCH,
        ),
    ] = defaults.ALGORITHM,
    select: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(defaults.SELECTS),
            autocompletion=one_of(defaults.SELECTS),
            help="How the student is selected on validation data. depth: keep the soft-label "
            "student unless another is better by 2 standard errors, then take the one with the "
            "largest insensitive depth. accuracy: highest validation accuracy (Algorithm 2). "
            "[default: depth]",
            show_default=False,
            rich_help_panel=panels.SEARCH,
        ),
    ] = None,
    delta: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of rows that may lie below the insensitive depth, 0 to 0.999. With "
            "--algorithm memo, 0 is the paper's exact consistency.",
            rich_help_panel=panels.SEARCH,
        ),
    ] = defaults.DELTA,
    thresholds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Number of thresholds on CREMBO's path, 1 to 1000. [default: 32]",
            show_default=False,
            rich_help_panel=panels.SEARCH,
        ),
    ] = None,
    rows: compress_options.Rows = defaults.ROWS,
    synthetic: Annotated[
        str,
        typer.Option(
            metavar="auto|N",
            help="Number of synthetic training rows labelled by the teacher. auto: 60 per real "
            "row, at most 32,000 rows in total.",
            rich_help_panel=panels.SEARCH,
        ),
    ] = "auto",
    test_size: compress_options.TestSize = None,
    test_data: compress_options.TestData = None,
    seed: options.Seed = defaults.SEED,
    activation: options.Activation = defaults.ACTIVATION,
    temperature: compress_options.Temperature = defaults.TEMPERATURE,
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = defaults.TEACHER_TIMEOUT,
    report: options.ReportPaths = None,
    require: options.Require = None,
    quick_report: Annotated[
        bool,
        typer.Option(
            "--quick-report",
            help="Leave out the metrics that need refitting: agreement and contamination.",
            rich_help_panel=panels.REPORT,
        ),
    ] = False,
    repeats: compress_options.Repeats = 1,
    outputs: compress_options.Outputs = defaults.OUTPUTS,
    metadata: compress_options.Metadata = defaults.METADATA,
    portable: compress_options.Portable = False,
    explain_report: Annotated[
        bool,
        typer.Option(
            "--explain-report",
            callback=_print_glossary,
            is_eager=True,
            help="Explain each number of the report in one sentence, and exit.",
            rich_help_panel=panels.REPORT,
        ),
    ] = False,
    details: options.Details = False,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    device: compress_options.Device = defaults.DEVICE,
    dry_run: options.DryRun = False,
    no_clobber: options.NoClobber = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Compress the classifier TEACHER into a small student, using the rows of DATA."""
    from pathlib import Path

    from crembo_cli.background import start_early
    from crembo_cli.commands.messages import Messages, check_summary, publish
    from crembo_cli.threads import available_cores

    del explain_report  # an eager option: its callback has run
    del debug  # app.run reads it from the arguments, before any command runs
    messages = Messages(quiet=quiet, verbose=verbose, dry_run=dry_run)
    check_summary()
    if not dry_run and (available_cores() if jobs is None else jobs) > 1:
        start_early(defaults.FITTERS)
    from crembo_cli.runs.compress import compress

    with messages.progress():
        result = compress(
            teacher,
            data,
            output=f"{Path(teacher).stem}.student.onnx" if output is None else output,
            student=student,
            max_depth=max_depth,
            max_leaves=max_leaves,
            max_bytes=max_bytes,
            max_parameters=max_parameters,
            prefer=prefer,
            set_=set_,
            quantize=quantize,
            quantize_loss=quantize_loss,
            label=label,
            features=features,
            drop=drop,
            missing=missing,
            text=text,
            number=number,
            thousands=thousands,
            classes=classes,
            image_shape=image_shape,
            objective=objective,
            cost=cost,
            class_weight=class_weight,
            decide_at=decide_at,
            algorithm=algorithm,
            select=select,
            delta=delta,
            thresholds=thresholds,
            rows=rows,
            synthetic=synthetic,
            test_size=test_size,
            test_data=test_data,
            seed=seed,
            activation=activation,
            temperature=temperature,
            hard_labels=hard_labels,
            trust_pickle=trust_pickle,
            teacher_timeout=teacher_timeout,
            report=report,
            require=require,
            quick_report=quick_report,
            repeats=repeats,
            outputs=outputs,
            metadata=metadata,
            portable=portable,
            jobs=jobs,
            dask=dask,
            device=device,
            no_clobber=no_clobber,
            progress=messages,
            command=context.obj.command_line(),
        )
    publish(result.report, as_json=as_json, quiet=quiet, details=details)
