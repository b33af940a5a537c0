"""Texts of cells that mean a missing value, a number, true or false."""

from __future__ import annotations

import re

MISSING = (
    *("", "?", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "null", "NULL", "None"),
    *("nan", "NaN", "-nan", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)  # those of pandas, and the question mark of the UCI repository
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
CODE = r"^\s*[+-]?0[0-9xX][0-9a-fA-F]*\s*$"  # digits that are a code, not a number: 007, 0x1F
