"""`crembo schema`: the JSON schema of the report."""

from __future__ import annotations

from crembo_cli.commands import options

EXAMPLE = "crembo schema > report.schema.json"


def command(debug: options.Debug = False) -> None:
    """Print the JSON schema of the JSON report."""
    from importlib.resources import files

    from crembo_cli.commands.messages import print_answer

    del debug  # app.run reads it from the arguments, before any command runs
    text = (files("crembo_cli.report") / "report.schema.json").read_text(encoding="utf-8")
    print_answer(text)
