"""Values of options from the environment, `CREMBO_*`, and from a file.

The file is `crembo.toml`, or `[tool.crembo]` in `pyproject.toml`, in the nearest folder from the
current one upwards. Its keys are the names of options; those in a table with a command's name are
for that command alone.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crembo_cli.errors import UsageError, suggest

FILE, PROJECT, TABLE = "crembo.toml", "pyproject.toml", "crembo"
PREFIX = "CREMBO_"
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
# A folder that somebody downloaded must not decide that its pickles run code.
NOT_IN_FILES = ("trust-pickle",)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The value of an option that the command line does not give, as the command line would."""

    value: str | bool | list[str]
    source: str  # a variable's name, or a file's path

    @property
    def is_variable(self) -> bool:
        """Whether it is from the environment."""
        return self.source.startswith(PREFIX)


def option_name(option: Any) -> str:
    """The long name of an option without its dashes, which is its key in a file."""
    return str(max(option.opts, key=len)).lstrip("-")


def settable(command: Any) -> dict[str, Any]:
    """The command's options that a variable or a file may set, by name."""
    options = [each for each in command.params if each.param_type_name == "option"]
    return {option_name(each): each for each in options if not each.is_eager}


def is_set(variable: str) -> bool:
    """Whether the environment sets this flag."""
    return os.environ.get(variable, "").lower() in TRUE


def read_settings(name: str, commands: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings of the command `name`, by option: variables win over the file.

    Raises UsageError for a file that is invalid in any part, and for an invalid variable.
    """
    options = settable(commands[name])
    return {**dict(_from_file(name, commands)), **dict(_from_environment(options))}


def _from_environment(options: Mapping[str, Any]) -> Iterator[tuple[str, Setting]]:
    for name, option in options.items():
        variable = PREFIX + name.upper().replace("-", "_")
        text = os.environ.get(variable)
        if not text:
            continue
        value: str | bool | list[str] = text
        if option.is_flag:
            if text.lower() not in TRUE + FALSE:
                raise UsageError(
                    "expected true or false", where=f"variable {variable}", found=repr(text)
                )
            value = text.lower() in TRUE
        elif option.multiple:
            try:
                value = shlex.split(text)
            except ValueError as error:
                raise UsageError(
                    "expected words as in a shell", where=f"variable {variable}", found=repr(text)
                ) from error
        yield name, Setting(value=value, source=variable)


def _from_file(name: str, commands: Mapping[str, Any]) -> Iterator[tuple[str, Setting]]:
    found = _find_file()
    if found is None:
        return
    path, content = found
    where = os.path.relpath(path)
    everywhere = {key: each for any_ in commands.values() for key, each in settable(any_).items()}
    chosen: dict[str, object] = {}
    for key, value in content.items():
        if key in commands and isinstance(value, dict):
            for inner, inner_value in value.items():
                own = settable(commands[key])
                _check(inner, inner_value, own, f"{where}, table {key}")
                if key == name:
                    chosen[inner] = inner_value
        else:
            _check(key, value, everywhere, where, tables=tuple(commands))
            if key in settable(commands[name]):
                chosen.setdefault(key, value)
    for key, value in chosen.items():
        yield key, Setting(value=_as_typed(value, everywhere[key]), source=where)


def _find_file() -> tuple[Path, dict[str, Any]] | None:
    """The nearest file with settings and what it sets. Raises UsageError if it is not TOML."""
    try:
        here = Path.cwd()
    except OSError:  # the current folder is gone
        return None
    for folder in (here, *here.parents):
        for path in (folder / FILE, folder / PROJECT):
            content = _read(path)
            if content is not None and path.name == PROJECT:
                content = content.get("tool", {}).get(TABLE)
            if content is not None:
                return path, content
    return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_bytes()
    except OSError:
        return None
    import tomllib

    try:
        return tomllib.loads(text.decode())
    except ValueError as error:
        raise UsageError("invalid TOML", where=os.path.relpath(path), found=str(error)) from error


def _check(
    key: str, value: object, options: Mapping[str, Any], where: str, tables: tuple[str, ...] = ()
) -> None:
    """Raise UsageError unless `value` is one that the option `key` may have."""
    if key not in options:
        raise UsageError(
            f"unknown option {key!r}", where=where, **suggest(key, [*options, *tables])
        )
    if key in NOT_IN_FILES:
        raise UsageError(
            f"{key} cannot be set in a file",
            where=where,
            hint=f"pass --{key}: a folder that you downloaded must not decide it",
        )
    option = options[key]
    if option.is_flag:
        valid, wanted = isinstance(value, bool), "true or false"
    elif option.multiple:
        values = value if isinstance(value, list) else [value]
        valid, wanted = all(map(_is_scalar, values)), 'a list of texts: ["...", "..."]'
    else:
        valid, wanted = _is_scalar(value), 'a number or a text: "..."'
    if not valid:
        raise UsageError(f"{key} must be {wanted}", where=where, found=repr(value))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _as_typed(value: Any, option: Any) -> str | bool | list[str]:
    """The value as the command line would give it."""
    if option.is_flag:
        return bool(value)
    if option.multiple:
        return [str(each) for each in (value if isinstance(value, list) else [value])]
    return str(value)
