"""Tests of crembo_cli.dataset.literals."""

from __future__ import annotations

import io
import re

import pandas as pd
import pytest

from crembo_cli.dataset.literals import CODE, MISSING, NUMBER, WHOLE


def test_missing_texts_are_those_of_pandas() -> None:
    """What stands for a missing cell here does so in pandas, but for the question mark."""
    rows = "".join(f"0,{spelling}\n" for spelling in MISSING)
    cells = pd.read_csv(io.StringIO("a,b\n" + rows))["b"]
    assert [MISSING[row] for row in cells[cells.notna()].index] == ["?"]


@pytest.mark.parametrize("text", ["1", "-1", "+1.", ".5", "1e5", " 1.5E-3 ", "007"])
def test_numbers_match(text: str) -> None:
    """Numbers are what Python and pandas read as finite numbers."""
    assert NUMBER.fullmatch(text)
    assert float(text) == pd.to_numeric(text)
    assert bool(WHOLE.fullmatch(text)) == (text in ("1", "-1", "007"))


@pytest.mark.parametrize("text", ["", ".", "1,5", "1_0", "inf", "nan", "1e", "0x1F", "e5", "--1"])
def test_other_text_is_not_a_number(text: str) -> None:
    """Words, underscores, hexadecimals and fragments are no numbers."""
    assert not NUMBER.fullmatch(text)
    assert not WHOLE.fullmatch(text)


def test_leading_zeros_are_codes() -> None:
    """Digits behind a zero are a code, a zero alone or before a point is a number."""
    found = [
        text for text in ("007", "00", "0x1F", "0", "0.5", "10", "-0", "") if re.match(CODE, text)
    ]
    assert found == ["007", "00", "0x1F"]
