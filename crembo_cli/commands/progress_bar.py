"""The progress bar of a stage: how far it is, how fast, and how long it will take."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

SHORT = 2.0  # seconds; a stage that is over by then needs no forecast


class NameColumn(ProgressColumn):
    """The name of a stage, which is cut where a terminal has no room for it."""

    def render(self, task: Task) -> Text:
        """Text of one line."""
        return Text(task.description, no_wrap=True, overflow="ellipsis")


class ForecastColumn(ProgressColumn):
    """The speed of a stage, in rows or steps per second, and the time that remains."""

    def __init__(self) -> None:
        super().__init__(table_column=Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        """Text such as "1,200 rows/s, 0:01:05 left"; empty while a stage is short."""
        elapsed = task.elapsed or 0.0
        if elapsed < SHORT or not task.completed or task.total is None:
            return Text()
        speed = task.completed / elapsed
        left = timedelta(seconds=int((task.total - task.completed) / speed))
        digits = 0 if speed >= 10 else 1
        return Text(f"{speed:,.{digits}f} {task.fields['unit']}/s, {left} left")


def make_bar(*, colour: bool) -> Progress:
    """Make a bar on standard error, which is erased when it ends."""
    return Progress(
        SpinnerColumn(),
        NameColumn(),
        BarColumn(bar_width=12),
        TimeElapsedColumn(),
        ForecastColumn(),
        console=Console(stderr=True, color_system="auto" if colour else None),
        transient=True,
    )
