"""The option `--repeats`: the same run with other seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crembo_cli.errors import UsageError
from crembo_cli.runs.options import Progress, check_range, display_path

if TYPE_CHECKING:
    from crembo_cli.report.model import Report


def check_repeats(repeats: int, inputs: Sequence[object]) -> None:
    """Raise UsageError for an invalid number, and for an input that can be read once."""
    check_range("--repeats", repeats, 1, 1000)
    if repeats > 1 and "-" in map(display_path, inputs):
        raise UsageError("standard input can be read once", found=f"- and --repeats {repeats}")


def with_repeats(
    first: Report, seeds: Sequence[int], run: Callable[[int], Report], progress: Progress
) -> Report:
    """Return `first`, the report of the first of `seeds`, with means over all of them.

    `run` returns the report of another seed.
    """
    if len(seeds) == 1:
        return first
    from crembo_cli.evaluation.repeats import summarise_repeats
    from crembo_cli.report.repeats import repeated_values

    runs = [repeated_values(first)]
    done = progress.stage(f"repeating with {len(seeds) - 1} other seeds", len(seeds) - 1)
    for number, seed in enumerate(seeds[1:], start=1):
        runs.append(repeated_values(run(seed)))
        done(number)
    return replace(first, repeats=summarise_repeats(seeds, runs))
