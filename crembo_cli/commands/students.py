"""`crembo students`: the families, built in and plugged in, with their options."""

from __future__ import annotations

from typing import Any

from crembo_cli.commands import options

EXAMPLE = "crembo students --json"


def command(as_json: options.AsJson = False, debug: options.Debug = False) -> None:
    """List the families of students with their options."""
    from crembo_cli.commands.messages import print_answer
    from crembo_cli.students.registry import family_names

    del debug  # app.run reads it from the arguments, before any command runs
    families = [_info(name) for name in family_names()]
    if as_json:
        import json

        print_answer(json.dumps(families, indent=2) + "\n")
    else:
        print_answer("".join(_lines(info) for info in families))


def _info(name: str) -> dict[str, Any]:
    """One family for `--json`: name, summary, thresholds, options; or name and error."""
    from crembo_cli.errors import StudentError
    from crembo_cli.students.registry import family_class, family_options

    try:
        family = family_class(name)
        options_ = family_options(family)
    except StudentError as error:
        return {"name": name, "error": str(error)}
    return {
        "name": name,
        "summary": family.summary,
        "thresholds": family.thresholds,
        "options": [
            {
                "name": option.name,
                "default": option.default,
                "wanted": option.wanted(),
                "help": option.help,
            }
            for option in options_
        ],
    }


def _lines(info: dict[str, Any]) -> str:
    if "error" in info:
        return f"{info['name']}: not available: {info['error']}\n"
    lines = [f"{info['name']}: {info['summary']}", f"    {_path(info['thresholds'])}"]
    for option in info["options"]:
        lines.append(f"    --set {option['name']}={option['default']}  ({option['wanted']})")
        lines.append(f"        {option['help']}")
    return "\n".join(lines) + "\n"


def _path(thresholds: int | None) -> str:
    """The path of students that is fitted."""
    if thresholds == 0:
        return "path: the soft-label student"
    most = "" if thresholds is None else f", at most {thresholds}"
    return f"path: the soft-label student, and one student for each threshold{most}"
