"""The summary of the training rows in a student's file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from crembo_cli.student_file.summary import TrainingSummary, read_summary, summarise
from crembo_cli.students.contract import Feature

NAN = np.nan
NUMBER, TEXT = Feature(name="a"), Feature(name="b", categories=("x", "y", "z"))


def summarise_column(*values: float, feature: Feature = NUMBER) -> TrainingSummary:
    """The summary of one column."""
    rows = np.array([values], np.float32).T
    return summarise(rows, np.zeros(len(rows), np.int64), [feature], 2)


def test_deciles_of_a_number_and_their_counts() -> None:
    """Of 1 to 20, nine edges with two values below each, and the missing cells apart."""
    (column,) = summarise_column(*range(1, 21), NAN, NAN).columns
    assert column.edges == (2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert column.counts == (2,) * 10
    assert column.missing == 2


def test_edges_have_as_few_digits_as_keep_them_apart() -> None:
    """Rounded up by at most a tenth of the way to the next edge, never below a common value."""
    (column,) = summarise_column(*np.linspace(0.12345, 0.98765, 1000)).columns
    assert column.edges[0] == 0.21
    assert sum(column.counts) == 1000
    assert min(column.counts) > 80
    (flag,) = summarise_column(*[0.1] * 60, *[0.9] * 40).columns
    assert (flag.edges, flag.counts) == ((0.1,), (60, 40))
    (late,) = summarise_column(*(1_600_000_000 + 128 * k for k in range(100))).columns
    assert len(late.edges) == 9
    assert min(late.counts) >= 8


def test_a_constant_and_an_empty_column_have_one_bin() -> None:
    """Another value later falls into it, and so does not count as drift; a missing cell does."""
    (constant,) = summarise_column(3, 3, 3).columns
    assert (constant.edges, constant.counts) == ((), (3,))
    (empty,) = summarise_column(NAN, NAN).columns
    assert (empty.counts, empty.missing) == ((0,), 2)
    assert constant.count(np.array([3, NAN], np.float32), text=False).tolist() == [1, 1]


def test_the_most_frequent_categories_have_bins_of_their_own() -> None:
    """The others share the last one, with categories never seen."""
    (column,) = summarise_column(0, 0, 1, NAN, feature=TEXT).columns
    assert (column.edges, column.counts, column.missing) == ((0, 1), (2, 1, 0), 1)
    later = np.array([-1, 2, 1, 0, NAN], np.float32)
    assert column.count(later, text=True).tolist() == [1, 1, 2, 1]
    many = Feature(name="c", categories=tuple(map(str, range(40))))
    codes = [code for code in range(40) for _ in range(code + 1)]
    (column,) = summarise_column(*codes, feature=many).columns
    assert column.edges == tuple(range(31, 40))
    assert column.counts[-1] == sum(range(1, 32))


def test_wide_tables_keep_quartiles_so_that_the_file_stays_small() -> None:
    """30 columns of 1,000 rows take less than 1.5 kB."""
    rows = np.random.default_rng(0).normal(size=(1000, 30)).astype(np.float32)
    summary = summarise(rows, np.zeros(1000, np.int64), [NUMBER] * 30, 2)
    assert {len(each.edges) for each in summary.columns} == {3}
    assert len(summary.to_text()) < 1500


def test_what_is_written_is_read() -> None:
    """As JSON without blanks, whole numbers without a fraction."""
    summary = summarise_column(1, 2, 3.5, 3.5, NAN)
    text = summary.to_text()
    assert text == '{"rows":5,"predicted":[5,0],"columns":[[[1,2],[1,1,2],1]]}'
    assert read_summary(text, [NUMBER]) == summary


@pytest.mark.parametrize(
    "columns", [[[[1], [1], 0]], [[[2, 1], [1, 1, 1], 0]], [], [[[1], [1, 1]]], [3]]
)
def test_a_damaged_summary_is_refused(columns: list[object]) -> None:
    """Too few counts, edges out of order, columns of other features."""
    text = json.dumps({"rows": 1, "predicted": [1], "columns": columns})
    with pytest.raises((ValueError, TypeError)):
        read_summary(text, [NUMBER])
