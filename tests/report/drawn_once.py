"""Plots that are drawn once for many pages, since drawing them takes most of a page's time."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import pytest

from crembo_cli.report import plots
from crembo_cli.report.html import render_html
from crembo_cli.report.model import Report

_drawn: dict[bytes, str] = {}
PLOTS = [name for name in vars(plots) if name.endswith(("_plot", "_curve"))]


def _once(plot: Callable[..., str]) -> Callable[..., str]:
    """Draw the plot of equal values once."""

    @wraps(plot)
    def draw(*values: object) -> str:
        key = pickle.dumps((plot.__name__, values))
        if key not in _drawn:
            _drawn[key] = plot(*values)
        return _drawn[key]

    return draw


@contextmanager
def plots_drawn_once() -> Iterator[None]:
    """Take each plot from the last page that had it, until the end of the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PLOTS:
            patch.setattr(plots, name, _once(getattr(plots, name)))
        yield


def page_for(report: Report) -> str:
    """The page of a report."""
    with plots_drawn_once():
        return render_html(report)
