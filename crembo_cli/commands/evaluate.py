"""`crembo evaluate STUDENT DATA`: the same report for a student that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crembo_cli.commands import options


def command(
    context: typer.Context,
    student: Annotated[
        str,
        typer.Argument(
            metavar="STUDENT",
            help="The classifier to measure: any .onnx, of crembo or not.",
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
        ),
    ] = None,
    label: options.Label = None,
    features: options.Features = None,
    drop: options.Drop = None,
    classes: options.Classes = None,
    seed: options.Seed = 0,
    activation: options.Activation = "auto",
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = 600.0,
    report: options.ReportPaths = None,
    require: options.Require = None,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Measure the classifier STUDENT on the rows of DATA; without --teacher, on their labels."""
    from crembo_cli.commands.messages import Messages
    from crembo_cli.commands.options import check_choice
    from crembo_cli.report.gates import check_refitted, parse_gate
    from crembo_cli.runs.evaluate import Evaluation, run_evaluation

    del debug  # read from the arguments by app.run, which must know it before any command runs
    messages = Messages(quiet=quiet, verbose=verbose)
    check_choice("--activation", activation, ("auto", "none", "softmax", "sigmoid"))
    gates = tuple(parse_gate(expression) for expression in require or [])
    check_refitted(gates, "`evaluate`, which fits nothing")
    job = Evaluation(
        student=student,
        data=data,
        teacher=teacher,
        label=label,
        features=options.names(features, "--features"),
        drop=options.names(drop, "--drop") or (),
        classes=options.names(classes, "--classes"),
        seed=seed,
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
        threads=options.threads(jobs),
        reports=tuple(Path(path) for path in report or []),
        gates=gates,
        as_json=as_json,
        quiet=quiet,
        command=options.typed(context),
    )
    run_evaluation(job, messages)
