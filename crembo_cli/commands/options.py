"""Options that commands share: one name, one meaning."""

from __future__ import annotations

from typing import Annotated

import typer

from crembo_cli.commands import panels
from crembo_cli.commands.completion import one_of

TeacherPath = Annotated[
    str,
    typer.Argument(
        metavar="TEACHER",
        help="Saved classifier: .onnx, .pkl, .pickle, .joblib, .sav (also .gz), .skops, .json, "
        ".ubj (XGBoost), .txt (LightGBM), .cbm (CatBoost), a folder of MLflow, or a table of class "
        "probabilities (.csv, .parquet). Also at an address (s3://, https://).",
        show_default=False,
    ),
]
DataPath = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="Table: .csv, .tsv (also .gz), .parquet, a folder of Parquet parts, a pattern such as "
        "'part-*.parquet', an address (s3://, https://), or - for CSV on standard input.",
        show_default=False,
    ),
]
StudentPath = Annotated[
    str,
    typer.Argument(metavar="STUDENT", help="The student's .onnx file.", show_default=False),
]
Label = Annotated[
    str | None,
    typer.Option(
        "-y",
        "--label",
        metavar="COLUMN",
        help="Column of true labels. [default: a column called target, label, class or y that the "
        "teacher does not need]",
        show_default=False,
        rich_help_panel=panels.USUAL,
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Feature columns, in the teacher's order. [default: all but the label]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Drop = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Columns to exclude.",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Cost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TRUE:PREDICTED=VALUE",
        help="Cost of predicting the class PREDICTED where TRUE is true; repeatable. Only the "
        "ratios of costs count. [default: 1 each]",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
ClassWeight = Annotated[
    str | None,
    typer.Option(
        metavar="balanced|CLASS=WEIGHT,...",
        help="Weights of the classes. balanced: inverse to the mean teacher probability. "
        "[default: 1 each]",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
DecideAt = Annotated[
    str | None,
    typer.Option(
        metavar="[CLASS=]PROBABILITY",
        help="Of two classes, predict CLASS (default: the second) if its probability is above "
        "this. [default: the threshold of the teacher, or of the student that is evaluated; else "
        "0.5]",
        show_default=False,
        rich_help_panel=panels.STUDENT,
    ),
]
Missing = Annotated[
    str | None,
    typer.Option(
        metavar="'?,-999'",
        help="More values that mean a missing cell: texts or numbers. [default: those of pandas, "
        "and ? where it is not a category of the teacher]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Text = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Features to read as text.",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Number = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Features to read as numbers.",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Thousands = Annotated[
    str | None,
    typer.Option(
        metavar=",",
        help="Thousands separator of the numbers: a comma, a blank or an apostrophe. "
        "[default: none]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
Activation = Annotated[
    str,
    typer.Option(
        metavar="auto|none|softmax|sigmoid",
        autocompletion=one_of(("auto", "none", "softmax", "sigmoid")),
        help="How the scores of an ONNX teacher become probabilities.",
        rich_help_panel=panels.INPUT,
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,C",
        help="Names of the classes in the report and the label column, in the order of the "
        "teacher's outputs; a student keeps them. [default: those that the model stores, or "
        "numbers from 0]",
        show_default=False,
        rich_help_panel=panels.INPUT,
    ),
]
HardLabels = Annotated[
    bool,
    typer.Option(
        "--hard-labels",
        help="Treat predicted labels as one-hot probabilities.",
        rich_help_panel=panels.INPUT,
    ),
]
TrustPickle = Annotated[
    bool,
    typer.Option(
        "--trust-pickle",
        help="Load any class from a pickle, which runs the code of the file.",
        rich_help_panel=panels.INPUT,
    ),
]
TeacherTimeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Abort if the teacher makes no progress for this many seconds.",
        min=0.1,
        rich_help_panel=panels.RUN,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Number of threads, and of processes of a teacher with one thread. Results do not "
        "depend on it. [default: all available cores]",
        min=1,
        max=256,
        show_default=False,
        rich_help_panel=panels.RUN,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Read large tables and query the teacher on the workers of a Dask scheduler, "
        "tcp://HOST:PORT, or on N workers of this machine, local:N. Results do not depend on it.",
        show_default=False,
        rich_help_panel=panels.RUN,
    ),
]
ReportPaths = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Write the report to a .json, .html or .md file, or the steps of `compress` to a .csv "
        "or .svg file; repeatable.",
        show_default=False,
        rich_help_panel=panels.USUAL,
    ),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'METRIC>=VALUE'",
        help="Exit with code 1 if this does not hold, e.g. 'fidelity>=0.95'; repeatable.",
        show_default=False,
        rich_help_panel=panels.REPORT,
    ),
]
MeasuredRows = Annotated[
    str,
    typer.Option(
        "--rows",
        metavar="auto|all|N",
        help="Number of rows of DATA to measure on. auto: at most 1,000,000.",
        rich_help_panel=panels.INPUT,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Random seed.",
        min=0,
        max=2**32 - 1,
        rich_help_panel=panels.RUN,
    ),  # scikit-learn's limit
]
Details = Annotated[
    bool,
    typer.Option(
        "--details",
        help="Print the full report instead of one screen.",
        rich_help_panel=panels.REPORT,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the result as JSON on standard output.",
        rich_help_panel=panels.REPORT,
    ),
]
NoClobber = Annotated[
    bool,
    typer.Option(
        "--no-clobber",
        help="Stop, before anything is done, if an output file exists.",
        rich_help_panel=panels.RUN,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Read the table, match its columns, print what would be done, and write nothing.",
        rich_help_panel=panels.RUN,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "-q",
        "--quiet",
        help="Print errors only (and --json, if given).",
        rich_help_panel=panels.RUN,
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v",
        "--verbose",
        help="Log progress to standard error.",
        rich_help_panel=panels.RUN,
    ),
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        help="Print a traceback with an error.",
        rich_help_panel=panels.RUN,
    ),
]
