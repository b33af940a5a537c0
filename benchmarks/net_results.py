"""The figures of nets.py as tables: means, and paired differences with their standard errors."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from results import markdown

POINTS = ("accuracy", "fidelity", "agreement", "depth 1%", "depth 5%", "mean belief")
SHAKEN = ("noise", "shift")
COMPARED = ("accuracy", "fidelity", "agreement", "depth 5%", *SHAKEN)
CELL = ["teacher", "table", "split"]
OURS, TUNED = "ours", "kd, tuned"
ORDER = (OURS, TUNED, "kd, as the paper", "labels", "crembo, as the paper")
PRODUCT = "cnn"  # the teacher of the tables below; the other has a table of its own


def write_report(path: Path) -> None:
    """Print the tables of the CSV at `path`, and write them to NETS.md beside it."""
    found = pd.read_csv(path)
    text = "\n".join(_lines(found)) + "\n"
    print(text)
    path.with_name("NETS.md").write_text(text, encoding="utf-8")


def _lines(found: pd.DataFrame) -> list[str]:
    """The whole report."""
    main, other = (found[(found["teacher"] == PRODUCT) == each] for each in (True, False))
    lines = ["# Small convolutional nets of larger ones", "", _protocol(main), ""]
    lines += ["## All tables", "", *_means(main), ""]
    for augmented in (1, 0):
        with_images = "with" if augmented else "without"
        lines += [
            f"`ours` with drawn images less each method {with_images} them, in points, mean ± "
            "standard error over pairs of equal table, split and seed:",
            "",
            *_differences(main, augmented),
            "",
        ]
    lines += _missing(main)
    lines += ["## Accuracy by table", "", *_by_table(main), ""]
    lines += ["`ours` with drawn images less `kd, tuned`, accuracy by table:", ""]
    lines += [*_differences_by_table(main), ""]
    lines += ["## What was chosen", "", *_chosen(found), "", *_one_hot(main), ""]
    if len(other):
        lines += ["## ResNet-18 as teacher", "", _protocol(other), "", *_means(other)]
    return lines


def _protocol(found: pd.DataFrame) -> str:
    """What was run."""
    splits, seeds, devices = (
        ", ".join(map(str, found[name].unique())) for name in ("split", "seed", "device")
    )
    steps = found[found["method"] == OURS].groupby("table", sort=False)["steps"].first()
    size = found.groupby("table", sort=False)["bytes"].max()
    tables = ", ".join(
        f"{name} ({count:,} steps, student of {size[name]:,} bytes)"
        for name, count in steps.items()
    )
    dates, versions = (" and ".join(found[name].unique()) for name in ("date", "torch"))
    return (
        f"Measured {dates} with torch {versions}, `python benchmarks/nets.py`. Tables: {tables}; "
        f"splits {splits}; seeds {seeds}; students trained on {devices}."
    )


def _means(found: pd.DataFrame) -> list[str]:
    """One line for each method with and without drawn images."""
    columns = [*POINTS, *SHAKEN]
    taught = found.groupby(CELL)["teacher accuracy"].first().mean()
    cells = [["teacher", "", f"{100 * taught:.1f}", *[""] * (len(columns) - 1), "", ""]]
    for method in ORDER:
        for augmented in (1, 0):
            some = found[(found["method"] == method) & (found["augmented"] == augmented)]
            if len(some.groupby(CELL)) < len(found.groupby(CELL)):
                continue  # a run that was cut: its mean would be of other tables
            means = some.groupby(CELL)[[*columns, "steps", "seconds"]].mean().mean()
            cells.append(
                [
                    method,
                    "yes" if augmented else "no",
                    *(f"{100 * means[column]:.1f}" for column in columns),
                    f"{means['steps']:,.0f}",
                    f"{means['seconds']:.1f}",
                ]
            )
    return markdown(["method", "drawn images", *columns, "steps", "seconds"], cells, words=2)


def _missing(found: pd.DataFrame) -> list[str]:
    """Which runs were cut off, if any."""
    lines = []
    for (method, augmented), some in found.groupby(["method", "augmented"], sort=False):
        lacking = sorted(set(found.set_index(CELL).index) - set(some.set_index(CELL).index))
        lines += [
            f"Not run to its end: {method}, {'with' if augmented else 'without'} drawn images, "
            f"{table}, split {split}; its pairs are those of the other splits."
            for _, table, split in lacking
        ]
    return [*lines, ""] if lines else []


def _pairs(found: pd.DataFrame, method: str, augmented: int) -> pd.DataFrame:
    """Ours with drawn images less another way, in points, one row for each cell and seed."""
    at = found.set_index([*CELL, "seed"])
    first = at[(at["method"] == OURS) & (at["augmented"] == 1)]
    second = at[(at["method"] == method) & (at["augmented"] == augmented)]
    return (100 * (first[list(COMPARED)] - second[list(COMPARED)])).dropna()


def _text(values: pd.Series) -> str:
    error = values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():+.2f} ± {error:.2f}"


def _differences(found: pd.DataFrame, augmented: int) -> list[str]:
    """One line for each method."""
    cells = []
    for method in ORDER:
        if method == OURS and augmented:
            continue
        pairs = _pairs(found, method, augmented)
        if len(pairs) > 1:
            cells.append([method, *(_text(pairs[column]) for column in COMPARED)])
    return markdown(["against", *COMPARED], cells)


def _differences_by_table(found: pd.DataFrame) -> list[str]:
    """One line for each table."""
    cells = []
    for table in found["table"].unique():
        row = [table]
        for augmented in (1, 0):
            pairs = _pairs(found[found["table"] == table], TUNED, augmented)
            row.append(_text(pairs["accuracy"]) if len(pairs) > 1 else "")
        cells.append(row)
    return markdown(["table", "with drawn images", "without"], cells)


def _by_table(found: pd.DataFrame) -> list[str]:
    """One line for each method with and without drawn images."""
    tables = list(found["table"].unique())
    taught = found.groupby(["table", *CELL[::2]])["teacher accuracy"].first()
    cells = [["teacher", "", *(f"{100 * taught.loc[table].mean():.1f}" for table in tables)]]
    for method in ORDER:
        for augmented in (1, 0):
            some = found[(found["method"] == method) & (found["augmented"] == augmented)]
            if len(some):
                means = some.groupby("table")["accuracy"].mean()
                values = [f"{100 * means[t]:.1f}" if t in means else "" for t in tables]
                cells.append([method, "yes" if augmented else "no", *values])
    return markdown(["method", "drawn images", *tables], cells, words=2)


def _chosen(found: pd.DataFrame) -> list[str]:
    """The temperature and label share of each split."""
    some = found[(found["method"] == TUNED) & found["variant"].notna()]
    best = some.groupby([*CELL, "augmented"], sort=False)["variant"].first().reset_index()
    cells = [
        [
            *(str(row[name]) for name in CELL),
            "yes" if row["augmented"] else "no",
            str(row["variant"]),
        ]
        for _, row in best.iterrows()
    ]
    return markdown([*CELL, "drawn images", TUNED], cells, words=5)


def _one_hot(found: pd.DataFrame) -> list[str]:
    """How much CREMBO's thresholds have to choose among."""
    some = found[found["one-hot"].notna()]
    if some.empty:
        return []
    least, most = (100 * value for value in some["one-hot"].agg(["min", "max"]))
    return [
        f"Rows with one allowed label at every threshold that CREMBO tried: {least:.0f} to "
        f"{most:.0f} %."
    ]
