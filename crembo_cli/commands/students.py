"""`crembo students`: the families, built in and plugged in, with their options."""

from __future__ import annotations

from crembo_cli.commands import options


def command(as_json: options.AsJson = False, debug: options.Debug = False) -> None:
    """List the families of students with their options."""
    from crembo_cli.students.registry import family_names

    del debug  # read from the arguments by app.run, which must know it before any command runs
    if as_json:
        import json

        print(json.dumps([_facts(name) for name in family_names()], indent=2))  # noqa: T201  # the answer
        return
    for name in family_names():
        _print_family(_facts(name))


def _facts(name: str) -> dict[str, object]:
    """One family as `--json` gives it: name, summary, options; or name and error."""
    from crembo_cli.errors import StudentError
    from crembo_cli.students.registry import family_class, family_options

    try:
        family = family_class(name)
    except StudentError as error:
        return {"name": name, "error": str(error)}
    return {
        "name": name,
        "summary": family.summary,
        "options": [
            {
                "name": option.name,
                "default": option.default,
                "wanted": option.wanted(),
                "help": option.help,
            }
            for option in family_options(family)
        ],
    }


def _print_family(facts: dict[str, object]) -> None:
    import typer

    if "error" in facts:
        typer.echo(f"{facts['name']}: cannot be used: {facts['error']}")
        return
    typer.echo(f"{facts['name']}: {facts['summary']}")
    listed = facts["options"]
    assert isinstance(listed, list)
    for option in listed:
        setting = f"--set {option['name']}={option['default']}"
        typer.echo(f"    {setting:30}  {option['help']} ({option['wanted']})")
