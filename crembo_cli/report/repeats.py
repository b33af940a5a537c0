"""Sentences and tables about a run that was repeated with other seeds."""

from __future__ import annotations

from crembo_cli.evaluation.repeats import REPEATED
from crembo_cli.report.metrics import CLASSIFIERS, look_up, split_path
from crembo_cli.report.model import Report
from crembo_cli.report.tables import Cell, Row, Table

SHOWN = ("accuracy", "fidelity", "insensitive_depth.0.05", "log_loss", "roc_auc", "agreement")
HEADINGS = ("accuracy", "fidelity", "depth 5%", "log loss", "AUC", "agreement")


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


def repeats_table(report: Report) -> Table | None:
    """Build the table of means and standard errors; None without repeats."""
    if report.repeats is None:
        return None
    found = report.repeats.metrics
    known = [k for k, metric in enumerate(SHOWN) if found["student"][metric] is not None]

    def cell(classifier: str, metric: str) -> Cell:
        value = found[classifier][metric]
        return None if value is None else f"{value.mean:.3f}±{value.error:.3f}"

    return Table(
        corner="repeats",
        headings=[HEADINGS[k] for k in known],
        rows=[
            Row(
                name=CLASSIFIERS[classifier],
                cells=[cell(classifier, SHOWN[k]) for k in known],
                selected=classifier == "student",
            )
            for classifier in found
        ],
    )
