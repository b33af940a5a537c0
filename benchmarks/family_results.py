"""The figures of families.py as tables: means, what each loses, and what a choice gets."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
from results import markdown, versions

POINTS = ("accuracy", "loss", "fidelity", "agreement", "depth 5%", "mean belief")
PLAIN = ("bytes", "parameters", "seconds")
COMPARED = ("accuracy", "fidelity", "agreement", "depth 5%")
AGAINST = ("tree d4", "teacher")


def write_families(
    found: pd.DataFrame, protocol: str, took: list[tuple[str, float]], folder: Path | None
) -> None:
    """Print the tables; write FAMILIES.md and families.csv to `folder` where there is one.

    `found` has a row for each table, teacher, seed and family; `took` are seconds by family.
    """
    taught = found[found["family"] == "teacher"].set_index(["table", "teacher", "seed"])
    at = pd.MultiIndex.from_frame(found[["table", "teacher", "seed"]])
    found = found.assign(loss=taught["accuracy"].loc[at].to_numpy() - found["accuracy"])
    count = len(found["table"].unique())
    lines = [f"Protocol: {protocol}. Tables: {', '.join(found['table'].unique())}.", versions()]
    lines += ["", "### Both teachers", "", *_means(found)]
    for name in AGAINST:
        if name in set(found["family"]):
            lines += [
                "",
                f"Each less {name}, in points, mean ± standard error over {count} tables:",
                "",
                *_differences(found, name),
            ]
    for teacher, some in found.groupby("teacher", sort=False):
        lines += ["", f"### Teacher: {teacher}", "", *_means(some)]
    lines += ["", "### Points lost to the teacher, by table", "", *_by_table(found)]
    lines += _chosen(found)
    if took:
        lines += ["", "### The whole search on 20,000 x 50 with 10 classes, one thread", ""]
        cells = [[name, f"{seconds:.1f}"] for name, seconds in took]
        lines += markdown(["family", "seconds"], cells)
    text = "\n".join(lines) + "\n"
    print(text)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "FAMILIES.md").write_text(text, encoding="utf-8")
        found.to_csv(folder / "families.csv", index=False, float_format="%.5f")


def _means(some: pd.DataFrame) -> list[str]:
    """One line a family: its figures over tables and teachers; bytes and seconds at most, too."""
    grouped = some.groupby("family", sort=False)
    means, most = grouped[[*POINTS, *PLAIN]].mean(), grouped[list(PLAIN)].max()
    cells = []
    for name, row in means.iterrows():
        plain = [
            "" if pd.isna(row[each]) else _pair(row[each], most.loc[name, each], each)
            for each in PLAIN
        ]
        cells.append([str(name), *(f"{100 * row[each]:.1f}" for each in POINTS), *plain])
    return markdown(["family", *POINTS, *(f"{each} (most)" for each in PLAIN)], cells)


def _pair(mean: float, most: float, name: str) -> str:
    return f"{mean:.1f} ({most:.1f})" if name == "seconds" else f"{mean:,.0f} ({most:,.0f})"


def _differences(found: pd.DataFrame, name: str) -> list[str]:
    """One line a family: its figures less those of family `name`, paired by table."""
    by_table = found.groupby(["family", "table"], sort=False)[list(COMPARED)].mean()
    cells = []
    for family in by_table.index.unique("family"):
        if family in {name, "teacher"}:
            continue
        each = 100 * (by_table.loc[family] - by_table.loc[name])
        errors = each.std(ddof=1) / len(each) ** 0.5
        cells.append([family, *(f"{each[c].mean():+.1f} ± {errors[c]:.1f}" for c in COMPARED)])
    return markdown(["family", *COMPARED], cells)


def _by_table(found: pd.DataFrame) -> list[str]:
    """One line a table and teacher: the loss of each family."""
    wide = found.pivot_table("loss", ["table", "teacher"], "family", sort=False)
    wide = wide.drop(columns="teacher")
    cells = [
        [f"{table}, {teacher}", *(f"{100 * loss:.1f}" for loss in row)]
        for (table, teacher), row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return markdown(["table", *wide.columns], cells)


def _chosen(found: pd.DataFrame) -> list[str]:
    """What the choices took, and how often."""
    lines: list[str] = []
    for how, some in found[found["chosen"] != "null"].groupby("family", sort=False):
        counts = Counter(name for each in some["chosen"] for name in json.loads(each))
        lines += ["", f"{how} took: {', '.join(f'{n} {k}x' for n, k in counts.most_common())}."]
    return lines
