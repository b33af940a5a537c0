"""The help of a command: its options in panels, the usual ones first, and an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from crembo_cli.errors import UsageError, suggest

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

USUAL = "Usual options"
INPUT = "Input"
STUDENT = "Student"
SEARCH = "Search"
REPORT = "Report"
OUTPUT = "Output"
RUN = "Run"
PANELS = (USUAL, INPUT, STUDENT, SEARCH, REPORT, OUTPUT, RUN)


def arguments_of(command: Any) -> list[Any]:
    """The command's arguments, in their order."""
    return [each for each in command.params if each.param_type_name == "argument"]


def options_by_panel(command: Any) -> dict[str, list[Any]]:
    """The command's options under the names of their panels, both in the order of the help."""
    options = [each for each in command.params if each.param_type_name == "option"]
    found = {panel: [each for each in options if panel_of(each) == panel] for panel in PANELS}
    return {panel: panel_options for panel, panel_options in found.items() if panel_options}


def panel_of(option: Any) -> str:
    """The panel of an option; `--help`, which has none, is in the last one."""
    return option.rich_help_panel or RUN


def describe_option(option: Any) -> tuple[list[str], str, str]:
    """The spellings of an option, its meaning, and its default or ""."""
    names = sorted(option.opts, key=len)
    if not option.is_flag:
        names[-1] += f" {option.metavar}"
    meaning, _, default = option.help.partition(" [default: ")
    if option.show_default and not option.is_flag:
        value = option.default
        default = f"{value:g}" if isinstance(value, float) else str(value)
    return names, meaning, default.removesuffix("]")


def _row(option: Any) -> tuple[str, str]:
    names, meaning, default = describe_option(option)
    return ", ".join(names), f"{meaning} [default: {default}]" if default else meaning


class PanelCommand(TyperCommand):
    """A command whose help shows its options in panels; its epilog is an example."""

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """TEACHER DATA in place of {TEACHER} {DATA}."""
        return ["[OPTIONS]", *(each.metavar for each in arguments_of(self))]

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the line of usage."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=bold(ctx, "Usage:") + " ")

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the arguments, then each panel."""
        arguments = [(each.metavar, each.help) for each in arguments_of(self)]
        if arguments:
            with formatter.section(bold(ctx, "Arguments")):
                formatter.write_dl(arguments)
        help_option = self.get_help_option(ctx)
        for panel, options in options_by_panel(self).items():
            shown = [*options, help_option] if panel == RUN and help_option else options
            with formatter.section(bold(ctx, panel)):
                formatter.write_dl([_row(each) for each in shown])

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the example as it stands, so that it can be copied."""
        if self.epilog:
            with formatter.section(bold(ctx, "Example")):
                formatter.write(f"  {self.epilog}\n")


class PanelGroup(TyperGroup):
    """The program, whose help lists its commands before its options."""

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Find the command. Raises UsageError where there is none of that name."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError(f"no command {args[0]!r}", **suggest(args[0], self.commands))
        return super().resolve_command(ctx, args)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """The usage, without braces."""
        return ["[OPTIONS]", "COMMAND", "..."]

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the line of usage."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=bold(ctx, "Usage:") + " ")

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands, then the options."""
        commands = [(name, each.help or "") for name, each in self.commands.items()]
        with formatter.section(bold(ctx, "Commands")):
            formatter.write_dl(commands)
        with formatter.section(bold(ctx, "Options")):
            formatter.write_dl([_row(each) for each in self.get_params(ctx)])


def bold(ctx: Context, text: str) -> str:
    """`text` in bold where the help is printed with styles."""
    return typer.style(text, bold=True) if ctx.color else text
