"""`crembo compress TEACHER DATA`: the main job."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import options

ALGORITHMS = ("crembo", "memo")
SELECTS = ("depth", "accuracy")


def _print_meanings(wanted: bool) -> None:
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
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Where the student goes. Default: <teacher's stem>.student.onnx in this folder.",
            show_default=False,
        ),
    ] = None,
    student: Annotated[
        str,
        typer.Option(
            "-s",
            "--student",
            metavar="NAME|auto",
            help="The family; `crembo students` lists them. auto: of all families, the smallest "
            "that is as good as the best.",
        ),
    ] = "tree",
    max_depth: Annotated[
        str | None,
        typer.Option(
            metavar="N|A..B",
            help="The tree depth of a tree; A..B: the smallest that is as good as the best. "
            "[default: 5]",
            show_default=False,
        ),
    ] = None,
    max_leaves: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The most leaves of a tree.", min=2, max=2**16, show_default=False
        ),
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The largest file, for --student auto and --max-depth A..B.",
            min=1,
            show_default=False,
        ),
    ] = None,
    max_parameters: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="The most parameters, for --student auto and --max-depth A..B.",
            min=1,
            show_default=False,
        ),
    ] = None,
    prefer: Annotated[
        str | None,
        typer.Option(
            metavar="readable",
            help="With --student auto: keep to trees, rules and additive students.",
            show_default=False,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any other option of the family; repeatable.",
            show_default=False,
        ),
    ] = None,
    label: options.Label = None,
    features: options.Features = None,
    drop: options.Drop = None,
    classes: options.Classes = None,
    algorithm: Annotated[
        str,
        typer.Option(
            metavar="|".join(ALGORITHMS),
            help="How the student is searched: CREMBO's path, or MEMO's binary search.",
        ),
    ] = "crembo",
    select: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(SELECTS),
            help="What CREMBO keeps: the belief student or the deepest that surely leads it, "
            "or the paper's most accurate. "
            "[default: depth]",
            show_default=False,
        ),
    ] = None,
    delta: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="The share of rows that may lie below the insensitive depth; 0 up to 1. With "
            "--algorithm memo, 0 is the paper's exact consistency.",
        ),
    ] = 0.05,
    thresholds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Thresholds on CREMBO's path; 1 to 1000. [default: 32]",
            show_default=False,
        ),
    ] = None,
    synthetic: Annotated[
        str,
        typer.Option(
            metavar="auto|N",
            help="Rows the teacher labels beside the real ones: auto is 60 a row, 32,000 in all.",
        ),
    ] = "auto",
    test_size: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="The share of rows kept to measure on; 0.01 to 0.9. [default: 0.2]",
            show_default=False,
        ),
    ] = None,
    test_data: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Measure on this table in place of a share of DATA.",
            show_default=False,
        ),
    ] = None,
    seed: options.Seed = 0,
    activation: options.Activation = "auto",
    hard_labels: options.HardLabels = False,
    trust_pickle: options.TrustPickle = False,
    teacher_timeout: options.TeacherTimeout = 600.0,
    report: options.ReportPaths = None,
    require: options.Require = None,
    quick_report: Annotated[
        bool,
        typer.Option(
            "--quick-report",
            help="Leave out of the report what needs refitting: agreement and contamination.",
        ),
    ] = False,
    explain_report: Annotated[
        bool,
        typer.Option(
            "--explain-report",
            callback=_print_meanings,
            is_eager=True,
            help="Say in one sentence each what the report's numbers mean, and exit.",
        ),
    ] = False,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Compress the classifier TEACHER into a small student, using the rows of DATA."""
    from pathlib import Path

    from crembo_cli.commands import options as checks
    from crembo_cli.commands.messages import Messages
    from crembo_cli.report.gates import check_refitted, parse_gate
    from crembo_cli.runs.compress import Job, run_job
    from crembo_cli.runs.select import request_students
    from crembo_cli.search.student import Search

    del explain_report  # answered before the other arguments are looked at
    del debug  # read from the arguments by app.run, which must know it before any command runs
    messages = Messages(quiet=quiet, verbose=verbose)
    checks.check_choice("--algorithm", algorithm, ALGORITHMS)
    if algorithm == "memo":
        checks.refuse_both("--algorithm memo", {"--select": select, "--thresholds": thresholds})
    if test_data is not None:
        checks.refuse_both("--test-data", {"--test-size": test_size})
    select = "depth" if select is None else select
    thresholds = 32 if thresholds is None else thresholds
    test_size = 0.2 if test_size is None else test_size
    checks.check_choice("--select", select, SELECTS)
    checks.check_choice("--activation", activation, ("auto", "none", "softmax", "sigmoid"))
    checks.check_range("--delta", delta, 0.0, 0.999)
    checks.check_range("--thresholds", thresholds, 1, 1000)
    checks.check_range("--test-size", test_size, 0.01, 0.9)
    gates = tuple(parse_gate(expression) for expression in require or [])
    if quick_report:
        check_refitted(gates, "--quick-report, which leaves it out")
    job = Job(
        teacher=teacher,
        data=data,
        output=Path(f"{Path(teacher).stem}.student.onnx" if output is None else output),
        request=request_students(
            student,
            set_ or [],
            max_depth=max_depth,
            max_leaves=max_leaves,
            max_bytes=max_bytes,
            max_parameters=max_parameters,
            prefer=prefer,
        ),
        label=label,
        features=options.names(features, "--features"),
        drop=options.names(drop, "--drop") or (),
        classes=options.names(classes, "--classes"),
        search=Search(
            algorithm=algorithm,
            select=select,
            delta=delta,
            thresholds=thresholds,
            synthetic=checks.whole_or_auto("--synthetic", synthetic),
            seed=seed,
            threads=options.threads(jobs),
        ),
        test_size=test_size,
        test_data=test_data,
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
        reports=tuple(Path(path) for path in report or []),
        gates=gates,
        quick=quick_report,
        as_json=as_json,
        quiet=quiet,
        command=options.typed(context),
    )
    run_job(job, messages)
