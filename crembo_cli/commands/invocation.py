"""One run of a command: its options from the command line, else the environment, else a file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typer.exceptions import TyperException

from crembo_cli.commands.messages import print_message
from crembo_cli.commands.panels import PanelCommand
from crembo_cli.commands.settings import Setting, read_settings, settable

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.parser import _OptionParser

HELP = {"-h", "--help"}
# Of two that exclude each other, the one from the higher source holds.
EXCLUSIVE = (("quiet", "verbose"), ("test-size", "test-data"))


@dataclass(kw_only=True)
class Invocation:
    """The words of the command line, and the settings in effect."""

    arguments: list[str]
    debug: bool  # print a traceback with an error
    settings: dict[str, Setting] = field(default_factory=dict)  # by names of options: "max-depth"

    def command_line(self) -> str:
        """The command, quoted for a shell, with its settings as options: it runs the same."""
        words = ["crembo", *self.arguments]
        for name, setting in self.settings.items():
            words += _as_words(name, setting.value)
        return shlex.join(words)

    def with_sources(self, message: str) -> str:
        """Say after `message` where the options that it names come from, if not from the user."""
        for name, setting in self.settings.items():
            family_option = rf"|\b{name.replace('-', '_')}\b" if "-" in name else ""
            if re.search(rf"--{re.escape(name)}(?![\w-]){family_option}", message):
                message += f"; --{name} comes from {setting.source}"
        return message


class ConfiguredCommand(PanelCommand):
    """A command whose options may come from the environment and from a file as well."""

    def make_parser(self, ctx: Context) -> _OptionParser:
        """Let `--no-X` clear a flag that the environment or a file sets."""
        parser = super().make_parser(ctx)
        for name, option in settable(self).items():
            if option.is_flag:
                parser.add_option(
                    obj=option,
                    opts=[_clearing(name)],
                    dest=option.name,
                    action="store_const",
                    const=False,
                )
        return parser

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse `args`; what they do not give is taken from the settings."""
        if ctx.resilient_parsing or not HELP.isdisjoint(args):
            return super().parse_args(ctx, args)
        invocation: Invocation = ctx.obj
        assert ctx.parent is not None, "a command belongs to the program"
        commands: dict[str, Any] = ctx.parent.command.commands  # type: ignore[attr-defined]  # a group
        settings = read_settings(str(self.name), commands)
        options = settable(self)
        ctx.default_map = {options[name].name: each.value for name, each in settings.items()}
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if getattr(error, "ctx", None) is None:
                error.ctx = ctx  # type: ignore[attr-defined]  # which command it is about
            raise
        finally:
            for pair in EXCLUSIVE:
                _keep_the_higher(ctx, pair, options, settings)
            invocation.settings = {
                name: each
                for name, each in settings.items()
                if _is_from_settings(ctx, options[name])
            }
            invocation.debug = invocation.debug or bool(ctx.params.get("debug"))

    def invoke(self, ctx: Context) -> Any:
        """Run the command; with --verbose, print first where its options come from."""
        if ctx.params.get("verbose") and not ctx.params.get("quiet"):
            given = ", ".join(_describe(ctx, settable(self), ctx.obj.settings))
            print_message(f"options: {given}")
        return super().invoke(ctx)


def _is_from_settings(ctx: Context, option: Any) -> bool:
    source = ctx.get_parameter_source(option.name)
    return source is not None and source.name == "DEFAULT_MAP"


def _keep_the_higher(
    ctx: Context, pair: tuple[str, str], options: dict[str, Any], settings: dict[str, Setting]
) -> None:
    """Drop that of two options that exclude each other which comes from a lower source."""
    given = [name for name in pair if name in options and ctx.params.get(options[name].name)]
    if len(given) < 2:
        return
    low = [name for name in given if _is_from_settings(ctx, options[name])]
    if len(low) == 2:
        low = [name for name in low if not settings[name].is_variable]
    if len(low) == 1:
        ctx.params[options[low[0]].name] = options[low[0]].default
        del settings[low[0]]


def _describe(ctx: Context, options: dict[str, Any], settings: dict[str, Setting]) -> Iterator[str]:
    """Each option that is not the default, with its source."""
    for name, option in options.items():
        source = ctx.get_parameter_source(option.name)
        if name in settings:
            yield f"{shlex.join(_as_words(name, settings[name].value))} ({settings[name].source})"
        elif source is not None and source.name == "COMMANDLINE":
            yield f"{shlex.join(_as_words(name, ctx.params[option.name]))} (command line)"


def _as_words(name: str, value: Any) -> list[str]:
    """The option and its value as words of a command line."""
    if isinstance(value, bool):
        return [f"--{name}" if value else _clearing(name)]
    values = value if isinstance(value, list | tuple) else [value]
    return [f"--{name}={each}" for each in values]


def option_spellings(command: Any) -> list[str]:
    """Every long option of a command, those that clear a flag last."""
    options = [each for each in command.params if each.param_type_name == "option"]
    given = [opt for each in options for opt in each.opts if opt.startswith("--")]
    flags = [name for name, each in settable(command).items() if each.is_flag]
    return [*given, "--help", *map(_clearing, flags)]


def _clearing(flag: str) -> str:
    """The option that clears a flag: --no-quiet, --clobber."""
    return f"--{flag[3:]}" if flag.startswith("no-") else f"--no-{flag}"
