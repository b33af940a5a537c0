"""Texts of cells that mean a missing value, a number, true or false."""

from __future__ import annotations

import re

UCI_MISSING = "?"  # the mark of a missing cell in the UCI repository
MISSING = (
    *(
        "",
        UCI_MISSING,
        "NA",
        "N/A",
        "n/a",
        "<NA>",
        "#N/A",
        "#NA",
        "#N/A N/A",
        "null",
        "NULL",
        "None",
    ),
    *("nan", "NaN", "-nan", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)  # the texts of pandas, and UCI_MISSING
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
GROUPED = r"^\s*[+-]?[1-9]\d{0,2}(,\d{3})+\s*$"  # commas that might separate thousands
CODE = r"^\s*[+-]?0[0-9xX][0-9a-fA-F]*\s*$"  # digits that are a code, not a number: 007, 0x1F
