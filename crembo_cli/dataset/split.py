"""Rows to fit on, rows to select on, rows to report on: three shares, alike in their classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.errors import DataError, UsageError

FEWEST_TO_FIT = 10
FEWEST = 5  # to select and to report on


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers, int64, rising; each row is in one part."""

    train: NDArray[np.int64]  # rows that students are fitted on
    validation: NDArray[np.int64]  # rows that choose among them; none where their share is 0
    test: NDArray[np.int64]  # rows that the report is measured on; none where their share is 0


def split_rows(
    strata: NDArray[np.int64], *, test_share: float, validation_share: float, seed: int
) -> Split:
    """Split n rows so that each part holds each stratum in proportion to within one row.

    `strata`, int64 (n,), is the class of each row (any integers). Both shares are of all n rows,
    in [0, 1), below 1 together; a share of 0 asks for no such rows. The rows are put in a random
    order, sorted by stratum, and sampled systematically: at equal steps from a random start
    (Madow 1944), so a stratum of one row is no special case.

    Raises `UsageError` for shares out of range, and `DataError` where a part would get fewer
    rows than it needs: 10 to fit on, 5 to select on, 5 to report on.
    """
    if not (
        0 <= test_share < 1 and 0 <= validation_share < 1 and test_share + validation_share < 1
    ):
        raise UsageError(
            "the shares of rows are out of range",
            found=f"{test_share:g} to report on and {validation_share:g} to select on",
            wanted="each at least 0, both together below 1",
        )
    n = len(strata)
    tested, selected, fitted = _counts(n, test_share, validation_share)
    if not _enough(tested, selected, fitted, test_share, validation_share):
        needed = n + 1
        while not _enough(
            *_counts(needed, test_share, validation_share), test_share, validation_share
        ):
            needed += 1
        raise DataError(
            "too few rows to split",
            found=f"{n} rows: {fitted} to fit on, {selected} to select on, {tested} to report on",
            wanted=f"{needed} rows or more",
        )
    random = np.random.default_rng(seed)
    order = random.permutation(n)
    order = order[np.argsort(strata[order], kind="stable")]
    test, rest = _every(order, tested, random)
    validation, train = _every(rest, selected, random)
    return Split(train=np.sort(train), validation=np.sort(validation), test=np.sort(test))


def _counts(n: int, test_share: float, validation_share: float) -> tuple[int, int, int]:
    tested, selected = round(n * test_share), round(n * validation_share)
    if validation_share > 0:
        # A small table can spare five rows to select on; refusing it would help nobody.
        selected = min(max(selected, FEWEST), n)
    return tested, selected, n - tested - selected


def _enough(
    tested: int, selected: int, fitted: int, test_share: float, validation_share: float
) -> bool:
    return (
        fitted >= FEWEST_TO_FIT
        and (tested >= FEWEST or test_share == 0)
        and (selected >= FEWEST or validation_share == 0)
    )


def _every(
    order: NDArray[np.int64], count: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`count` entries at equal steps through `order`, and the others."""
    taken = np.zeros(len(order), np.bool_)
    taken[
        np.floor((np.arange(count) + random.random()) * (len(order) / max(count, 1))).astype(int)
    ] = True
    return order[taken], order[~taken]
