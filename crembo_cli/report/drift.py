"""Sentences and tables about drift, for every renderer."""

from __future__ import annotations

from collections.abc import Iterator

from crembo_cli.evaluation.drift import ColumnDrift, Drift
from crembo_cli.report.drawings import join_names
from crembo_cli.report.metrics import columns, look_up
from crembo_cli.report.model import Report
from crembo_cli.report.tables import Cell, Row, Table

BRIEF_FIGURES = ("accuracy", "fidelity", "roc_auc", "log_loss")
MOST_NAMED = 5  # categories of a column, and columns, in a sentence


def drift_sentences(drift: Drift) -> Iterator[str]:
    """Generate what moved, in sentences."""
    since = f"since training ({drift.training_rows:,} rows)"
    named = [each.name for each in drift.columns if each.moved]
    if named:
        more = [f"{len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else []
        listed = join_names([*named[:MOST_NAMED], *more])
        yield f"{len(named)} of {len(drift.columns)} columns moved {since}: {listed}."
    else:
        largest = drift.columns[0]
        yield (
            f"No column moved {since}; the largest stability index is {largest.psi:.3f}, "
            f"of {largest.name}."
        )
    for each in drift.columns:
        if each.unseen_rows:
            yield _unseen(each)
    if drift.predictions.moved:
        yield (
            "The frequencies of the predicted classes moved (stability index "
            f"{drift.predictions.psi:.3f})."
        )


def _unseen(column: ColumnDrift) -> str:
    names = list(column.unseen.items())
    listed = [f"{name!r} {rows:,}" for name, rows in names[:MOST_NAMED]]
    rest = (column.unseen_rows or 0) - sum(rows for _, rows in names[:MOST_NAMED])
    if rest:
        listed.append(f"others {rest:,}")
    return f"Categories of {column.name} never seen in training, in rows: {join_names(listed)}."


def drift_table(report: Report, *, brief: bool) -> Table | None:
    """Build the table of the columns: all of them, or with `brief` those that moved.

    None without drift, and with `brief` if no column moved.
    """
    if report.drift is None:
        return None
    shown = columns("drift.columns.*", brief=brief)
    found = [each for each in report.drift.columns if each.moved or not brief]
    if not found:
        return None
    return Table(
        corner="column",
        headings=[heading.text for heading, _ in shown],
        rows=[
            Row(
                name=each.name,
                cells=[_cell(look_up(each, keys), keys[-1]) for _, keys in shown],
                selected=each.moved and not brief,
            )
            for each in found
        ],
    )


def _cell(value: Cell, key: str) -> Cell:
    """Format a median in the digits of its column, and a p-value that is too small for three."""
    if isinstance(value, float) and key.startswith("median"):
        return f"{value:.6g}"
    return "<0.001" if key == "p_value" and isinstance(value, float) and value < 0.001 else value


def figures_table(report: Report, *, brief: bool) -> Table | None:
    """Build the table of the figures then and now; None if none is known of both."""
    drift = report.drift
    if drift is None:
        return None
    names = BRIEF_FIGURES if brief else tuple(drift.change)
    rows = [
        Row(
            name=name.replace("_", " "),
            cells=[
                drift.then[name],
                look_up(report.metrics, ("student", name)),
                f"{drift.change[name]:+.3f}",
                drift.error.get(name),
            ],
        )
        for name in names
        if drift.change[name] is not None
    ]
    if not rows:
        return None
    headings = ["then", "now", "change", "standard error"]
    return Table(corner="student", headings=headings, rows=rows)
