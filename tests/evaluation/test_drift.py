"""Drift: the stability index, the test, on fresh and on changed rows."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crembo_cli.dataset.encode import Encoding, learn_encoding
from crembo_cli.evaluation.drift import (
    SIGNIFICANT,
    Shift,
    homogeneity_p_value,
    population_stability_index,
    shift_of,
)
from crembo_cli.student_file.summary import TrainingSummary, summarise

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"


def counts(*rows: int) -> np.ndarray:
    """The counts of bins, as int64."""
    return np.array(rows, np.int64)


def test_the_stability_index_of_two_bins_by_hand() -> None:
    """(0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5) = 0.169."""
    found = population_stability_index(counts(50, 50), counts(3, 7))
    assert found == pytest.approx(-0.2 * log(0.6) + 0.2 * log(1.4))
    assert found == pytest.approx(0.16946, abs=1e-5)


def test_an_empty_bin_counts_as_half_a_row() -> None:
    """Shares .9 and .005 (half of 100 rows) then, .5 and .5 of 10 rows now; the third is in none.

    (.5 - .9) ln(.5/.9) + (.5 - .005) ln(.5/.005), with .1 of the rows in a bin that is now empty:
    (.05 - .1) ln(.05/.1).
    """
    found = population_stability_index(counts(90, 0, 0, 10), counts(5, 5, 0, 0))
    expected = -0.4 * log(0.5 / 0.9) + 0.495 * log(0.5 / 0.005) - 0.05 * log(0.05 / 0.1)
    assert found == pytest.approx(expected)
    assert population_stability_index(counts(5, 5), counts(7, 7)) == 0


def test_the_p_value_is_that_of_pearsons_test() -> None:
    """Counts 20, 30 and 30, 20: the statistic is 4 with one degree of freedom, p = .0455."""
    assert homogeneity_p_value(counts(20, 30), counts(30, 20)) == pytest.approx(0.0455, abs=1e-4)


def test_bins_with_few_rows_are_merged_with_their_neighbours() -> None:
    """Single rows in ten bins on each side are too few to tell anything, 100 are not."""
    left, right = counts(*[1] * 5, *[0] * 5), counts(*[0] * 5, *[1] * 5)
    assert homogeneity_p_value(left, right) == 1.0
    assert homogeneity_p_value(10 * left, 10 * right) < 1e-6


def test_a_shift_needs_both_significance_and_size() -> None:
    """Of a million rows a shift of one percent is significant and small; of ten, neither."""
    assert shift_of(counts(500_000, 500_000), counts(510_000, 490_000), 1).moved is False
    assert shift_of(counts(5, 5), counts(4, 1), 1).moved is False
    assert shift_of(counts(500, 500), counts(300, 700), 1).moved is True
    assert shift_of(counts(500, 500), counts(50, 60), 30).p_value == 1.0


def read_sample(name: str) -> tuple[Encoding, np.ndarray]:
    """The features of a sample table, encoded."""
    path = SAMPLES / name
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    frame = frame.drop(columns="target")
    text = {
        column: frame[column].astype(object).where(frame[column].notna(), None)
        for column in frame
        if not pd.api.types.is_numeric_dtype(frame[column])
    }
    frame = frame.assign(**text)
    encoding = learn_encoding(frame, np.full((len(frame), 2), 0.5, np.float32))
    return encoding, encoding.encode(frame)


def shifts(summary: TrainingSummary, rows: np.ndarray, encoding: Encoding) -> list[Shift]:
    """The shift of each column of `rows`."""
    return [
        shift_of(
            column.all_counts(),
            column.count(rows[:, j], text=bool(feature.categories)),
            len(encoding.features),
        )
        for j, (column, feature) in enumerate(zip(summary.columns, encoding.features, strict=True))
    ]


@pytest.mark.parametrize(
    "name", ["breast_cancer.csv", "churn.csv", "wine.csv", "iris.csv", "digits.parquet"]
)
def test_fresh_rows_of_the_same_table_raise_no_alarm(name: str) -> None:
    """In 50 splits at most two differ in any column, though the test table may be small."""
    encoding, rows = read_sample(name)
    alarms = 0
    for seed in range(50):
        order = np.random.default_rng(seed).permutation(len(rows))
        train, fresh = rows[order[len(rows) // 3 :]], rows[order[: len(rows) // 3]]
        summary = summarise(train, np.zeros(len(train), np.int64), encoding.features, 2)
        alarms += any(each.p_value < SIGNIFICANT for each in shifts(summary, fresh, encoding))
    assert alarms <= 2


def test_half_a_standard_deviation_is_found_in_the_column_that_moved() -> None:
    """One of the thirty columns of the sample is shifted, and it alone moves."""
    encoding, rows = read_sample("breast_cancer.csv")
    order = np.random.default_rng(0).permutation(len(rows))
    train, fresh = rows[order[190:]], rows[order[:190]]
    fresh[:, 3] += np.float32(0.5 * fresh[:, 3].std())
    summary = summarise(train, np.zeros(len(train), np.int64), encoding.features, 2)
    moved = [j for j, each in enumerate(shifts(summary, fresh, encoding)) if each.moved]
    assert moved == [3]
