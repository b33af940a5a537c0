"""Sentences and tables about a run that was repeated with other seeds."""

from __future__ import annotations

from crembo_cli.evaluation.repeats import REPEATED
from crembo_cli.report.metrics import CLASSIFIERS, look_up, split_path
from crembo_cli.report.model import Report
from crembo_cli.report.tables import Cell, Row, Table

SHOWN = ("accuracy", "fidelity", "insensitive_depth.0.05", "log_loss", "roc_auc", "agreement")
HEADINGS = ("accuracy", "fidelity", "depth 5%", "log loss", "AUC", "agreement")
DROPPED = ("agreement", "insensitive_depth.0.05", "log_loss", "roc_auc")  # where room lacks, first


def repeated_values(report: Report) -> dict[str, dict[str, float | None]]:
    """Return the value of each repeated metric in one run, by classifier."""
    return {
        name: {
            metric: look_up(metrics, split_path(metric))
            if metric != "agreement"
            else look_up(report.robustness.agreement, (name,))
            for metric in REPEATED
        }
        for name, metrics in report.metrics.items()
    }


def repeats_sentence(report: Report) -> str:
    """Say what the table holds; "" without repeats."""
    found = report.repeats
    if found is None:
        return ""
    return (
        f"Means and standard errors over {len(found.seeds)} runs with the seeds {found.seeds[0]} "
        f"to {found.seeds[-1]}; the runs share rows, so that the errors are somewhat too small."
    )


def repeats_table(report: Report, width: int | None = None) -> Table | None:
    """Build the table of means and standard errors; None without repeats.

    A screen of so many columns has those metrics alone that it has room for.
    """
    if report.repeats is None:
        return None
    found = report.repeats.metrics

    def cell(classifier: str, metric: str) -> Cell:
        value = found[classifier][metric]
        return None if value is None else f"{value.mean:.3f}±{value.error:.3f}"

    shown = {
        metric: [heading, *(cell(name, metric) for name in found)]
        for metric, heading in zip(SHOWN, HEADINGS, strict=True)
        if found["student"][metric] is not None
    }
    names = [CLASSIFIERS[classifier] for classifier in found]
    for metric in DROPPED:
        numbers = sum(max(len(str(each)) for each in column) + 2 for column in shown.values())
        if width is None or max(map(len, names)) + numbers <= width:
            break
        shown.pop(metric, None)
    return Table(
        corner="repeats",
        headings=[HEADINGS[SHOWN.index(metric)] for metric in shown],
        rows=[
            Row(
                name=names[k],
                cells=[column[k + 1] for column in shown.values()],
                selected=classifier == "student",
            )
            for k, classifier in enumerate(found)
        ],
    )
