"""The robustness table in a terminal."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from crembo_cli.report.details import robustness_parts
from crembo_cli.report.model import Report
from crembo_cli.robustness.model import Bounds, MarginUpperBounds
from tests.report.example_reports import report


def lines(made: Report) -> list[str]:
    """Draw it, without blanks at the ends of lines."""
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(*robustness_parts(made), sep="\n")
    return [line.rstrip() for line in capture.get().splitlines() if line.strip()]


def test_the_whole_table() -> None:
    """A row for each metric, a column for each classifier, and the bounds for new rows."""
    found = [" ".join(line.split()) for line in lines(report()) if "\u2500" not in line]
    assert found[:6] == [
        "robustness student teacher CART on labels CART on teacher soft CART",
        "agreement 0.960 - 0.940 0.920 0.910",
        "with 10% label noise 0.880 - 0.800 0.850 0.860",
        "flips at 5% noise 0.013 0.006 - - -",
        "margin, median (sd) 0.700 - - - -",
        "certified accuracy, 0.1 sd 0.800 - - - -",
    ]
    assert " ".join(found[6:]) == (
        "On new rows like these, each with 95% confidence: accuracy is at least 0.850, fidelity is "
        "at least 0.875 and the teacher probability of the predicted class is below 0.5 on at "
        "most 12.5% of the rows."
    )


def test_columns_and_rows_without_values_are_left_out() -> None:
    """A quick report of a family without exact margins, evaluated without a teacher."""
    made = report()
    found = replace(
        made.robustness,
        agreement=None,
        contamination=None,
        noise={key: replace(each, teacher=None) for key, each in made.robustness.noise.items()},
        margin=None,
        margin_upper_bound=MarginUpperBounds(rows=9, median=float("inf"), quantile_5=0.25),
        bounds=Bounds(fitted_on=False, confidence=0.95, accuracy=None, fidelity=None, below=None),
    )
    drawn = [" ".join(line.split()) for line in lines(replace(made, robustness=found))]
    assert [line for line in drawn if "\u2500" not in line] == [
        "robustness student",
        "flips at 5% noise 0.013",
        "margin, upper bound (sd) no change",
    ]
